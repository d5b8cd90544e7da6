// Package kv states what the service asks of its key-value store.
//
// The promise is that of Cloudflare KV (https://developers.cloudflare.com/kv/concepts/how-kv-works/): a write is
// visible at once only where it was made; elsewhere a reader may see the previous value, or still miss the key,
// for about a minute, because a miss is cached as well. There are no transactions and no compare-and-swap: of two
// writers of one key the last one wins. A key takes one write a second.
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
	MinTTL        = 60 * time.Second // an expiration must lie at least this far ahead
	MaxValueBytes = 25 << 20
	WriteInterval = time.Second // between two writes of one key
)

// ErrValue reports a value that is not UTF-8.
var ErrValue = errors.New("kv: value is not UTF-8")

// ErrKey reports a key that the store cannot hold: empty, ".", "..", or longer than MaxKeyBytes.
var ErrKey = errors.New("kv: key is empty, reserved or too long")

// Entry is a value to store under a key.
type Entry struct {
	Key   string
	Value []byte // text in UTF-8; a store may refuse what is not, or spoil it
	// ExpiresAt is when the store forgets the entry; zero means never. A time closer than MinTTL is stored as
	// MinTTL from now.
	ExpiresAt time.Time
	// Derived says that whoever writes this key at about the same time means the same by it, so that one of the writes is enough.
	Derived bool
}

// Page is one answer of List: at most MaxListKeys names in byte order.
type Page struct {
	Keys []string
	// Cursor continues the list; it is empty after the last page.
	Cursor string
}

// Store is one namespace. Every method may fail for reasons of the network, and a failed write may all the same
// have been stored. Callers therefore write only what they could write again.
type Store interface {
	// Get reads all keys at the same time and returns their values in the order of the keys; a key that is
	// missing, expired or not yet visible here is nil. An empty value is not nil.
	Get(ctx context.Context, keys ...string) ([][]byte, error)

	// Put stores all entries at the same time, in no particular order, and returns when all are stored. If it
	// fails, any of them may have been stored. A key that was written less than WriteInterval ago is refused by KV; such
	// an entry waits and is tried again, unless it is Derived and the other write is visible here.
	Put(ctx context.Context, entries ...Entry) error

	// Delete removes all keys at the same time. Removing a key that does not exist is no error.
	Delete(ctx context.Context, keys ...string) error

	// List names the keys that begin with prefix, in byte order, at most limit of them (1 to MaxListKeys). It is
	// as stale as a read.
	List(ctx context.Context, prefix, cursor string, limit int) (Page, error)
}
