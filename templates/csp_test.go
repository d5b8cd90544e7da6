package templates_test

import (
	"strings"
	"testing"

	"edgecheckout/templates"
)

func TestContentSecurityPolicy(t *testing.T) {
	const before = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"
	const after = "; frame-ancestors 'none'; base-uri 'none'"
	for _, tc := range []struct {
		stream string
		forms  []string
		want   string
	}{
		{"", nil, "; form-action 'none'"},
		{"", []string{""}, "; form-action 'none'"},
		{"", []string{"http://127.0.0.1:8000/wallet/pay?x=1"}, "; form-action 'self' http://127.0.0.1:8000"},
		{"", []string{"https://wallet.example", "http://127.0.0.1:8000"}, "; form-action 'self' https://wallet.example http://127.0.0.1:8000"},
		{"", []string{"javascript:alert(1)"}, "; form-action 'none'"},
		{"", []string{"https://a.example;script-src *"}, "; form-action 'none'"},
		{"", []string{"/wallet"}, "; form-action 'none'"},
		{"https://horizon.example/accounts/G/payments?cursor=now", nil, " https://horizon.example; form-action 'none'"},
		{"https://horizon.example:8000/accounts/G/payments", []string{"https://wallet.example"}, " https://horizon.example:8000; form-action 'self' https://wallet.example"},
		{"https://*/accounts/G/payments", nil, "; form-action 'none'"},
		{"https://a.example;script-src */payments", nil, "; form-action 'none'"},
		{"javascript:alert(1)", nil, "; form-action 'none'"},
		{"/payments", nil, "; form-action 'none'"},
	} {
		if got := templates.ContentSecurityPolicy(tc.stream, tc.forms...); got != before+tc.want+after {
			t.Errorf("%q, %q: %s", tc.stream, tc.forms, strings.TrimPrefix(got, before))
		}
	}
}
