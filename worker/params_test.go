package worker

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/codec"
	"edgecheckout/worker/stellar"
)

// given returns the params of one text.
func given(t *testing.T, text string) *params {
	raw, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	members, ok := codec.PlainObject(`{"x":` + string(raw) + `}`)
	if !ok { // it needs the slow parser
		members = codec.Members(map[string]json.RawMessage{"x": raw})
	}
	return &params{members: members}
}

func FuzzEmailAddresses(f *testing.F) {
	for _, text := range []string{"ada@example.com", "ADA@EXAMPLE.COM", " o'hara+x@a.b.c ", "a@b", "@", "a@b.c, d@e.f", "a@b.c\r\nBcc: d@e.f", "\u212a@example.com", "\u0130@example.com", "a\u202e@b.c", "a@\u00fc.c", "a@..", "a@b.c."} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return // text cannot contain this
		}
		p := given(t, text)
		address := p.email("x")
		if p.err != nil || address == "" {
			if address != "" || p.err == nil && strings.TrimSpace(text) != "" {
				t.Errorf("%q is %q, %v", text, address, p.err)
			}
			return
		}
		if again := given(t, address); again.email("x") != address || again.err != nil {
			t.Errorf("%q is %q, and that is something else: %v", text, address, again.err)
		}
		local, domain, _ := strings.Cut(address, "@")
		if local == "" || len(local) > 64 || !strings.Contains(domain, ".") || strings.ContainsAny(address, " ,;:<>()[]\"\\") || strings.Count(address, "@") != 1 || strings.ContainsFunc(address, unseen) {
			t.Errorf("%q was accepted as the address %q", text, address)
		}
	})
}

func unseen(r rune) bool {
	return !unicode.IsGraphic(r) || unicode.In(r, unicode.Zs, unicode.Zl, unicode.Zp)
}

func FuzzPhoneNumbers(f *testing.F) {
	for _, text := range []string{"+14155550123", "+1 (415) 555-0123", "+49.30.901820", "0171 1234567", "+", "++1", "+0123456789", "+123456", "+1234567890123456", "+\u0661\u0662\u0663\u0664\u0665\u0666\u0667"} {
		f.Add(text)
	}
	e164 := regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	digits := regexp.MustCompile(`[0-9]`)
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return // text cannot contain this
		}
		p := given(t, text)
		number := p.phone("x")
		if p.err != nil || number == "" {
			if number != "" || p.err == nil && text != "" {
				t.Errorf("%q is %q, %v", text, number, p.err)
			}
			return
		}
		if !e164.MatchString(number) || strings.Join(digits.FindAllString(text, -1), "") != number[1:] {
			t.Errorf("%q was accepted as %q", text, number)
		}
	})
}

// Whatever replaces {CHECKOUT_ID}, the customer is redirected to the merchant's host, and no script
// runs.
func FuzzReturnURLs(f *testing.F) {
	for _, text := range []string{"https://shop.example/{CHECKOUT_ID}", "http://localhost:3000/", "http://localhost.evil.example/", "https://a:b@c.example/", "https://shop.example\\@evil.example/", "javascript:alert(1)",
		"https://{CHECKOUT_ID}/", "https://[::1]:443/", "https://shop.example:65536/", "https://b\u00fccher.example/\u202e", "HTTPS://shop.example/", "https:///x", "https://shop.example/%zz", "https://shop.example?{CHECKOUT_ID}#{"} {
		f.Add(text, true)
		f.Add(text, false)
	}
	f.Fuzz(func(t *testing.T, text string, livemode bool) {
		if !utf8.ValidString(text) {
			return
		}
		p := given(t, text)
		if taken := p.returnURL("x", stellar.ModeOf(livemode)); p.err != nil || taken == "" {
			return
		} else if taken != text {
			t.Errorf("%q became %q", text, taken)
		}
		filled := (&checkout.Checkout{RedirectURL: text}).Redirect()
		u, err := url.Parse(filled)
		if err != nil || u.User != nil || u.Hostname() == "" || strings.ContainsFunc(filled, unseen) || strings.ContainsRune(filled, '\\') {
			t.Fatalf("%q redirects to %#v, %v", text, u, err)
		}
		before, err := url.Parse(strings.ReplaceAll(text, checkout.IDPlaceholder, ""))
		if err != nil || before.Host != u.Host || before.Scheme != u.Scheme {
			t.Errorf("%q redirects to %s because of the id", text, filled)
		}
		if u.Scheme != "https" && (livemode || u.Scheme != "http" || u.Hostname() != "localhost") {
			t.Errorf("%q redirects to %s, livemode %v", text, filled, livemode)
		}
	})
}

func FuzzTexts(f *testing.F) {
	f.Add("\u202etea \U0001f375\n", 10)
	f.Add("a\x00b", 500)
	f.Fuzz(func(t *testing.T, text string, most int) {
		if !utf8.ValidString(text) {
			return
		}
		p := given(t, text)
		taken := p.text("x", most)
		if p.err == nil && (taken != text || utf8.RuneCountInString(taken) > max(most, 0) || strings.ContainsAny(taken, "\x00\r\x1b\x7f\u0085")) {
			t.Errorf("%q was accepted as %q", text, taken)
		}
		if p.err != nil && taken != "" {
			t.Errorf("%q was refused, and accepted as %q", text, taken)
		}
	})
}

func FuzzPlainQueryAgreesWithURLParseQuery(f *testing.F) {
	for _, query := range []string{"type=direct", "limit=5&starting_after=chk_01", "type=direct&type=product", "type", "type=", "a=b", "type=a;limit=1", "type=%64", "&type=a", "type=a&", "limit=+1"} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		members := plainQuery(query, []string{"type", "limit", "starting_after"})
		if members == nil {
			return
		}
		got := url.Values{}
		for _, m := range members {
			got.Add(m.Name, m.Value)
		}
		want, err := url.ParseQuery(query)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q, %v (-want +got):\n%s", query, err, diff)
		}
	})
}

func TestOrdinaryQueriesUseTheFastParser(t *testing.T) {
	if plainQuery("limit=100&starting_after=chk_01m81j18g0h1djbedcgmej9myt", []string{"limit", "starting_after"}) == nil {
		t.Error("it is not")
	}
}
