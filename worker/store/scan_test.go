package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
)

// catalog lists keys as KV does. Some of its pages are shorter than the limit, or empty, although
// the list continues.
type catalog struct {
	keys  []string // in order
	short func() int
	lists int
}

func (s *catalog) List(_ context.Context, prefix, cursor string, limit int) (kv.Page, error) {
	s.lists++
	first, _ := slices.BinarySearch(s.keys, max(prefix, cursor))
	end := first
	for end < len(s.keys) && strings.HasPrefix(s.keys[end], prefix) {
		end++
	}
	more := end - first
	if s.short != nil {
		limit = max(0, limit-s.short())
	}
	if more <= limit {
		return kv.Page{Keys: s.keys[first:end]}, nil
	}
	return kv.Page{Keys: s.keys[first : first+limit], Cursor: s.keys[first+limit]}, nil
}

var shop = Owner{&Merchant{ID: "mer_01kay3t4w5x6y7z8a90123456z"}, stellar.Test}

var catalogPrefix = listPrefix(shop, checkout.KindCheckout)

// listedAt returns entries with the given times of creation, newest first, and their keys.
func listedAt(times []int64) (entries []Listed, keys []string) {
	slices.Sort(times)
	for i, at := range times {
		l := Listed{Created: time.UnixMilli(at).UTC(), ID: fmt.Sprintf("chk_%026d", i)}
		if i%3 == 0 {
			l.Customer = fmt.Sprintf("cus_%026d", i%7)
		}
		entries = append(entries, l)
	}
	slices.SortFunc(entries, func(a, b Listed) int { return strings.Compare(a.Position(), b.Position()) })
	for _, l := range entries {
		keys = append(keys, listKey(shop, checkout.KindCheckout, l).name)
	}
	return entries, keys
}

// walk reads up to n entries from a scan.
func walk(t rapid.TB, s *Scan, n int) (got []Listed) {
	for len(got) < n {
		entry, ok, err := s.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return got
		}
		got = append(got, entry)
	}
	return got
}

// beside returns the entries next to the one at an index, in the order in which a scan returns
// them.
func beside(entries []Listed, at int, newer bool) []Listed {
	if !newer {
		return slices.Clone(entries[at+1:])
	}
	before := slices.Clone(entries[:at])
	slices.Reverse(before)
	return before
}

func TestScanReturnsEveryObjectInOrderFromAnyPosition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const now = 1_795_000_000_000
		since := now - rapid.SampledFrom([]int64{1e6, 1e9, 1e10, 1e11}).Draw(t, "age")
		var times []int64
		for range rapid.IntRange(1, 4).Draw(t, "bursts") {
			begin := rapid.Int64Range(since, now).Draw(t, "begin")
			length := rapid.SampledFrom([]int64{0, 5, 1000, 1e6, 1e9, 1e11}).Draw(t, "length")
			count := rapid.SampledFrom([]int{1, 40, 900, 2500}).Draw(t, "count")
			step := max(1, min(length, now-begin)/int64(count))
			for i := range int64(count) {
				times = append(times, min(begin+i*step*min(length, 1), now))
			}
		}
		entries, keys := listedAt(times)
		at := rapid.IntRange(-1, len(entries)-1).Draw(t, "at")
		newer := at >= 0 && rapid.Bool().Draw(t, "newer")
		n := rapid.SampledFrom([]int{1, 11, 101, len(entries) + 1}).Draw(t, "n")

		store := &catalog{keys: keys}
		if rapid.Bool().Draw(t, "short pages") {
			store.short = func() int { return rapid.SampledFrom([]int{0, 1, 500, 1000}).Draw(t, "short") }
		}
		from := ""
		if at >= 0 {
			from = entries[at].Position()
		}
		got := walk(t, newScan(store, catalogPrefix, from, newer, time.UnixMilli(since), n), n)
		want := beside(entries, at, newer)
		if len(got) < min(n, len(want)) {
			t.Fatalf("%d entries, want %d", len(got), min(n, len(want)))
		}
		if !slices.Equal(want[:len(got)], got) {
			t.Fatalf("(-want +got):\n%s", cmp.Diff(want[:len(got)], got))
		}
		if store.short == nil && len(keys) <= kv.MaxListKeys && store.lists != 1 && at >= 0 {
			t.Fatalf("%d list calls for %d objects", store.lists, len(keys))
		}
	})
}

// A scan must take no more calls than its doc comment says, for several shop sizes and
// distributions of orders.
func TestAScanOfManyObjectsTakesFewCalls(t *testing.T) {
	const day = int64(24 * time.Hour / time.Millisecond)
	const now = 1_795_000_000_000
	for _, shop := range []struct {
		name  string
		age   int64
		n     int64
		times func(i int64) int64
	}{
		{"100,000 in 90 days", 90 * day, 100_000, func(i int64) int64 { return now - i*90*day/100_000 }},
		{"5,000 in 90 days", 90 * day, 5000, func(i int64) int64 { return now - i*90*day/5000 }},
		{"5,000 in 2 years", 730 * day, 5000, func(i int64) int64 { return now - i*730*day/5000 }},
		{"3,000 today, 300 in two years", 730 * day, 3300, func(i int64) int64 { return now - min(i, 3000)*10_000 - max(0, i-3000)*2*day }},
		{"2,000 at once", day / 24 / 60 * 5, 2000, func(i int64) int64 { return now - i }},
		{"2,000 at once, a minute after the first", day / 24 / 60 * 5, 2001, func(i int64) int64 { return now - i - i/2000*60_000 }},
		{"3,000 once, one a day ever since", 731 * day, 3700, func(i int64) int64 { return now - min(i, 730)*day - max(0, i-730)*100 }},
	} {
		t.Run(shop.name, func(t *testing.T) {
			var times []int64
			for i := range shop.n {
				times = append(times, shop.times(i))
			}
			entries, keys := listedAt(times)
			for _, newer := range []bool{false, true} {
				worst, sum, pages := 0, 0, 0
				for at := 0; at < len(entries); at += max(1, len(entries)/150) {
					store := &catalog{keys: keys}
					got := walk(t, newScan(store, catalogPrefix, entries[at].Position(), newer, time.UnixMilli(now-shop.age), 0), 101)
					want := beside(entries, at, newer)
					got, want = got[:min(101, len(got))], want[:min(101, len(want))]
					if !slices.Equal(got, want) {
						t.Fatalf("newer %v, at %d: %d entries, want %d", newer, at, len(got), len(want))
					}
					worst, sum, pages = max(worst, store.lists), sum+store.lists, pages+1
				}
				mean := float64(sum) / float64(pages)
				t.Logf("newer %v: %.2f calls a page of 100, %d at most", newer, mean, worst)
				if mean > 4 || worst > 30 {
					t.Errorf("newer %v: %.2f calls a page, %d at most; want 4 and 30", newer, mean, worst)
				}
			}
		})
	}
}
