package worker

import (
	"slices"

	"edgecheckout/worker/kv"
	"edgecheckout/worker/store"
)

// What a request costs is mostly waiting: a key that is near takes 10 to 15 ms, one that is missing or
// far 60 to 120, a write 100 to 200. So a handler says at once what it will read, and writes
// together what need not stand in an order. docs/performance.md has the trips of each route.

// prefetch reads keys in one trip, for whoever asks for them while the request is served.
func (c *call) prefetch(keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	values, err := c.platform.Store.Get(c.ctx, keys...)
	c.fetched.keys, c.fetched.values = keys, values
	return err
}

// fetched is what was read before it was asked for.
type fetched struct {
	keys   []string
	values [][]byte
}

// read returns the values of keys, without a trip if all of them were fetched before.
func (c *call) read(keys ...string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	for i, key := range keys {
		at := slices.Index(c.fetched.keys, key)
		if at < 0 {
			return c.platform.Store.Get(c.ctx, keys...)
		}
		values[i] = c.fetched.values[at]
	}
	return values, nil
}

// get reads one record.
func get[T any](c *call, key string) (v T, ok bool, err error) {
	values, err := c.read(key)
	if err != nil {
		return v, false, err
	}
	return store.Decode[T](values[0])
}

// writes are entries to store. Whoever finds a record can rely on the indexes that lead to it, such as
// a retry after a request that died half way: they are written first.
type writes struct {
	indexes, records []kv.Entry
}

// store writes what there is to write, in two trips at most.
func (c *call) store(w writes) error {
	for _, entries := range [][]kv.Entry{w.indexes, w.records} {
		if len(entries) == 0 {
			continue
		}
		if err := c.platform.Store.Put(c.ctx, entries...); err != nil {
			return err
		}
	}
	return nil
}
