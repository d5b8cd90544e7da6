//go:build js && wasm

package edge

import (
	"context"
	"fmt"
	"strings"
	"time"

	"edgecheckout/worker/kv"
)

// Store is the KV namespace that is bound to the Worker as KV. Each method calls JavaScript once,
// whatever the number of keys.
type Store struct{}

var (
	_ kv.Store  = Store{}
	_ kv.Reader = Store{}
)

// Get implements [kv.Store].
func (Store) Get(ctx context.Context, keys ...string) ([][]byte, error) {
	if len(keys) == 0 {
		return [][]byte{}, nil
	}
	if err := checkKeys(keys...); err != nil {
		return nil, err
	}
	request := say("kv.get")
	for _, key := range keys {
		request = request.line(key)
	}
	_, values, err := ask(ctx, request)
	return values, err
}

// Put implements [kv.Store].
func (Store) Put(ctx context.Context, entries ...kv.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	request := say("kv.put")
	for _, entry := range entries {
		if err := checkKeys(entry.Key); err != nil {
			return err
		}
		expiration := int64(0)
		if !entry.ExpiresAt.IsZero() {
			// KV counts in whole seconds. Rounding up never shortens an entry's life.
			expiration = max(entry.ExpiresAt.Add(time.Second-time.Nanosecond).Unix(), 1)
		}
		derived := ""
		if entry.Derived {
			derived = "derived"
		}
		request = request.line(entry.Key).line(decimal(expiration)).line(derived)
	}
	for _, entry := range entries {
		request = request.add(entry.Value)
	}
	_, _, err := ask(ctx, request)
	return err
}

// Delete implements [kv.Store].
func (Store) Delete(ctx context.Context, keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	if err := checkKeys(keys...); err != nil {
		return err
	}
	request := say("kv.delete")
	for _, key := range keys {
		request = request.line(key)
	}
	_, _, err := ask(ctx, request)
	return err
}

// List implements [kv.Store].
func (Store) List(ctx context.Context, prefix, cursor string, limit int) (kv.Page, error) {
	said, _, err := ask(ctx, say("kv.list", prefix, cursor, listLimit(limit)))
	if err != nil {
		return kv.Page{}, err
	}
	return readPage(strings.Clone(said)), nil
}

// Read implements [kv.Reader].
func (Store) Read(ctx context.Context, keys []string, queries []kv.Query) ([][]byte, []kv.Page, error) {
	if err := checkKeys(keys...); err != nil {
		return nil, nil, err
	}
	request := say("kv.read", decimal(len(queries)))
	for _, q := range queries {
		request = request.line(q.Prefix).line(listLimit(q.Limit))
	}
	for _, key := range keys {
		request = request.line(key)
	}
	_, fields, err := ask(ctx, request)
	if err != nil {
		return nil, nil, err
	}
	pages := make([]kv.Page, len(queries))
	for i := range pages {
		pages[i] = readPage(string(fields[i]))
	}
	return fields[len(queries):], pages, nil
}

func listLimit(limit int) string { return decimal(min(max(limit, 1), kv.MaxListKeys)) }

// readPage reads a page: its cursor and its keys, each a line.
func readPage(said string) kv.Page {
	page := kv.Page{Keys: make([]string, 0, strings.Count(said, "\n"))}
	page.Cursor, said, _ = strings.Cut(said, "\n")
	for said != "" {
		var key string
		key, said, _ = strings.Cut(said, "\n")
		page.Keys = append(page.Keys, key)
	}
	return page
}

func checkKeys(keys ...string) error {
	for _, key := range keys {
		// A line break would split the key in two (see say).
		if key == "" || key == "." || key == ".." || len(key) > kv.MaxKeyBytes || strings.IndexByte(key, '\n') >= 0 {
			return fmt.Errorf("%w: %q", kv.ErrKey, key)
		}
	}
	return nil
}
