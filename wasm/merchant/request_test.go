package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker/stellar"
)

const (
	shop    = "GBTTMNDD2GPZLLAP6GIRT7D27QSU3MSIRJ4L4POREARDCZ2RZO42MQEV"
	another = "GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5"
	token   = "the-operators-own-token"
)

// vars is an environment of alternating names and values.
func vars(pairs ...string) func(string) string {
	env := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		env[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return env[name] }
}

func TestVariablesBecomeARequest(t *testing.T) {
	for name, test := range map[string]struct {
		vars []string
		want request
	}{
		"a test account": {
			[]string{"NAME", " Corner Shop ", "ACCOUNT", shop, "ADMIN_TOKEN", token},
			request{Name: "Corner Shop", Payees: []payee{{stellar.Test, shop}}},
		},
		"real money": {
			[]string{"NAME", "Corner Shop", "ACCOUNT", shop, "LIVE", "1", "URL", "https://pay.example/", "ADMIN_TOKEN", token},
			request{Name: "Corner Shop", Payees: []payee{{stellar.Live, shop}}, URL: "https://pay.example", AdminToken: token},
		},
		"both": {
			[]string{"NAME", "Corner Shop", "ACCOUNT", shop, "ACCOUNT_LIVE", another, "ASSETS", "XLM  USDC EURC:" + another},
			request{Name: "Corner Shop", Payees: []payee{{stellar.Test, shop}, {stellar.Live, another}}, Assets: []string{"XLM", "USDC", "EURC:" + another}},
		},
		"this machine": {
			[]string{"NAME", "Corner Shop", "ACCOUNT_LIVE", shop, "URL", "http://127.0.0.1:8787", "ADMIN_TOKEN", token},
			request{Name: "Corner Shop", Payees: []payee{{stellar.Live, shop}}, URL: "http://127.0.0.1:8787", AdminToken: token},
		},
	} {
		got, err := parseRequest(vars(test.vars...))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if test.want.Assets == nil {
			test.want.Assets = []string{}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestWrongVariablesAreNamed(t *testing.T) {
	for name, test := range map[string]struct {
		vars []string
		want string
	}{
		"nothing":                 {nil, "usage: make merchant"},
		"nobody to pay":           {[]string{"NAME", "Corner Shop"}, "usage: make merchant"},
		"no account":              {[]string{"NAME", "Corner Shop", "ACCOUNT", shop[1:]}, "ACCOUNT is"},
		"no live account":         {[]string{"NAME", "Corner Shop", "ACCOUNT", shop, "ACCOUNT_LIVE", "M"}, "ACCOUNT_LIVE is"},
		"a long name":             {[]string{"NAME", strings.Repeat("ü", 101), "ACCOUNT", shop}, "NAME has"},
		"half live":               {[]string{"NAME", "Corner Shop", "ACCOUNT", shop, "LIVE", "yes"}, "LIVE is 1"},
		"two live accounts":       {[]string{"NAME", "Corner Shop", "ACCOUNT", shop, "ACCOUNT_LIVE", another, "LIVE", "1"}, "LIVE=1"},
		"no asset":                {[]string{"NAME", "Corner Shop", "ACCOUNT", shop, "ASSETS", "US-D"}, "ASSETS are"},
		"an issuer that is none":  {[]string{"NAME", "Corner Shop", "ACCOUNT", shop, "ASSETS", "USDC:G"}, "ASSETS are"},
		"no token":                {[]string{"NAME", "Corner Shop", "ACCOUNT", shop, "URL", "https://pay.example"}, "ADMIN_TOKEN"},
		"a token in the clear":    {[]string{"NAME", "Corner Shop", "ACCOUNT", shop, "URL", "http://pay.example", "ADMIN_TOKEN", token}, "URL is"},
		"a path":                  {[]string{"NAME", "Corner Shop", "ACCOUNT", shop, "URL", "https://pay.example/merchants", "ADMIN_TOKEN", token}, "URL is"},
		"a password in the place": {[]string{"NAME", "Corner Shop", "ACCOUNT", shop, "URL", "https://a:b@pay.example", "ADMIN_TOKEN", token}, "URL is"},
	} {
		_, err := parseRequest(vars(test.vars...))
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v, want an error that names %q", name, err, test.want)
		}
	}
}
