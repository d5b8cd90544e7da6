package checkout_test

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"edgecheckout/worker/checkout"
)

func TestIDsAreReadExactlyAsWritten(t *testing.T) {
	id, err := checkout.NewID(checkout.KindCheckout, time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := checkout.ParseCheckoutID(id)
	if err != nil || parsed.String() != id {
		t.Errorf("%s is read as %s, %v", id, parsed, err)
	}
	for _, wrong := range []string{
		"", "chk_", id[:len(id)-1], id + "0", strings.ToUpper(id), "cus_" + id[4:], id[4:], "chk_" + strings.ToUpper(id[4:]),
		"chk_8" + id[5:], "chk_" + strings.Repeat("u", 26), id + "\x00", " " + id,
	} {
		if got, err := checkout.ParseCheckoutID(wrong); err == nil {
			t.Errorf("%q was read as %s", wrong, got)
		}
	}
}

func TestDerivedIDsDependOnEveryPart(t *testing.T) {
	day := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	base := checkout.DeriveID(checkout.KindCheckout, []byte("salt"), day, "ab", "c")
	if again := checkout.DeriveID(checkout.KindCheckout, []byte("salt"), day, "ab", "c"); again != base {
		t.Errorf("the same parts gave %s and %s", base, again)
	}
	for name, other := range map[string]string{
		"another secret":   checkout.DeriveID(checkout.KindCheckout, []byte("pepper"), day, "ab", "c"),
		"another day":      checkout.DeriveID(checkout.KindCheckout, []byte("salt"), day.AddDate(0, 0, 1), "ab", "c"),
		"another framing":  checkout.DeriveID(checkout.KindCheckout, []byte("salt"), day, "a", "bc"),
		"one part more":    checkout.DeriveID(checkout.KindCheckout, []byte("salt"), day, "ab", "c", ""),
		"another kind":     "chk_" + checkout.DeriveID(checkout.KindProduct, []byte("salt"), day, "ab", "c")[5:],
		"other characters": checkout.DeriveID(checkout.KindCheckout, []byte("salt"), day, "ab", "d"),
	} {
		if other == base {
			t.Errorf("%s gives the same id", name)
		}
	}
	if id, err := checkout.ParseCheckoutID(base); err != nil || id.String() != base {
		t.Errorf("a derived id is invalid: %v", err)
	}
}
