package store

import (
	"context"

	"edgecheckout/worker/kv"
)

// View is the store as one request sees it. A request spends most of its time waiting: reading a
// key takes 10 to 15 ms if it is cached nearby and 60 to 120 ms if not, a write takes 100 to 200
// ms. So a request fetches what it will need in one trip and writes in at most two.
// docs/performance.md lists the trips of each route.
type View struct {
	store Store
	ahead Ahead

	// Indexes are written before records, so every record that can be found has its entries in the
	// indexes. That also holds for a retry after a request that failed half way.
	indexes, records []entry
}

// View returns a view for one request. It is not safe for concurrent use.
func (s Store) View() *View { return &View{store: s} }

// Fetch reads keys in one trip. Later reads of these keys need no trip.
func (v *View) Fetch(ctx context.Context, keys ...Key) error { return v.FetchLists(ctx, nil, keys...) }

// FetchLists reads the first pages of lists, and keys, in one trip.
func (v *View) FetchLists(ctx context.Context, lists []kv.Query, keys ...Key) error {
	if len(keys)+len(lists) == 0 {
		return nil
	}
	v.ahead.forget()
	return v.ahead.read(ctx, v.store, "what the request names", keys, lists)
}

// With returns a context in which the store tells what the view has fetched, until something is
// written.
func (v *View) With(ctx context.Context) context.Context {
	return context.WithValue(ctx, aheadKey{}, &v.ahead)
}

func (v *View) get(ctx context.Context, what string, keys ...Key) ([][]byte, error) {
	if values, ok := v.ahead.find(keys); ok {
		return values, nil
	}
	return v.store.get(ctx, what, keys...)
}

// List is [kv.Store.List] of what the view may have fetched.
func (v *View) List(ctx context.Context, prefix, cursor string, limit int) (kv.Page, error) {
	if page, ok := v.ahead.page(kv.Query{Prefix: prefix, Limit: limit}); ok && cursor == "" {
		return page, nil
	}
	return v.store.list(ctx, prefix, prefix, cursor, limit)
}

// view reads one record and reports whether it exists.
func view[T any](ctx context.Context, v *View, what string, key Key) (record T, ok bool, err error) {
	values, err := v.get(ctx, what, key)
	if err != nil {
		return record, false, err
	}
	return Decode[T](values[0])
}

// CommitNew is Commit for a request that makes an object. Without an Idempotency-Key it takes one
// trip: if that fails, nobody knows the id of what may have been stored, so it does not matter
// whether it can be found.
func (v *View) CommitNew(ctx context.Context, i *Idempotency) error {
	if i.Key == "" {
		v.records = append(v.indexes, v.records...)
		v.indexes = nil
	}
	return v.Commit(ctx)
}

// Commit writes what was added to the view, in two trips at most. If it fails, any part may have
// been written; it may be repeated.
func (v *View) Commit(ctx context.Context) error {
	for _, entries := range [][]entry{v.indexes, v.records} {
		if len(entries) == 0 {
			continue
		}
		if err := v.store.put(ctx, "what the request makes", entries...); err != nil {
			return err
		}
	}
	v.indexes, v.records = nil, nil
	return nil
}
