package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/sandbox/stack"
	"edgecheckout/worker/stellar"
)

const account = "GCZSE34OFCMHY6IVKDPRWW6AVMDCOUAK3VFFTKA4MQSJS2CFWL5FPUQE"

func vars(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestVariablesBecomeSettings(t *testing.T) {
	const testnet = "https://horizon-testnet.stellar.org"
	for name, test := range map[string]struct {
		vars   []string
		want   settings
		folder string
	}{
		"none":  {nil, settings{Port: 8787, SandboxPort: 8000}, "dev"},
		"ports": {[]string{"PORT", "1", "SANDBOX_PORT", "65535"}, settings{Port: 1, SandboxPort: 65535}, "dev"},
		"another Horizon": {
			[]string{"HORIZON_URL", testnet + "/", "MERCHANT_ACCOUNT", account},
			settings{Port: 8787, SandboxPort: 8000, HorizonURL: testnet, Account: account}, "dev-horizon-testnet.stellar.org",
		},
		"another network": {
			[]string{"HORIZON_URL", "http://10.0.0.1:8000/h", "MERCHANT_ACCOUNT", account, "NETWORK_PASSPHRASE", "mine"},
			settings{Port: 8787, SandboxPort: 8000, HorizonURL: "http://10.0.0.1:8000/h", Account: account, Passphrase: "mine"}, "dev-10.0.0.1_8000_h",
		},
	} {
		got, err := parseSettings(vars(test.vars...))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if got.folder() != test.folder {
			t.Errorf("%s: folder %q, want %q", name, got.folder(), test.folder)
		}
	}
}

func TestWrongVariablesAreNamed(t *testing.T) {
	for name, test := range map[string]struct {
		vars []string
		want []string
	}{
		"ports that are none": {[]string{"PORT", "http", "SANDBOX_PORT", "65536"}, []string{"PORT is", "SANDBOX_PORT is"}},
		"the same port":       {[]string{"PORT", "8000"}, []string{"PORT and SANDBOX_PORT"}},
		"no account":          {[]string{"HORIZON_URL", "https://h.example"}, []string{"MERCHANT_ACCOUNT"}},
		"no Horizon":          {[]string{"MERCHANT_ACCOUNT", account}, []string{"HORIZON_URL"}},
		"no URL":              {[]string{"HORIZON_URL", "testnet", "MERCHANT_ACCOUNT", account}, []string{"HORIZON_URL"}},
		"real money": {
			[]string{"HORIZON_URL", "https://horizon.stellar.org", "MERCHANT_ACCOUNT", account, "NETWORK_PASSPHRASE", stellar.PublicPassphrase},
			[]string{"NETWORK_PASSPHRASE"},
		},
	} {
		_, err := parseSettings(vars(test.vars...))
		for _, want := range test.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want an error that names %s", name, err, want)
			}
		}
	}
}

func TestUnreachableHorizonIsNamedInOneLine(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	defer gone.Close()
	answering := gone.URL
	if err := reach(t.Context(), answering); err == nil || !strings.Contains(err.Error(), "status 404") {
		t.Errorf("a server without Horizon: %v", err)
	}
	gone.Close()
	err := reach(t.Context(), answering)
	if err == nil || !strings.HasPrefix(err.Error(), "HORIZON_URL: nothing answers at "+answering+" (") || strings.Contains(err.Error(), "\n") {
		t.Errorf("no server: %v", err)
	}
}

func TestPortInUseErrorNamesTheVariable(t *testing.T) {
	set := settings{Port: 8787, SandboxPort: 8000}
	for port, want := range map[int]string{8787: "`make dev PORT=8887`", 8000: "`make dev SANDBOX_PORT=8100`"} {
		if err := explain(&stack.PortInUseError{Port: port}, set); !strings.Contains(err.Error(), want) {
			t.Errorf("port %d: %v, want %s", port, err, want)
		}
	}
	other := errors.New("other")
	if err := explain(other, set); err != other {
		t.Errorf("another error became %v", err)
	}
}
