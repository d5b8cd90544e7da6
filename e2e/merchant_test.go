package e2e

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"edgecheckout/sandbox/stack"
	"edgecheckout/sandbox/wallet"

	"github.com/stellar/go/keypair"
)

// newMerchant runs the command behind `make merchant` in a folder, with an environment of
// alternating names and values.
type newMerchant struct {
	program, dir string
}

func buildNewMerchant(t *testing.T) newMerchant {
	t.Helper()
	program := filepath.Join(t.TempDir(), "merchant")
	build := exec.Command("go", "build", "-o", program, "./wasm/merchant")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return newMerchant{program, root}
}

func (m newMerchant) run(t *testing.T, env ...string) (said, failed string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), m.program)
	cmd.Dir, cmd.Stdout, cmd.Stderr = m.dir, &stdout, &stderr
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}
	for i := 0; i < len(env); i += 2 {
		cmd.Env = append(cmd.Env, env[i]+"="+env[i+1])
	}
	if err := cmd.Run(); (err == nil) != (stderr.Len() == 0) {
		t.Errorf("%v, after printing %q", err, stderr.String())
	}
	return stdout.String(), stderr.String()
}

var secretKey = regexp.MustCompile(`key +(sk_test_[0-9a-f]{64})`)

// wantShop creates a checkout with the key that a run printed.
func wantShop(t *testing.T, on *stack.Stack, said, failed, account string) {
	t.Helper()
	match := secretKey.FindStringSubmatch(said)
	if match == nil {
		t.Fatalf("no key was printed: %s%s", said, failed)
	}
	c, err := on.Merchant(match[1]).CreateCheckout(t.Context(), "direct", fields{"amount": 5, "asset_code": "USDC"})
	if err != nil || c.Object.Destination != account {
		t.Errorf("a checkout with the new key: %s, %v; want it to be paid to %s", c.Body, err, account)
	}
	for _, want := range []string{"Corner Shop is merchant mer_", account, on.BaseURL + "/checkout?type=direct", `"asset_code": "USDC"`} {
		if !strings.Contains(said, want) {
			t.Errorf("want to read %q in %s", want, said)
		}
	}
}

func TestOperatorCreatesAMerchantOnADeployedWorker(t *testing.T) {
	t.Parallel()
	on := service
	account, err := on.OpenAccount(t.Context(), t.Name())
	if err != nil {
		t.Fatal(err)
	}
	m := buildNewMerchant(t)
	with := func(more ...string) []string {
		return append([]string{
			"NAME", "Corner Shop", "ACCOUNT", account, "URL", on.BaseURL, "ADMIN_TOKEN", on.Secrets.AdminToken,
			// The network of this deployment differs from the one in wrangler.toml.
			"TEST_HORIZON_URLS", on.HorizonURL, "TEST_PASSPHRASE", on.Passphrase, "TEST_ASSETS", wallet.USDC + " " + wallet.EURC,
		}, more...)
	}
	said, failed := m.run(t, with()...)
	wantShop(t, on, said, failed, account)
	if again, failed := m.run(t, with()...); again != said {
		t.Errorf("the second run printed %s%s, want the output of the first: %s", again, failed, said)
	}

	poor := keypair.MustRandom().Address()
	if err := (&wallet.Client{Horizon: on.HorizonURL, Passphrase: on.Passphrase}).Fund(t.Context(), poor); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		change []string
		want   string
	}{
		"no such account":     {[]string{"ACCOUNT", keypair.MustRandom().Address()}, "is not on the test network yet"},
		"no trustlines":       {[]string{"ACCOUNT", poor}, "it has no trustline for " + wallet.USDC},
		"a wrong token":       {[]string{"ADMIN_TOKEN", "0123456789abcdef0123"}, "does not know this ADMIN_TOKEN"},
		"no live network":     {[]string{"LIVE", "1"}, "serves no live mode"},
		"another network":     {[]string{"TEST_PASSPHRASE", "Test SDF Network ; September 2015"}, "serves the network"},
		"nobody answers":      {[]string{"URL", "http://127.0.0.1:9"}, "nothing answers at http://127.0.0.1:9"},
		"something else does": {[]string{"URL", on.HorizonURL}, "is this an Edge Checkout?"},
	} {
		said, failed := m.run(t, with(test.change...)...)
		if !strings.Contains(failed, test.want) || said != "" || strings.Contains(failed, "0123456789abcdef0123") || strings.Contains(failed, on.Secrets.AdminToken) {
			t.Errorf("%s: %q, %q, want an error with %q and nothing else", name, said, failed, test.want)
		}
	}
	if said, failed := m.run(t, with("ACCOUNT", poor, "ASSETS", "XLM")...); !secretKey.MatchString(said) {
		t.Errorf("an account that is to be paid in XLM alone: %s%s", said, failed)
	}
}

func TestOperatorCreatesAMerchantOnThisMachine(t *testing.T) {
	t.Parallel()
	on := service
	account, err := on.OpenAccount(t.Context(), t.Name())
	if err != nil {
		t.Fatal(err)
	}
	m := buildNewMerchant(t)
	settings, err := os.ReadFile(filepath.Join(root, "wrangler.toml"))
	if err != nil {
		t.Fatal(err)
	}
	m.dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(m.dir, "wrangler.toml"), settings, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, failed := m.run(t, "NAME", "Corner Shop", "ACCOUNT", account); !strings.Contains(failed, "make dev") {
		t.Errorf("without `make dev`: %q", failed)
	}
	dev := stack.Dev{BaseURL: on.BaseURL, HorizonURL: on.HorizonURL, AdminToken: on.Secrets.AdminToken}
	if err := stack.WriteDev(m.dir, dev); err != nil {
		t.Fatal(err)
	}
	said, failed := m.run(t, "NAME", "Corner Shop", "ACCOUNT", account)
	wantShop(t, on, said, failed, account)

	// Following the error's advice must help.
	_, failed = m.run(t, "NAME", "Corner Shop", "ACCOUNT", keypair.MustRandom().Address())
	hint := regexp.MustCompile(`curl -s (\S+/sandbox/merchant) -d name=shop`).FindStringSubmatch(failed)
	if hint == nil {
		t.Fatalf("for an account that is not there: %q", failed)
	}
	opened, err := http.Post(hint[1], "application/x-www-form-urlencoded", strings.NewReader("name=shop"))
	if err != nil {
		t.Fatal(err)
	}
	opened.Body.Close()
	said, failed = m.run(t, "NAME", "Corner Shop", "ACCOUNT", wallet.MerchantKeys(on.Passphrase, "shop").Address())
	wantShop(t, on, said, failed, wallet.MerchantKeys(on.Passphrase, "shop").Address())
}
