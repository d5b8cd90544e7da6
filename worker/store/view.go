package store

import (
	"context"
	"slices"
)

// View is the store as one request sees it. A request spends most of its time waiting: reading a
// key takes 10 to 15 ms if it is cached nearby and 60 to 120 ms if not, a write takes 100 to 200
// ms. So a request fetches what it will need in one trip and writes in at most two.
// docs/performance.md lists the trips of each route.
type View struct {
	store  Store
	keys   []Key // what was fetched
	values [][]byte

	// Indexes are written before records, so every record that can be found has its entries in the
	// indexes. That also holds for a retry after a request that failed half way.
	indexes, records []entry
}

// View returns a view for one request. It is not safe for concurrent use.
func (s Store) View() *View { return &View{store: s} }

// Fetch reads keys in one trip. Later reads of these keys need no trip.
func (v *View) Fetch(ctx context.Context, keys ...Key) error {
	if len(keys) == 0 {
		return nil
	}
	values, err := v.store.get(ctx, "what the request names", keys...)
	v.keys, v.values = keys, values
	return err
}

// fetched reports whether a key was fetched.
func (v *View) fetched(key Key) bool { return slices.Contains(v.keys, key) }

func (v *View) get(ctx context.Context, what string, keys ...Key) ([][]byte, error) {
	values := make([][]byte, len(keys))
	for i, key := range keys {
		at := slices.Index(v.keys, key)
		if at < 0 {
			return v.store.get(ctx, what, keys...)
		}
		values[i] = v.values[at]
	}
	return values, nil
}

// view reads one record and reports whether it exists.
func view[T any](ctx context.Context, v *View, what string, key Key) (record T, ok bool, err error) {
	values, err := v.get(ctx, what, key)
	if err != nil {
		return record, false, err
	}
	return Decode[T](values[0])
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
