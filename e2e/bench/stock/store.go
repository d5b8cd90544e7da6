//go:build js && wasm

package main

import (
	"bytes"
	"context"
	"sync"
	"time"

	cfkv "github.com/syumai/workers/cloudflare/kv"

	"edgecheckout/worker/kv"
)

// store is a namespace through the package's own binding, one call a key, all keys at the same
// time.
type store struct{ namespace *cfkv.Namespace }

func newStore(binding string) (store, error) {
	namespace, err := cfkv.NewNamespace(binding)
	return store{namespace}, err
}

// absent is what the package returns for a key that is not there. No record of the service is
// written like that.
const absent = "<null>"

// Get implements kv.Store.
func (s store) Get(_ context.Context, keys ...string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	return values, each(len(keys), func(i int) error {
		value, err := s.namespace.GetString(keys[i], nil)
		if err == nil && value != absent {
			values[i] = []byte(value)
		}
		return err
	})
}

// Put implements kv.Store.
func (s store) Put(_ context.Context, entries ...kv.Entry) error {
	return each(len(entries), func(i int) error {
		var options *cfkv.PutOptions
		if at := entries[i].ExpiresAt; !at.IsZero() {
			if soonest := time.Now().Add(kv.MinTTL + time.Second); at.Before(soonest) {
				at = soonest
			}
			options = &cfkv.PutOptions{Expiration: int(at.Unix())}
		}
		return s.namespace.PutReader(entries[i].Key, bytes.NewReader(entries[i].Value), options)
	})
}

// Delete implements kv.Store.
func (s store) Delete(_ context.Context, keys ...string) error {
	return each(len(keys), func(i int) error { return s.namespace.Delete(keys[i]) })
}

// List implements kv.Store.
func (s store) List(_ context.Context, prefix, cursor string, limit int) (kv.Page, error) {
	result, err := s.namespace.List(&cfkv.ListOptions{Prefix: prefix, Cursor: cursor, Limit: limit})
	if err != nil {
		return kv.Page{}, err
	}
	page := kv.Page{}
	if !result.ListComplete {
		page.Cursor = result.Cursor
	}
	for _, key := range result.Keys {
		page.Keys = append(page.Keys, key.Name)
	}
	return page, nil
}

// each calls do for 0 to n-1 at the same time and returns the first error by number.
func each(n int, do func(i int) error) error {
	errs := make([]error, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() { errs[i] = do(i) })
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
