package checkout_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"edgecheckout/worker/checkout"
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
