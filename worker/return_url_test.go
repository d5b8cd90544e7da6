package worker

import (
	"net/url"
	"strings"
	"testing"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

// A URL that the fast check accepts must mean the same to net/url.
func FuzzPlainURLsAgreeWithNetURL(f *testing.F) {
	for _, s := range []string{"https://shop.example/", "https://shop.example/a/b?c=d&e={CHECKOUT_ID}", "https://shop.example", "https:///x", "https://a@b.example/",
		"https://shop.example:8443/", "https://shop.example/%zz", "https://shop.example/#x", "https://{CHECKOUT_ID}.example/", "http://localhost/", "https://sh\u00f6p.example/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !isPlainHTTPS(s) {
			return
		}
		u, err := url.Parse(strings.ReplaceAll(s, checkout.IDPlaceholder, "chk_"))
		if err != nil || u.Scheme != "https" || u.User != nil || u.Fragment != "" || u.Port() != "" {
			t.Fatalf("%q was accepted: %#v, %v", s, u, err)
		}
		if host, _, _ := strings.Cut(strings.TrimPrefix(s, "https://"), "/"); host == "" || u.Host != host {
			t.Errorf("%q has the host %q", s, u.Host)
		}
	})
}

func TestFastURLCheckChangesNoResult(t *testing.T) {
	const plain = "https://shop.example/thanks?checkout={CHECKOUT_ID}"
	if !isPlainHTTPS(plain) {
		t.Errorf("%s is refused by the fast check", plain)
	}
	for given, want := range map[string]string{plain: "", "https://{CHECKOUT_ID}.example/": "redirect_url", "https://a@shop.example/": "redirect_url", "https:///x": "redirect_url"} {
		p := newParams([]byte(`{"redirect_url":"` + given + `"}`))
		url := p.returnURL("redirect_url", stellar.Live)
		switch {
		case want == "" && (p.err != nil || url != given):
			t.Errorf("%s: got %q, %v", given, url, p.err)
		case want != "" && (p.err == nil || p.err.Param != want):
			t.Errorf("%s: got %v", given, p.err)
		}
	}
}
