package store

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"edgecheckout/worker/checkout"
)

// listPrefix is the prefix of the index of an owner's objects of one kind, newest first.
func listPrefix(o Owner, kind checkout.Kind) string {
	return "by-merchant/" + o.Merchant.ID + "/" + string(o.Mode) + "/" + strings.TrimSuffix(string(kind), "_") + "/"
}

// maxMillis is the latest time that an index can hold, in the year 2286.
const maxMillis = 9_999_999_999_999

// Listed is an entry in the index of an owner's objects of one kind. It is stored entirely in the
// key, so a list call is enough to choose from the entries.
type Listed struct {
	Created  time.Time // in whole milliseconds
	ID       string
	Customer string // the customer of a checkout, or the payment of a refund; empty if it has none, and for other kinds
}

// timeDigits is the number of digits of the time at the beginning of a position. Everything created
// within 10^(timeDigits-n) milliseconds shares a prefix of n digits.
const timeDigits = 13

// complement returns the time in milliseconds as an index stores it: smaller is newer, because KV
// lists only in ascending byte order. A time that does not fit [timeDigits] becomes the nearest one
// that does.
func complement(t time.Time) int64 { return min(max(maxMillis-t.UnixMilli(), 0), maxMillis) }

// Position is the entry's place in its index. No position is a prefix of another.
func (l Listed) Position() string {
	return padded(complement(l.Created), timeDigits) + "/" + l.ID
}

func listKey(o Owner, kind checkout.Kind, l Listed) Key {
	key := listPrefix(o, kind) + l.Position()
	if l.Customer != "" {
		key += "/" + l.Customer
	}
	return Key{key}
}

var errListKey = errors.New("not the key of a listed object")

func parseListKey(key string) (Listed, error) {
	parts := strings.Split(key, "/")
	if len(parts) < 6 || len(parts) > 7 || len(parts[4]) != timeDigits {
		return Listed{}, errListKey
	}
	complement, err := strconv.ParseUint(parts[4], 10, 63)
	if err != nil {
		return Listed{}, errListKey
	}
	l := Listed{Created: time.UnixMilli(maxMillis - int64(complement)).UTC(), ID: parts[5]}
	if len(parts) == 7 {
		l.Customer = parts[6]
	}
	return l, nil
}

// list adds an entry to the index of an owner's objects of one kind.
func (v *View) list(o Owner, kind checkout.Kind, l Listed, expiresAt time.Time) {
	v.indexes = append(v.indexes, entry{key: listKey(o, kind, l), expiresAt: expiresAt, derived: true})
}

// listed reads the records of entries; nil for one that is missing or does not match its entry.
func listed[T any](ctx context.Context, v *View, what string, entries []Listed, key func(id string) Key, fits func(Listed, *T) bool) ([]*T, error) {
	keys := make([]Key, len(entries))
	for i, e := range entries {
		keys[i] = key(e.ID)
	}
	values, err := v.store.get(ctx, what, keys...)
	if err != nil {
		return nil, err
	}
	records := make([]*T, len(entries))
	for i, value := range values {
		record, ok, err := Decode[T](value)
		if err != nil {
			return nil, err
		}
		if ok && fits(entries[i], &record) {
			records[i] = &record
		}
	}
	return records, nil
}

// padded writes a non-negative number with at least that many digits.
func padded(n int64, digits int) string {
	s := strconv.FormatInt(n, 10)
	return "0000000000000"[:max(digits-len(s), 0)] + s
}
