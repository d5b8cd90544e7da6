package store

import (
	"errors"
	"testing"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

func FuzzListedKeys(f *testing.F) {
	owner := Owner{&Merchant{ID: "mer_01kay3t4w5x6y7z8a90123456z"}, stellar.Live}
	prefix := listPrefix(owner, checkout.KindCheckout)
	for _, key := range []string{
		prefix + "8204999999999/chk_01kay3t4w5x6y7z8a90123456z", prefix + "8204999999999/chk_01kay3t4w5x6y7z8a90123456z/cus_01kay3t4w5x6y7z8a90123456z",
		prefix + "-204999999999/chk_", prefix + "8204999999999", prefix + "820499999999x/chk_/cus_", prefix + "0000000000000//", "",
	} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		l, err := parseListKey(key)
		if err != nil {
			if !errors.Is(err, errListKey) {
				t.Fatal(err)
			}
			return
		}
		again, err := parseListKey(listKey(owner, checkout.KindCheckout, l).name)
		if err != nil || again != l {
			t.Errorf("%q was read as %+v, written and read as %+v, %v", key, l, again, err)
		}
	})
}

func TestNewerObjectsAreListedFirst(t *testing.T) {
	var last string
	for _, at := range []time.Time{
		time.UnixMilli(9_999_999_999_999), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 22, 12, 0, 0, 1e6, time.UTC),
		time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), time.UnixMilli(0),
	} {
		l := Listed{Created: at.UTC(), ID: "prod_01kay3t4w5x6y7z8a90123456z"}
		key := listKey(shop, checkout.KindProduct, l).name
		if key <= last {
			t.Errorf("%s comes before %s", key, last)
		}
		if got, err := parseListKey(key); err != nil || got != l {
			t.Errorf("%s was read as %+v, %v", key, got, err)
		}
		last = key
	}
}
