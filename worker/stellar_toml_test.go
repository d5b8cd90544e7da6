package worker_test

import (
	"net/http"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"

	"edgecheckout/sandbox/ledger"
)

func TestStellarTOML(t *testing.T) {
	const public = "Public Global Stellar Network ; September 2015"
	for name, c := range map[string]struct {
		settings []string // alternating names and values
		want     map[string]any
	}{
		"the test network alone": {nil, map[string]any{"NETWORK_PASSPHRASE": ledger.Passphrase}},
		"the public network as well": {
			[]string{"LIVE_PASSPHRASE", public, "LIVE_HORIZON_URLS", "https://horizon.example"},
			map[string]any{"NETWORK_PASSPHRASE": public},
		},
		"who runs it": {
			[]string{"ORG_NAME", `Corner "Shops" \ Söhne` + "\u2028", "ORG_URL", "https://corner.example/about?us", "ORG_SUPPORT_EMAIL", "help@corner.example"},
			map[string]any{"NETWORK_PASSPHRASE": ledger.Passphrase, "DOCUMENTATION": map[string]any{
				"ORG_NAME": `Corner "Shops" \ Söhne` + "\u2028", "ORG_URL": "https://corner.example/about?us", "ORG_SUPPORT_EMAIL": "help@corner.example",
			}},
		},
		"only its name": {
			[]string{"ORG_NAME", "Corner Shops"},
			map[string]any{"NETWORK_PASSPHRASE": ledger.Passphrase, "DOCUMENTATION": map[string]any{"ORG_NAME": "Corner Shops"}},
		},
		"no network yet": {[]string{"TEST_HORIZON_URLS", ""}, map[string]any{}},
	} {
		t.Run(name, func(t *testing.T) {
			s := deploy(t)
			r := (client{t, s.edge(c.settings...), http.Header{}}).get("/.well-known/stellar.toml")
			var got map[string]any
			if _, err := toml.Decode(r.body, &got); err != nil {
				t.Fatalf("%v in %s", err, r.body)
			}
			if len(c.want) > 0 {
				// Derived from the MEMO_KEYS of the tests.
				c.want["SIGNING_KEY"], c.want["WEB_AUTH_ENDPOINT"] = "GB5E753OARVELNGANWW4Q3RFM7YM5QWBN5JZVBVYTIL73GDMA2ABIWF3", "https://pay.example/auth"
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			for header, want := range map[string]string{
				"Content-Type": "text/plain; charset=utf-8", "Access-Control-Allow-Origin": "*", "Cache-Control": "max-age=300",
			} {
				if got := r.header.Get(header); r.status != 200 || got != want {
					t.Errorf("%d, %s: %s", r.status, header, got)
				}
			}
		})
	}
}
