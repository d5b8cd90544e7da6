// Package store is the one room that knows KV: which keys there are, what stands under them, when it expires, and
// who may race whom. Callers ask for checkouts, customers and cursors by name.
//
// What [kv] promises holds for everything here: a read can be a minute old, a miss included, and of two writers the
// last one wins. Objects that only this service makes are therefore written once; their ids are derived where two
// writers could race, who then write the same bytes. Errors say what was being done.
package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"edgecheckout/worker/kv"
)

// Key names a value in KV. Only this package makes keys.
type Key struct{ name string }

// String is the key as KV has it.
func (k Key) String() string { return k.name }

// Store is the service's namespace in KV. It is safe for concurrent use.
type Store struct{ kv kv.Store }

// New returns the store that lives in a namespace.
func New(namespace kv.Store) Store { return Store{namespace} }

// entry is a value to store. See [kv.Entry].
type entry struct {
	key       Key
	value     []byte
	expiresAt time.Time // zero: never
	derived   bool
}

func (s Store) get(ctx context.Context, what string, keys ...Key) ([][]byte, error) {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = key.name
	}
	values, err := s.kv.Get(ctx, names...)
	return values, wrap("reading", what, err)
}

func (s Store) put(ctx context.Context, what string, entries ...entry) error {
	stored := make([]kv.Entry, len(entries))
	for i, e := range entries {
		stored[i] = kv.Entry{Key: e.key.name, Value: e.value, ExpiresAt: e.expiresAt, Derived: e.derived}
	}
	return wrap("writing", what, s.kv.Put(ctx, stored...))
}

func (s Store) delete(ctx context.Context, what string, keys ...Key) error {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = key.name
	}
	return wrap("deleting", what, s.kv.Delete(ctx, names...))
}

func wrap(doing, what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", doing, what, err)
}

// hash is the SHA-256 of a string in hexadecimal.
func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
