// Package kv defines what the service needs of a key-value store.
//
// It promises what Cloudflare KV does
// (https://developers.cloudflare.com/kv/concepts/how-kv-works/): a write is visible at once only
// where it was made. Elsewhere, a reader may see the previous value for about a minute, or none,
// because misses are cached too. There are no transactions and no compare-and-swap: the last of two
// writers of a key wins. A key accepts one write a second.
package kv

import (
	"context"
	"errors"
	"time"
)

// Limits of Cloudflare KV (https://developers.cloudflare.com/kv/platform/limits/).
const (
	MaxKeyBytes   = 512
	MaxListKeys   = 1000
	MinTTL        = 60 * time.Second // the least time from a write to its expiration
	MaxValueBytes = 25 << 20
	WriteInterval = time.Second // between two writes of one key
)

// Values of keys that begin with BriefPrefix are cached elsewhere for BriefStaleness, which is the
// least that KV allows, instead of a minute.
const (
	BriefPrefix    = "apikey/"
	BriefStaleness = 30 * time.Second
)

// ErrValue reports a value that is not UTF-8.
var ErrValue = errors.New("kv: value is not UTF-8")

// ErrKey reports a key that the store cannot hold: empty, ".", "..", or longer than [MaxKeyBytes].
var ErrKey = errors.New("kv: key is empty, reserved or too long")

// Entry is a value to store under a key.
type Entry struct {
	Key   string
	Value []byte // UTF-8; a store may refuse or corrupt anything else
	// ExpiresAt is when the store deletes the entry; zero means never. If it is less than [MinTTL]
	// from now, the store uses MinTTL.
	ExpiresAt time.Time
	// Derived says that all writers of this key write equivalent values at about the same time, so
	// one of the writes is enough.
	Derived bool
}

// Page is a result of [Store.List]: at most [MaxListKeys] keys in byte order.
type Page struct {
	Keys []string
	// Cursor continues the list; it is empty on the last page.
	Cursor string
}

// Query asks for the first page of a list: see [Store.List].
type Query struct {
	Prefix string
	Limit  int
}

// Reader is a [Store] that can read keys and lists at the same time.
type Reader interface {
	// Read is a Get of keys and a List of each query.
	Read(ctx context.Context, keys []string, queries []Query) ([][]byte, []Page, error)
}

// Read reads keys and lists: at the same time if the store is a [Reader], otherwise one after the
// other.
func Read(ctx context.Context, s Store, keys []string, queries []Query) (values [][]byte, pages []Page, err error) {
	if r, ok := s.(Reader); ok && len(queries) > 0 {
		return r.Read(ctx, keys, queries)
	}
	if len(keys) > 0 {
		if values, err = s.Get(ctx, keys...); err != nil {
			return nil, nil, err
		}
	}
	for _, q := range queries {
		page, err := s.List(ctx, q.Prefix, "", q.Limit)
		if err != nil {
			return nil, nil, err
		}
		pages = append(pages, page)
	}
	return values, pages, nil
}

// Store is one namespace. Any method may fail because of the network, and a failed write may have
// been stored all the same. So callers write only what may be written twice.
type Store interface {
	// Get reads all keys concurrently and returns their values in the order of the keys. The value
	// of a key that is missing, expired or not yet visible here is nil. An empty value is not nil.
	Get(ctx context.Context, keys ...string) ([][]byte, error)

	// Put stores all entries concurrently, in no particular order, and returns when all are stored.
	// If it fails, any of them may have been stored. KV refuses a key that was written less than
	// [WriteInterval] ago; Put then waits and tries again, unless the entry is Derived and the
	// other write is visible here.
	Put(ctx context.Context, entries ...Entry) error

	// Delete deletes all keys concurrently. Deleting a key that does not exist is not an error.
	Delete(ctx context.Context, keys ...string) error

	// List returns keys that begin with prefix, in byte order, at most limit of them (1 to
	// [MaxListKeys]). It is as stale as a read.
	List(ctx context.Context, prefix, cursor string, limit int) (Page, error)
}
