package store

import (
	"context"
	"slices"
)

// View is the store as one request sees it. What a request costs is mostly waiting: a key that is near takes 10 to
// 15 ms, one that is missing or far 60 to 120, a write 100 to 200. So a request fetches what it will ask for in one
// trip, and what it writes leaves in two at most. docs/performance.md has the trips of each route.
type View struct {
	store  Store
	keys   []Key // what was fetched
	values [][]byte

	// Whoever finds a record can rely on the entries that lead to it, such as a retry after a request that died half
	// way: they are written first.
	indexes, records []entry
}

// View returns a view on behalf of a request. It is not safe for concurrent use.
func (s Store) View() *View { return &View{store: s} }

// Fetch reads keys in one trip. What is asked for later, among them, costs no other.
func (v *View) Fetch(ctx context.Context, keys ...Key) error {
	if len(keys) == 0 {
		return nil
	}
	values, err := v.store.get(ctx, "what the request names", keys...)
	v.keys, v.values = keys, values
	return err
}

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

// view reads one record, and reports whether it is there.
func view[T any](ctx context.Context, v *View, what string, key Key) (record T, ok bool, err error) {
	values, err := v.get(ctx, what, key)
	if err != nil {
		return record, false, err
	}
	return Decode[T](values[0])
}

// Commit writes what was added to the view, in two trips at most. If it fails, any part may have been written; it may be
// repeated.
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
