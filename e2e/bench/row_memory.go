package main

import (
	"context"
	"fmt"
	"time"

	"edgecheckout/e2e/workerd"
	"edgecheckout/worker/kv"
)

var memoryRow = row{
	name: "memory", unit: "MB", aim: "at most 100 MB", fewer: true,
	what: "what V8 holds for the isolate, at its highest while 8 requests (retrieve) are under way: objects, buffers, and the " +
		"memories of living WebAssembly instances in full size; asked of V8's inspector",
	begin: func(ctx context.Context, b *bench) error { return b.sessions(ctx, 100) },
	measure: func(ctx context.Context, b *bench, p *peer) (float64, error) {
		fresh, err := b.debuggable(ctx, p)
		if err != nil {
			return 0, err
		}
		defer fresh.Stop()
		v8, err := fresh.Inspect(ctx, "worker")
		if err != nil {
			return 0, err
		}
		defer v8.Close()
		load := &peer{load: newGenerator(fresh.Address, connections)}
		done := make(chan error, 1)
		go func() {
			_, err := retrieveRow.load(ctx, b, load)
			done <- err
		}()
		var highest workerd.Heap
		for {
			now, err := v8.Heap()
			if err != nil {
				return 0, fmt.Errorf("asking for the heap: %w", err)
			}
			if now.Total() > highest.Total() {
				highest = now
			}
			select {
			case err := <-done:
				return highest.Total() / 1e6, err
			case <-time.After(100 * time.Millisecond):
			}
		}
	},
}

// debuggable starts a workerd of its own for a peer, with this round's sessions in its KV.
func (b *bench) debuggable(ctx context.Context, p *peer) (*workerd.Process, error) {
	values, err := p.process.Store.Values(ctx)
	if err != nil {
		return nil, err
	}
	another := *p
	another.config.Inspect = true
	fresh, err := another.start(ctx, b.world)
	if err != nil {
		return nil, err
	}
	if err := fresh.Store.Put(ctx, entriesOf(values)...); err != nil {
		fresh.Stop()
		return nil, err
	}
	return fresh, nil
}

// entriesOf is values as the store takes them, without their expiry.
func entriesOf(values map[string]string) []kv.Entry {
	entries := make([]kv.Entry, 0, len(values))
	for key, value := range values {
		entries = append(entries, kv.Entry{Key: key, Value: []byte(value)})
	}
	return entries
}
