package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
)

const maxListKeys = kv.MaxListKeys

// openPrefix is the prefix of the index of open checkouts, which is in order of modes and of their
// deadlines.
const openPrefix = "open/"

// OpenEntry is a checkout in the index of open checkouts. It holds all that a sweep needs before it
// reads the ledger. So one list finds the active accounts and the checkouts that are due, without
// reading a value.
type OpenEntry struct {
	Due     time.Time // whole minutes, not before the checkout's deadline
	Created time.Time // whole minutes, not after its creation
	Mode    stellar.Mode
	Account stellar.Address
	ID      checkout.ID
}

// openOf returns the index entry of a checkout that ends at deadline: its expiry, or an earlier
// time if it was cancelled.
func openOf(c *checkout.Checkout, deadline time.Time) OpenEntry {
	return OpenEntry{
		Due:     deadline.Add(time.Minute - time.Nanosecond).Truncate(time.Minute),
		Created: c.CreatedAt.Truncate(time.Minute),
		Mode:    c.Mode,
		Account: c.Account,
		ID:      c.ID,
	}
}

// OpenEntries returns the entries that a checkout has in the index of open checkouts.
func OpenEntries(f *checkout.Facts) []OpenEntry {
	entries := []OpenEntry{openOf(&f.Checkout, f.Checkout.ExpiresAt)}
	if !f.CancelledBy.IsZero() {
		entries = append(entries, openOf(&f.Checkout, f.CancelledBy))
	}
	return entries
}

// OpenKey is the key of a checkout in the index of open checkouts.
func OpenKey(c *checkout.Checkout, deadline time.Time) Key { return openOf(c, deadline).key() }

// IsOpenKey reports whether a key belongs to the index of open checkouts.
func IsOpenKey(key string) bool { return strings.HasPrefix(key, openPrefix) }

// key returns the entry's key. Minutes since 1970 have eight digits until the year 2160.
func (e OpenEntry) key() Key {
	return Key{openPrefix + string(e.Mode) + "/" + padded(e.Due.Unix()/60, 8) + "/" + padded(e.Created.Unix()/60, 8) + "/" + string(e.Account) + "/" + e.ID.String()}
}

var errOpenKey = errors.New("not the key of an open checkout")

func parseOpenKey(key string) (OpenEntry, error) {
	parts := strings.Split(key, "/")
	if len(parts) != 6 {
		return OpenEntry{}, errOpenKey
	}
	due, err1 := strconv.ParseInt(parts[2], 10, 64)
	created, err2 := strconv.ParseInt(parts[3], 10, 64)
	account, err3 := stellar.ParseAddress(parts[4])
	id, err4 := checkout.ParseCheckoutID(parts[5])
	e := OpenEntry{time.Unix(due*60, 0).UTC(), time.Unix(created*60, 0).UTC(), stellar.Mode(parts[1]), account, id}
	if err := errors.Join(err1, err2, err3, err4); err != nil || e.key().name != key {
		return OpenEntry{}, errOpenKey
	}
	return e, nil
}

// first lists the first keys with a prefix, at most most of them. A page may be short, or empty,
// although more follow.
func (s Store) first(ctx context.Context, what, prefix string, most int) ([]string, error) {
	var keys []string
	for cursor, more := "", true; more && len(keys) < most; more = cursor != "" {
		page, err := s.list(ctx, what, prefix, cursor, most-len(keys))
		if err != nil {
			return nil, err
		}
		keys, cursor = append(keys, page.Keys...), page.Cursor
	}
	return keys, nil
}

// Open lists open checkouts of a mode by deadline, at most a thousand at a time; without a mode, of
// one mode after the other. The cursor continues the list; it is empty at the beginning and after
// the last page.
func (s Store) Open(ctx context.Context, mode stellar.Mode, cursor string) (entries []OpenEntry, next string, err error) {
	prefix := openPrefix
	if mode != "" {
		prefix += string(mode) + "/"
	}
	page, err := s.list(ctx, "open checkouts", prefix, cursor, maxListKeys)
	if err != nil {
		return nil, "", err
	}
	for _, key := range page.Keys {
		e, err := parseOpenKey(key)
		if err != nil {
			return nil, "", fmt.Errorf("%q: %w", key, err)
		}
		entries = append(entries, e)
	}
	return entries, page.Cursor, nil
}

// PutOpen puts checkouts back into the index of open checkouts, in case they are missing. The
// entries equal those that [Checkouts.Create] wrote.
func (s Store) PutOpen(ctx context.Context, open ...*checkout.Facts) error {
	if len(open) == 0 {
		return nil
	}
	entries := make([]entry, len(open))
	for i, f := range open {
		entries[i] = entry{key: OpenKey(&f.Checkout, f.Deadline()), expiresAt: f.Checkout.ExpiresAt.Add(KeepAfterExpiry), derived: true}
	}
	return s.put(ctx, "open checkouts", entries...)
}

// Postpone puts a checkout that has ended into the index of open checkouts once more, so that it
// falls due at another time.
func (s Store) Postpone(ctx context.Context, e OpenEntry, due time.Time) error {
	e.Due = due.Add(time.Minute - time.Nanosecond).Truncate(time.Minute)
	return s.put(ctx, "a postponed checkout", entry{key: e.key(), expiresAt: e.Due.Add(KeepAfterExpiry), derived: true})
}

// DeleteOpen removes entries from the index of open checkouts.
func (s Store) DeleteOpen(ctx context.Context, entries ...OpenEntry) error {
	keys := make([]Key, len(entries))
	for i, e := range entries {
		keys[i] = e.key()
	}
	return s.delete(ctx, "open checkouts", keys...)
}
