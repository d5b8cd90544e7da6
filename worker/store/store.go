// Package store is the only package that knows the keys and records in KV: which keys exist, what
// is stored under them, when it expires, and which writers may race. Callers ask for checkouts,
// customers and cursors by name.
//
// Everything here has the consistency that [kv] promises: a read may be a minute stale, a miss
// included, and the last of two writers wins. So objects that only this service makes are written
// once, and ids are derived where two writers could race, who then write the same bytes. Errors say
// what was being done.
package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"edgecheckout/worker/kv"
)

// Key is the name of a value in KV. Only this package makes keys.
type Key struct{ name string }

// String returns the key as KV has it.
func (k Key) String() string { return k.name }

// Store is the service's namespace in KV. It is safe for concurrent use.
type Store struct{ kv kv.Store }

// New returns the store in a namespace.
func New(namespace kv.Store) Store { return Store{namespace} }

// entry is a value to store; see [kv.Entry].
type entry struct {
	key       Key
	value     []byte
	expiresAt time.Time // zero: never
	derived   bool
}

func (s Store) get(ctx context.Context, what string, keys ...Key) ([][]byte, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	if a := aheadOf(ctx); a != nil {
		if values, ok := a.find(keys); ok {
			return values, nil
		}
		if also, lists := a.also, a.alsoLists; len(also)+len(lists) > 0 {
			a.also, a.alsoLists = nil, nil
			if err := a.read(ctx, s, what, append(also, keys...), lists); err != nil {
				return nil, err
			}
			values, _ := a.find(keys)
			return values, nil
		}
	}
	values, err := s.kv.Get(ctx, namesOf(keys)...)
	return values, wrap("reading", what, err)
}

func namesOf(keys []Key) []string {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = key.name
	}
	return names
}

func (s Store) list(ctx context.Context, what, prefix, cursor string, limit int) (kv.Page, error) {
	if a := aheadOf(ctx); a != nil && cursor == "" {
		if page, ok := a.page(kv.Query{Prefix: prefix, Limit: limit}); ok {
			return page, nil
		}
	}
	page, err := s.kv.List(ctx, prefix, cursor, limit)
	return page, wrap("listing", what, err)
}

func (s Store) put(ctx context.Context, what string, entries ...entry) error {
	aheadOf(ctx).forget()
	stored := make([]kv.Entry, len(entries))
	for i, e := range entries {
		stored[i] = kv.Entry{Key: e.key.name, Value: e.value, ExpiresAt: e.expiresAt, Derived: e.derived}
	}
	return wrap("writing", what, s.kv.Put(ctx, stored...))
}

func (s Store) delete(ctx context.Context, what string, keys ...Key) error {
	aheadOf(ctx).forget()
	return wrap("deleting", what, s.kv.Delete(ctx, namesOf(keys)...))
}

func wrap(doing, what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", doing, what, err)
}

// hash returns the SHA-256 of a string in hexadecimal.
func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
