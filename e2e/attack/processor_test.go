package attack

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edgecheckout/e2e/workerd"
	"edgecheckout/sandbox/stack"

	"github.com/stellar/go/keypair"
)

// maxProcessorTime is the most that a request of a stranger may take. The Free plan ends an
// invocation after ten milliseconds.
const maxProcessorTime = 10 * time.Millisecond

// alone runs the built Worker in a workerd of its own, whose processor time can be measured.
func alone(t *testing.T) (*workerd.Process, *stack.Stack) {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	binary, err := workerd.Find(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	modules, err := filepath.Glob(filepath.Join(root, "build", "*.*js"))
	if err != nil {
		t.Fatal(err)
	}
	for _, module := range append(modules, filepath.Join(root, "build", "app.wasm")) {
		content, err := os.ReadFile(module)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, filepath.Base(module)), content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	p, err := workerd.Config{Binary: binary, Modules: dir, Apart: true, Vars: map[string]string{
		"BASE_URL": "http://127.0.0.1", "ADMIN_TOKEN": unlimited.Secrets.AdminToken, "MEMO_KEYS": unlimited.Secrets.MemoKeys,
		"TEST_HORIZON_URLS": unlimited.HorizonURL, "TEST_PASSPHRASE": unlimited.Passphrase,
	}}.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Logf("what the Worker printed:\n%s", p.Log)
		}
	})
	return p, &stack.Stack{BaseURL: "http://" + p.Address, Secrets: unlimited.Secrets}
}

func TestNoRequestOfAStrangerTakesMuchProcessorTime(t *testing.T) {
	p, on := alone(t)
	account, err := unlimited.OpenAccount(t.Context(), t.Name())
	if err != nil {
		t.Fatal(err)
	}
	made, err := on.Operator().CreateMerchant(t.Context(), fields{"name": "shop", "account_test": account})
	if err != nil {
		t.Fatal(err)
	}
	key, err := on.Operator().CreateKey(t.Context(), made.Object.ID, false)
	if err != nil {
		t.Fatal(err)
	}
	checkout, err := on.Merchant(key.Object.Secret).CreateCheckout(t.Context(), "direct", fields{"amount": 5, "asset_code": "XLM"})
	if err != nil {
		t.Fatal(err)
	}
	page := "/pay/" + checkout.Object.ID
	large := `{"account":"` + strings.Repeat(`\u0047`, 10<<10) + `"}`
	nested := strings.Repeat(`[`, 60<<10)
	madeUp := []string{"X-Api-Key", "sk_test_" + strings.Repeat("0", 64)}
	for _, a := range []struct {
		about, method, path, body string
		headers                   []string
	}{
		{"a page", "GET", page, "", nil},
		{"its status", "GET", page + "/status", "", nil},
		{"a page that does not exist", "GET", "/pay/chk_0", "", nil},
		{"a transaction", "POST", page + "/transaction", `{"account":"` + keypair.MustRandom().Address() + `"}`, nil},
		{"a transaction for 60 KiB", "POST", page + "/transaction", large, nil},
		{"a transaction for 60 KiB of brackets", "POST", page + "/transaction", nested, nil},
		{"a transaction for 1 KiB of brackets", "POST", page + "/transaction", nested[:1<<10], nil},
		{"60 KiB without a key", "POST", "/checkout?type=direct", large, nil},
		{"60 KiB with a made-up key", "POST", "/checkout?type=direct", large, madeUp},
		{"a long query", "GET", page + "?" + strings.Repeat("a=%41&", 2<<10), "", nil},
		{"a long path", "GET", "/" + strings.Repeat("%61/", 3<<10), "", nil},
		{"a guess at the token", "GET", "/merchants/" + made.Object.ID, "", []string{"Authorization", "Bearer " + strings.Repeat("x", 8<<10)}},
		{"health", "GET", "/health", "", nil},
		{"stellar.toml", "GET", "/.well-known/stellar.toml", "", nil},
	} {
		stranger := stack.Client{BaseURL: on.BaseURL, HTTP: &http.Client{
			Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}}
		ask := func(n int) (time.Duration, stack.Reply[json.RawMessage]) {
			t.Helper()
			before, err := p.CPUTime()
			if err != nil {
				t.Fatal(err)
			}
			var reply stack.Reply[json.RawMessage]
			for range n {
				// A refusal may close the connection while the body is being written: then there is no reply.
				if got, err := stranger.Do(t.Context(), a.method, a.path, []byte(a.body), a.headers...); err == nil {
					reply = got
				}
			}
			after, err := p.CPUTime()
			if err != nil {
				t.Fatal(err)
			}
			return (after - before) / time.Duration(n), reply
		}
		_, reply := ask(20) // so that the code is compiled
		if reply.Status == 0 || reply.Status >= 500 {
			t.Errorf("%s: %d %.200s", a.about, reply.Status, reply.Body)
		}
		took := time.Hour
		for range 3 { // other programs disturb the measurement
			once, _ := ask(50)
			took = min(took, once)
		}
		t.Logf("%s: %s, status %d", a.about, took, reply.Status)
		if took > maxProcessorTime {
			t.Errorf("%s takes %s of processor time", a.about, took)
		}
	}
}
