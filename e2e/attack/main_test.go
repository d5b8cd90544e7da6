// Package attack runs attacks on the built Worker, within the limits that Cloudflare enforces, and
// checks that nothing but the attacker suffers. docs/security.md lists them.
package attack

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
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
var limited, unlimited *stack.Stack

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
	if limited, err = deploy(ctx, filepath.Join(dir, "limited"), limits); err != nil {
		return 1, err
	}
	defer limited.Stop()
	if unlimited, err = deploy(ctx, filepath.Join(dir, "unlimited"), nil); err != nil {
		return 1, err
	}
	defer unlimited.Stop()
	return m.Run(), nil
}

// limits are the rate limits of wrangler.toml, but for the one of keys: a slow machine could not
// reach 1,000 requests in ten seconds.
var limits = map[string]int{"KEY_LIMIT": 100, "ADDRESS_LIMIT": 600, "COSTLY_LIMIT": 30}

// deploy starts a service whose live mode uses the sandbox, too. Values in KV are stale for three
// seconds instead of a minute, and checkouts may expire after three seconds.
func deploy(ctx context.Context, dir string, limits map[string]int) (*stack.Stack, error) {
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
	return stack.Start(ctx, stack.Options{
		Dir: dir, SandboxPort: port,
		ExtraVars: map[string]string{
			"EXPIRES_IN_MIN": "3", "SETTLE_MARGIN": "1", "PLATFORM_PLAN": "Paid", "PLATFORM_KV_SECOND": "50",
			"LIVE_HORIZON_URLS": fmt.Sprintf("http://127.0.0.1:%d", port), "LIVE_PASSPHRASE": ledger.Passphrase,
		},
		Entry:  &stack.Entry{Path: filepath.Join("..", "platform", "entry.mjs"), Flags: []string{"nodejs_als"}},
		Limits: limits,
	})
}

// fields are the fields of a request's body.
type fields map[string]any

// merchant is a merchant with an account on the ledger and a key.
type merchant struct {
	stack.Client
	t  *testing.T
	on *stack.Stack
	id string
}

func open(t *testing.T, on *stack.Stack, who string, live bool) *merchant {
	t.Helper()
	name := who + " of " + t.Name()
	account, err := on.OpenAccount(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
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
func anybody(on *stack.Stack) stack.Client { return stack.Client{BaseURL: on.BaseURL} }

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

// refusals counts the replies to n requests that are too many.
func refusals(n int, ask func(i int) stack.Reply[json.RawMessage]) (refused int) {
	for i := range n {
		if ask(i).Status == http.StatusTooManyRequests {
			refused++
		}
	}
	return refused
}

// spoil injects a fault into Horizon until the test ends, or until mend is called.
func spoil(t *testing.T, on *stack.Stack, fault horizon.Fault) (mend func()) {
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
