package store

import (
	"context"
	"slices"

	"edgecheckout/worker/kv"
)

// Ahead is what a request has read of the store before it is asked for, so that what lies in
// different places takes one trip. It is not safe for concurrent use.
type Ahead struct {
	keys    []Key
	values  [][]byte
	queries []kv.Query
	pages   []kv.Page
	// These are read together with what is asked for next.
	also      []Key
	alsoLists []kv.Query
}

type aheadKey struct{}

func aheadOf(ctx context.Context) *Ahead {
	a, _ := ctx.Value(aheadKey{}).(*Ahead)
	return a
}

// Also has keys read together with whatever is asked for next in a context of [View.With]. In others
// it does nothing.
func Also(ctx context.Context, keys ...Key) { AlsoLists(ctx, nil, keys...) }

// AlsoLists is Also for the first pages of lists, and keys.
func AlsoLists(ctx context.Context, lists []kv.Query, keys ...Key) {
	if a := aheadOf(ctx); a != nil {
		a.also, a.alsoLists = append(a.also, keys...), append(a.alsoLists, lists...)
	}
}

// read reads keys and pages in one trip.
func (a *Ahead) read(ctx context.Context, s Store, what string, keys []Key, queries []kv.Query) error {
	values, pages, err := kv.Read(ctx, s.kv, namesOf(keys), queries)
	if err != nil {
		return wrap("reading", what, err)
	}
	a.keys, a.values = append(a.keys, keys...), append(a.values, values...)
	a.queries, a.pages = append(a.queries, queries...), append(a.pages, pages...)
	return nil
}

// has reports whether a key was read.
func (a *Ahead) has(key Key) bool { return slices.Contains(a.keys, key) }

// find returns the values of keys if all of them were read.
func (a *Ahead) find(keys []Key) ([][]byte, bool) {
	values := make([][]byte, len(keys))
	for i, key := range keys {
		at := slices.Index(a.keys, key)
		if at < 0 {
			return nil, false
		}
		values[i] = a.values[at]
	}
	return values, true
}

// page returns the first page of a list if it was read.
func (a *Ahead) page(q kv.Query) (kv.Page, bool) {
	at := slices.Index(a.queries, q)
	if at < 0 {
		return kv.Page{}, false
	}
	return a.pages[at], true
}

// forget is called when something is written.
func (a *Ahead) forget() {
	if a != nil {
		*a = Ahead{}
	}
}
