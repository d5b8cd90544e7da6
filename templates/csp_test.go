package templates_test

import (
	"strings"
	"testing"

	"edgecheckout/templates"
)

func TestContentSecurityPolicy(t *testing.T) {
	const before = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action "
	const after = "; frame-ancestors 'none'; base-uri 'none'"
	for _, tc := range []struct {
		forms []string
		want  string
	}{
		{nil, "'none'"},
		{[]string{""}, "'none'"},
		{[]string{"http://127.0.0.1:8000/wallet/pay?x=1"}, "'self' http://127.0.0.1:8000"},
		{[]string{"https://wallet.example", "http://127.0.0.1:8000"}, "'self' https://wallet.example http://127.0.0.1:8000"},
		{[]string{"javascript:alert(1)"}, "'none'"},
		{[]string{"https://a.example;script-src *"}, "'none'"},
		{[]string{"/wallet"}, "'none'"},
	} {
		if got := templates.ContentSecurityPolicy(tc.forms...); got != before+tc.want+after {
			t.Errorf("%q: %s", tc.forms, strings.TrimPrefix(got, before))
		}
	}
}
