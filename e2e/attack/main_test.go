// Package attack runs attacks on the built Worker, within the limits that Cloudflare enforces, and
// checks that nothing but the attacker suffers. docs/security.md lists them.
package attack

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"edgecheckout/sandbox/horizon"
	"edgecheckout/sandbox/ledger"
	"edgecheckout/sandbox/stack"
	"edgecheckout/sandbox/wallet"

	"github.com/stellar/go/amount"
)

// The services that are attacked, on Cloudflare's Paid plan. One has rate limits;
// the other has none, as for an attacker with many addresses.
var limited, unlimited *service

// service is a deployment, with a meter in front of its Horizon.
type service struct {
	*stack.Stack
	meter *meter
}

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	output, err := exec.CommandContext(context.Background(), "make", "-C", filepath.Join("..", ".."), "build").CombinedOutput()
	if err != nil {
		return 1, fmt.Errorf("make build: %w\n%s", err, output)
	}
	dir, err := os.MkdirTemp("", "attack-")
	if err != nil {
		return 1, err
	}
	if code, err = attack(m, dir); code == 0 && err == nil {
		return 0, os.RemoveAll(dir)
	}
	fmt.Fprintln(os.Stderr, "what the Workers printed is in", dir)
	return code, err
}

// attack runs the tests on services whose files are in a folder.
func attack(m *testing.M, dir string) (code int, err error) {
	ctx := context.Background()
	failed := make(chan error)
	go func() {
		var err error
		limited, err = deploy(ctx, filepath.Join(dir, "limited"), limits)
		failed <- err
	}()
	unlimited, err = deploy(ctx, filepath.Join(dir, "unlimited"), nil)
	err = errors.Join(err, <-failed)
	for _, started := range []*service{limited, unlimited} {
		if started != nil && started.Stack != nil {
			defer started.Stop()
		}
	}
	if err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// limits are the rate limits of wrangler.toml, but for the one of keys: a slow machine could not
// reach 1,000 requests in ten seconds.
var limits = map[string]int{"KEY_LIMIT": 20, "ADDRESS_LIMIT": 600, "COSTLY_LIMIT": 30}

// deploy starts a service whose live mode uses the sandbox, too. Values in KV are stale for three
// seconds instead of a minute, and checkouts may expire after three seconds.
func deploy(ctx context.Context, dir string, limits map[string]int) (*service, error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	sandbox, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := sandbox.Addr().(*net.TCPAddr).Port
	if err := sandbox.Close(); err != nil {
		return nil, err
	}
	m := newMeter(&url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", port)})
	horizon := httptest.NewServer(m) // for as long as the tests run
	s, err := stack.Start(ctx, stack.Options{
		Dir: dir, SandboxPort: port,
		ExtraVars: map[string]string{
			"EXPIRES_IN_MIN": "3", "SETTLE_MARGIN": "1", "PLATFORM_PLAN": "Paid", "PLATFORM_KV_SECOND": "50",
			"TEST_HORIZON_URLS": horizon.URL, "LIVE_HORIZON_URLS": horizon.URL, "LIVE_PASSPHRASE": ledger.Passphrase,
		},
		Entry:  &stack.Entry{Path: filepath.Join("..", "platform", "entry.mjs"), Flags: []string{"nodejs_als"}},
		Limits: limits,
	})
	return &service{s, m}, err
}

// fields are the fields of a request's body.
type fields map[string]any

// merchant is a merchant with an account on the ledger and a key.
type merchant struct {
	stack.Client
	t  *testing.T
	on *service
	id string
}

func open(t *testing.T, on *service, who string, live bool) *merchant {
	t.Helper()
	name := who + " of " + t.Name()
	account, err := on.OpenAccount(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return enrol(t, on, name, account, live)
}

// enrol makes a merchant that is paid to an account, which need not exist.
func enrol(t *testing.T, on *service, name, account string, live bool) *merchant {
	t.Helper()
	made, err := on.Operator().CreateMerchant(t.Context(), fields{"name": name, "account_test": account, "account_live": account})
	if err != nil {
		t.Fatal(err)
	}
	key, err := on.Operator().CreateKey(t.Context(), made.Object.ID, live)
	if err != nil {
		t.Fatal(err)
	}
	return &merchant{on.Merchant(key.Object.Secret), t, on, made.Object.ID}
}

// charge creates a checkout for five XLM.
func (m *merchant) charge(more fields) stack.Checkout {
	m.t.Helper()
	params := fields{"amount": 5, "asset_code": "XLM"}
	for name, value := range more {
		params[name] = value
	}
	made, err := m.CreateCheckout(m.t.Context(), "direct", params)
	if err != nil {
		m.t.Fatal(err)
	}
	return made.Object
}

// pay pays a checkout, and returns once that is on the ledger.
func (m *merchant) pay(c stack.Checkout) {
	m.t.Helper()
	_, err := m.on.Pay(m.t.Context(), "customer of "+m.id, wallet.Payment{Destination: c.Destination, Amount: int64(amount.MustParse("5")), Memo: c.Memo})
	if err != nil {
		m.t.Fatal(err)
	}
}

// anybody is a client without credentials.
func anybody(on *service) stack.Client { return stack.Client{BaseURL: on.BaseURL} }

// from makes a request come from an address. On Cloudflare clients cannot choose this header.
func from(address string) []string { return []string{"CF-Connecting-IP", address} }

func do(t *testing.T, c stack.Client, method, path, body string, headers ...string) stack.Reply[json.RawMessage] {
	t.Helper()
	var content []byte
	if body != "" {
		content = []byte(body)
	}
	reply, err := c.Do(t.Context(), method, path, content, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

// want checks the status of a reply.
func want(t *testing.T, about string, reply stack.Reply[json.RawMessage], status int) {
	t.Helper()
	if reply.Status != status {
		t.Errorf("%s: %d %.300s, want %d", about, reply.Status, reply.Body, status)
	}
}

// spoil injects a fault into Horizon until the test ends, or until mend is called.
func spoil(t *testing.T, on *service, fault horizon.Fault) (mend func()) {
	t.Helper()
	faults := on.Sandbox().Faults()
	if err := faults.Set(fault); err != nil {
		t.Fatal(err)
	}
	mend = func() {
		if err := faults.Set(horizon.Fault{Mode: horizon.Off}); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(mend)
	return mend
}

// eventually waits until something is true.
func eventually(t *testing.T, about string, within time.Duration, is func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !is(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", within, about)
		}
	}
}
