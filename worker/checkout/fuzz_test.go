package checkout_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"edgecheckout/worker/checkout"

	"github.com/stellar/go/strkey"
)

func FuzzIDs(f *testing.F) {
	kinds := []checkout.Kind{checkout.KindCheckout, checkout.KindCustomer, checkout.KindProduct, checkout.KindPayment, checkout.KindMerchant, checkout.KindKey, checkout.KindRequest}
	for _, kind := range kinds {
		f.Add(checkout.DeriveID(kind, nil, time.UnixMilli(0)))
		f.Add(string(kind) + "7zzzzzzzzzzzzzzzzzzzzzzzzz")
	}
	for _, text := range []string{"", "chk_", "chk_8zzzzzzzzzzzzzzzzzzzzzzzzz", "CHK_01M81J18G0H1DJBEDCGMEJ9MYT", "chk_01m81j18g0h1djbedcgmej9my\x00", "chk_01m81j18g0h1djbedcgmej9myi"} {
		f.Add(text)
	}
	form := regexp.MustCompile(`^[a-z]+_[0-7][0-9a-hjkmnp-tv-z]{25}$`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range kinds {
			_, err := checkout.ParseID(kind, text)
			if want := form.MatchString(text) && text[:strings.IndexByte(text, '_')+1] == string(kind); want != (err == nil) {
				t.Errorf("%q as a %s: %v", text, kind, err)
			}
		}
		id, err := checkout.ParseCheckoutID(text)
		if err == nil && id.String() != text {
			t.Errorf("%q is read and written as %q", text, id)
		}
		payment, err := checkout.ParsePaymentID(text)
		if err == nil && (payment.String() != text || payment.Operation <= 0 || payment.Index < 0 || payment.Index > checkout.MaxIndex) {
			t.Errorf("%q is read as %+v and written as %q", text, payment, payment)
		}
	})
}

func FuzzAddresses(f *testing.F) {
	const address = "GDQOEL7GJBQ5F7URQ4IYCZK3EQCKSIOQOM7TBAYLX6KNFKHWCCAH4AC6"
	for _, text := range []string{address, strings.ToLower(address), address[:55], address + "A", address + "\x00", "M" + address[1:], "S" + address[1:], "", "GAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAWHF"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		address, err := checkout.ParseAddress(text)
		if err != nil {
			return
		}
		key, err := strkey.Decode(strkey.VersionByteAccountID, text)
		if err != nil || string(address) != text || len(key) != 32 || strkey.MustEncode(strkey.VersionByteAccountID, key) != text {
			t.Errorf("%q is taken as %q: %x, %v", text, address, key, err)
		}
	})
}

func FuzzAssetCodes(f *testing.F) {
	for _, text := range []string{"XLM", "ABCDEFGHIJKL", "ABCDEFGHIJKLM", "", "US D", "usd\x00", "\u00dcSD"} {
		f.Add(text)
	}
	code := regexp.MustCompile(`\A[0-9A-Za-z]{1,12}\z`)
	f.Fuzz(func(t *testing.T, text string) {
		if err := checkout.CheckAssetCode(text); (err == nil) != code.MatchString(text) {
			t.Errorf("%q: %v", text, err)
		}
	})
}

// A wallet reads from the request what was written into it, and nothing else.
func FuzzPaymentURI(f *testing.F) {
	f.Add("USDC", int64(1), "Test SDF Network ; September 2015")
	f.Add("XLM", int64(checkout.MaxAmount), checkout.PublicPassphrase)
	f.Add("A", int64(10_000_000), "a&amount=1#%00\u202e\xff+")
	f.Fuzz(func(t *testing.T, code string, amount int64, passphrase string) {
		if checkout.CheckAssetCode(code) != nil || amount <= 0 {
			return
		}
		s := checkout.Session{Account: "GDQOEL7GJBQ5F7URQ4IYCZK3EQCKSIOQOM7TBAYLX6KNFKHWCCAH4AC6", Memo: "01hzzzzzzzzzzzzzzzzzzzzzzz", Asset: checkout.Asset{Code: code}}
		want := url.Values{"destination": {string(s.Account)}, "amount": {checkout.Amount(amount).String()}, "memo": {s.Memo}, "memo_type": {"MEMO_TEXT"}}
		if code != "XLM" {
			s.Asset.Issuer = s.Account
			want["asset_code"], want["asset_issuer"] = []string{code}, []string{string(s.Account)}
		}
		if passphrase != checkout.PublicPassphrase {
			want["network_passphrase"] = []string{passphrase}
		}
		u, err := url.Parse(s.PaymentURI(checkout.Amount(amount), checkout.URINetworkOf(passphrase)))
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
