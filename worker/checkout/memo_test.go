package checkout_test

import (
	"crypto/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"edgecheckout/worker/checkout"
)

var (
	oldKey = strings.Repeat("0123456789fedc0a", 4)
	newKey = strings.Repeat("0123456789fedc1b", 4)
)

func keys(t testing.TB, list string) checkout.MemoKeys {
	t.Helper()
	k, err := checkout.ParseMemoKeys(list)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newCheckoutID(t testing.TB, at time.Time) checkout.ID {
	t.Helper()
	text, err := checkout.NewID(checkout.KindCheckout, at, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id, err := checkout.ParseCheckoutID(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestMemoDecryptsToItsCheckout(t *testing.T) {
	now := time.Now()
	id := newCheckoutID(t, now)
	memo := keys(t, oldKey).Seal(id)
	if len(memo) > 28 || memo != strings.ToLower(memo) || strings.Contains(memo, id.String()[4:]) {
		t.Errorf("memo %q", memo)
	}
	for name, opened := range map[string][]checkout.ID{
		"as written":          keys(t, oldKey).Open(memo, now),
		"upper-cased":         keys(t, oldKey).Open(strings.ToUpper(memo), now),
		"after a rotation":    keys(t, newKey+","+oldKey).Open(memo, now),
		"91 days less a bit":  keys(t, oldKey).Open(memo, now.Add(checkout.MemoLifetime-time.Second)),
		"by a slow clock":     keys(t, oldKey).Open(memo, now.Add(-time.Minute)),
		"with blanks in list": keys(t, newKey+" , "+oldKey).Open(memo, now),
	} {
		if !slices.Equal(opened, []checkout.ID{id}) {
			t.Errorf("%s: %v", name, opened)
		}
	}
	for name, opened := range map[string][]checkout.ID{
		"too old":      keys(t, oldKey).Open(memo, now.Add(checkout.MemoLifetime+time.Minute)),
		"cut":          keys(t, oldKey).Open(memo[:25], now),
		"padded":       keys(t, oldKey).Open(memo+" ", now),
		"the id":       keys(t, oldKey).Open(id.String()[4:], now),
		"overflowing":  keys(t, oldKey).Open("8"+memo[1:], now),
		"another text": keys(t, oldKey).Open("order-1001", now),
	} {
		if len(opened) != 0 {
			t.Errorf("%s: %v", name, opened)
		}
	}
}

func TestMalformedMemoKeysAreRefused(t *testing.T) {
	for _, list := range []string{"", "00", oldKey + ",", oldKey[:62], strings.Repeat("zz", 32), strings.Repeat("ab", 32), strings.Repeat("01234567", 8), oldKey + ";" + newKey} {
		if _, err := checkout.ParseMemoKeys(list); err != checkout.ErrMemoKeys {
			t.Errorf("%d characters were accepted: %v", len(list), err)
		}
	}
}

func FuzzMemoOpen(f *testing.F) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	k := keys(f, newKey+","+oldKey)
	f.Add("01hzzzzzzzzzzzzzzzzzzzzzzz")
	f.Add(k.Seal(newCheckoutID(f, now)))
	f.Add("\x00\xff")
	f.Fuzz(func(t *testing.T, memo string) {
		for _, id := range k.Open(memo, now) {
			if age := now.Sub(time.UnixMilli(int64(ulidTime(id)))); age > checkout.MemoLifetime || age < -2*time.Hour {
				t.Errorf("%q opened to an id %v old", memo, age)
			}
			if sealed := strings.ToLower(memo); sealed != k.Seal(id) && sealed != keys(t, oldKey).Seal(id) {
				t.Errorf("%q opened to an id whose memo is %q", memo, k.Seal(id))
			}
		}
	})
}

func ulidTime(id checkout.ID) uint64 {
	var ms uint64
	for _, b := range id[:6] {
		ms = ms<<8 | uint64(b)
	}
	return ms
}
