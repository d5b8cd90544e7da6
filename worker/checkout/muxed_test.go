package checkout_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"pgregory.net/rapid"

	"edgecheckout/worker/checkout"
)

func TestMuxedIDsAreToldApartFromThoseOfStrangers(t *testing.T) {
	const day = 24 * time.Hour
	older, newer, rotated := keys(t, oldKey), keys(t, newKey), keys(t, newKey+","+oldKey)
	rapid.Check(t, func(t *rapid.T) {
		made := time.UnixMilli(rapid.Int64Range(1_700_000_000_000, 4_000_000_000_000).Draw(t, "made"))
		var id checkout.ID
		copy(id[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "entropy"))
		u := ulid.ULID(id)
		if err := u.SetTime(ulid.Timestamp(made)); err != nil {
			t.Fatal(err)
		}
		muxed := older.Mux(checkout.ID(u))
		age := time.Duration(rapid.Int64Range(0, int64(checkout.MemoLifetime)).Draw(t, "age"))
		if !older.MayBeMuxed(muxed, made.Add(age)) || !rotated.MayBeMuxed(muxed, made.Add(age)) {
			t.Errorf("%s of %v is nobody's after %v", muxed, made, age)
		}
		if older.MayBeMuxed(muxed, made.Add(checkout.MemoLifetime+day)) || older.MayBeMuxed(muxed, made.Add(-day-2*time.Hour)) {
			t.Errorf("%s of %v is somebody's long before or after", muxed, made)
		}
		if older.Mux(checkout.ID(u)) != muxed || newer.Mux(checkout.ID(u)) == muxed {
			t.Errorf("%s does not depend on the key and the id alone", muxed)
		}
	})
	if older.MayBeMuxed("", time.Now()) || older.MayBeMuxed("order 7", time.Now()) {
		t.Error("a text is an id")
	}
	now, passed := time.UnixMilli(1_800_000_000_000), 0
	for id := range 100_000 {
		if older.MayBeMuxed(checkout.MuxedID(strconv.Itoa(id)), now) {
			passed++
		}
	}
	if passed < 100 || passed > 200 { // 93 of 65,536 days: about 142
		t.Errorf("%d of 100,000 numbers pass for ids", passed)
	}
}
