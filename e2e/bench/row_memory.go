package main

import (
	"context"
	"fmt"
	"time"
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
		defer fresh.stop()
		v8, err := inspect(ctx, fresh.debug, "peer")
		if err != nil {
			return 0, err
		}
		defer v8.close()
		load := &peer{load: newGenerator(fresh.peer)}
		done := make(chan error, 1)
		go func() {
			_, err := b.retrieve(ctx, load, 2*b.length)
			done <- err
		}()
		var highest heap
		for {
			now, err := v8.heap()
			if err != nil {
				return 0, fmt.Errorf("asking for the heap: %w", err)
			}
			if now.total() > highest.total() {
				highest = now
			}
			select {
			case err := <-done:
				return highest.total(), err
			case <-time.After(100 * time.Millisecond):
			}
		}
	},
}

// debuggable starts a workerd of its own for a peer, with this round's sessions in its KV.
func (b *bench) debuggable(ctx context.Context, p *peer) (*workerd, error) {
	values, err := p.workerd.store.values(ctx)
	if err != nil {
		return nil, err
	}
	another := *p
	another.config.inspect = true
	fresh, err := another.start(ctx, b.world)
	if err != nil {
		return nil, err
	}
	if err := fresh.store.put(ctx, entriesOf(values)); err != nil {
		fresh.stop()
		return nil, err
	}
	return fresh, nil
}
