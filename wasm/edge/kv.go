//go:build js && wasm

package edge

import (
	"context"
	"fmt"
	"time"

	"edgecheckout/worker/kv"
)

// Store is the namespace that is bound to the Worker as KV. Whatever the number of keys, a method crosses to JavaScript
// once.
type Store struct{}

var _ kv.Store = Store{}

// Get implements kv.Store.
func (Store) Get(ctx context.Context, keys ...string) ([][]byte, error) {
	if len(keys) == 0 {
		return [][]byte{}, nil
	}
	if err := checkKeys(keys...); err != nil {
		return nil, err
	}
	request := newMessage().add("kv.get")
	for _, key := range keys {
		request = request.add(key)
	}
	return ask(ctx, request)
}

// Put implements kv.Store.
func (Store) Put(ctx context.Context, entries ...kv.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	// One more second covers what passes until KV looks at its own clock.
	soonest := Now().Add(kv.MinTTL + time.Second)
	request := newMessage().add("kv.put")
	for _, entry := range entries {
		if err := checkKeys(entry.Key); err != nil {
			return err
		}
		expiration := int64(0)
		if !entry.ExpiresAt.IsZero() {
			expiresAt := entry.ExpiresAt
			if expiresAt.Before(soonest) {
				expiresAt = soonest
			}
			// KV counts in whole seconds; rounding up keeps an entry no shorter than asked.
			expiration = expiresAt.Add(time.Second - time.Nanosecond).Unix()
		}
		request = request.add(entry.Key).addBytes(entry.Value).add(decimal(expiration))
	}
	_, err := ask(ctx, request)
	return err
}

// Delete implements kv.Store.
func (Store) Delete(ctx context.Context, keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	if err := checkKeys(keys...); err != nil {
		return err
	}
	request := pack("kv.delete")
	for _, key := range keys {
		request = request.add(key)
	}
	_, err := ask(ctx, request)
	return err
}

// List implements kv.Store.
func (Store) List(ctx context.Context, prefix, cursor string, limit int) (kv.Page, error) {
	fields, err := ask(ctx, pack("kv.list", prefix, cursor, decimal(min(max(limit, 1), kv.MaxListKeys))))
	if err != nil {
		return kv.Page{}, err
	}
	page := kv.Page{Cursor: string(fields[0]), Keys: make([]string, 0, len(fields)-1)}
	for _, key := range fields[1:] {
		page.Keys = append(page.Keys, string(key))
	}
	return page, nil
}

func checkKeys(keys ...string) error {
	for _, key := range keys {
		if key == "" || key == "." || key == ".." || len(key) > kv.MaxKeyBytes {
			return fmt.Errorf("%w: %q", kv.ErrKey, key)
		}
	}
	return nil
}
