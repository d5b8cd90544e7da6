package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"

	"edgecheckout/sandbox/server"
	"edgecheckout/sandbox/wallet"
)

// sandbox is the local Horizon, which runs in this process.
type sandbox struct {
	server     *server.Server
	url        string
	passphrase string
	assets     []string // CODE:ISSUER of those known by their code
	cancel     context.CancelFunc
	done       chan struct{}
	err        error // of serving; read it after done
}

// startSandbox does not take the context of [Start]: the sandbox must outlive the Worker, which
// reads from it.
func startSandbox(o *Options) (*sandbox, error) {
	listener, err := listen(o.SandboxPort)
	if err != nil {
		return nil, err
	}
	s, err := server.New(server.Options{
		Passphrase: o.Passphrase,
		StateFile:  filepath.Join(o.Dir, "ledger.journal"),
		CloseEvery: o.CloseEvery,
		Market:     o.Market,
		HomeDomain: fmt.Sprintf("localhost:%d", listener.Addr().(*net.TCPAddr).Port),
	})
	if err != nil {
		listener.Close()
		return nil, fmt.Errorf("start the sandbox: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	sb := &sandbox{
		server:     s,
		url:        "http://" + listener.Addr().String(),
		passphrase: s.Ledger().Passphrase(),
		assets:     []string{wallet.USDC, wallet.EURC},
		cancel:     cancel,
		done:       make(chan struct{}),
	}
	go func() {
		defer close(sb.done)
		sb.err = server.Serve(ctx, s, listener)
	}()
	return sb, nil
}

func (s *sandbox) stop() {
	s.cancel()
	<-s.done
}

// ErrNoSandbox is returned by methods that need the sandbox if the [Options] have another Horizon.
var ErrNoSandbox = errors.New("this needs the sandbox, but another Horizon is in use")

// Sandbox is the local Horizon, with its faults and its ledger; nil if the [Options] have another
// Horizon.
func (s *Stack) Sandbox() *server.Server {
	if s.sandbox == nil {
		return nil
	}
	return s.sandbox.server
}

// OpenAccount creates the account of the merchant with this name on the sandbox's ledger unless it
// exists, lets it receive XLM, USDC and EURC, and returns its address. The error is [ErrNoSandbox]
// without a sandbox.
func (s *Stack) OpenAccount(ctx context.Context, name string) (string, error) {
	if s.sandbox == nil {
		return "", ErrNoSandbox
	}
	keys := wallet.MerchantKeys(s.Passphrase, name)
	if err := wallet.EnsureMerchant(ctx, s.HorizonURL, s.Passphrase, keys); err != nil {
		return "", fmt.Errorf("open the account of %s: %w", name, err)
	}
	return keys.Address(), nil
}

// Pay pays from a named test wallet with a signed transaction and returns its hash. The error is
// [ErrNoSandbox] without a sandbox, because the keys of test wallets are public.
func (s *Stack) Pay(ctx context.Context, from string, p wallet.Payment) (hash string, err error) {
	if s.sandbox == nil {
		return "", ErrNoSandbox
	}
	return wallet.Pay(ctx, s.HorizonURL, s.Passphrase, from, p)
}
