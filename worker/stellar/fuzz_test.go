package stellar_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stellar/go/strkey"

	"edgecheckout/worker/stellar"
)

func FuzzAddresses(f *testing.F) {
	const address = "GDQOEL7GJBQ5F7URQ4IYCZK3EQCKSIOQOM7TBAYLX6KNFKHWCCAH4AC6"
	for _, text := range []string{address, strings.ToLower(address), address[:55], address + "A", address + "\x00", "M" + address[1:], "S" + address[1:], "", "GAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAWHF"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		address, err := stellar.ParseAddress(text)
		if err != nil {
			return
		}
		key, err := strkey.Decode(strkey.VersionByteAccountID, text)
		if err != nil || string(address) != text || len(key) != 32 || strkey.MustEncode(strkey.VersionByteAccountID, key) != text {
			t.Errorf("%q was accepted as %q: %x, %v", text, address, key, err)
		}
	})
}

func FuzzAssetCodes(f *testing.F) {
	for _, text := range []string{"XLM", "ABCDEFGHIJKL", "ABCDEFGHIJKLM", "", "US D", "usd\x00", "\u00dcSD"} {
		f.Add(text)
	}
	code := regexp.MustCompile(`\A[0-9A-Za-z]{1,12}\z`)
	f.Fuzz(func(t *testing.T, text string) {
		if err := stellar.CheckAssetCode(text); (err == nil) != code.MatchString(text) {
			t.Errorf("%q: %v", text, err)
		}
	})
}

// A wallet must read from the URI exactly what was written into it.
func FuzzPaymentURI(f *testing.F) {
	f.Add("USDC", int64(1), "Test SDF Network ; September 2015")
	f.Add("XLM", int64(stellar.MaxAmount), stellar.PublicPassphrase)
	f.Add("A", int64(10_000_000), "a&amount=1#%00\u202e\xff+")
	f.Fuzz(func(t *testing.T, code string, amount int64, passphrase string) {
		if stellar.CheckAssetCode(code) != nil || amount <= 0 {
			return
		}
		s := stellar.PaymentRequest{Destination: "GDQOEL7GJBQ5F7URQ4IYCZK3EQCKSIOQOM7TBAYLX6KNFKHWCCAH4AC6", Memo: "01hzzzzzzzzzzzzzzzzzzzzzzz", Amount: stellar.Amount(amount), Asset: stellar.Asset{Code: code}, Network: stellar.URINetworkOf(passphrase)}
		want := url.Values{"destination": {string(s.Destination)}, "amount": {s.Amount.String()}, "memo": {s.Memo}, "memo_type": {"MEMO_TEXT"}}
		if code != "XLM" {
			s.Asset.Issuer = s.Destination
			want["asset_code"], want["asset_issuer"] = []string{code}, []string{string(s.Destination)}
		}
		if passphrase != stellar.PublicPassphrase {
			want["network_passphrase"] = []string{passphrase}
		}
		u, err := url.Parse(s.URI())
		if err != nil || u.Scheme != "web+stellar" || u.Opaque != "pay" || u.Fragment != "" {
			t.Fatalf("%+v, %v", u, err)
		}
		got, err := url.ParseQuery(u.RawQuery)
		if err != nil || len(got) != len(want) {
			t.Errorf("%v, %v; want %v", got, err, want)
		}
		for name := range want {
			if !slices.Equal(got[name], want[name]) {
				t.Errorf("%s is %q, want %q", name, got[name], want[name])
			}
		}
	})
}
