package main

import (
	"context"
	"fmt"
	"time"

	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// memoryRequests is the number of concurrent requests while memory is measured.
const memoryRequests = 64

// memoryWaiting is how many of our requests wait for Horizon: worker/horizon lets no more wait, and
// answers the others by what is known.
const memoryWaiting = 24

// memoryState has the row's Horizon, and the highest memory use of ours in bytes.
type memoryState struct {
	horizon *heldHorizon
	world   world
	paths   []string // pages of checkouts, each with an account of its own
	entries []kv.Entry
	most    map[string]float64 // by held reads or pages
}

// What is held back until all requests have arrived.
const (
	heldPages   = "each with a payment page"
	heldLedgers = "each with a full page of Horizon"
)

var memoryRow = row{
	name: "memory", unit: "MB", aim: "at most 40 MB", fewer: true,
	// Stock has an instance for each request, and cannot complete so many pages before they time
	// out.
	without: []string{stock},
	what: fmt.Sprintf("what V8 holds for the isolate, at its highest while %d requests are under way, held back until all of them are there and then let go: "+
		"each with a payment page to render, or each with a full page of Horizon of 200 payments joined with their transactions (of ours at most %d read Horizon at once). Objects, buffers, and the "+
		"memories of living WebAssembly instances in full size; asked of V8's inspector", memoryRequests, memoryWaiting),
	begin: func(_ context.Context, b *bench) error { return b.prepareMemory() },
	measure: func(ctx context.Context, b *bench, p *peer) (float64, error) {
		most := 0.0
		for _, held := range []string{heldPages, heldLedgers} {
			highest, err := b.memoryOf(ctx, p, held)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", held, err)
			}
			if p.name == ours {
				b.holding.most[held] = max(b.holding.most[held], highest)
			}
			most = max(most, highest)
		}
		return most / 1e6, nil
	},
	note: func(b *bench) string {
		return fmt.Sprintf("Ours: at most %.1f MB %s, %.1f MB %s (%.1f MB as text).",
			b.holding.most[heldPages]/1e6, heldPages, b.holding.most[heldLedgers]/1e6, heldLedgers, b.holding.horizon.megabytes())
	},
}

func (b *bench) prepareMemory() error {
	if b.holding.horizon != nil {
		return nil
	}
	h, err := startHeldHorizon()
	if err != nil {
		return err
	}
	b.holding = memoryState{horizon: h, most: map[string]float64{}}
	if b.holding.world, err = newWorld(&h.horizonServer); err != nil {
		return err
	}
	b.holding.entries = b.holding.world.entries
	for _, account := range h.accounts {
		s, err := b.holding.world.checkout(stellar.Address(account), h.begun)
		if err != nil {
			return err
		}
		b.holding.paths = append(b.holding.paths, "/pay/"+s.ID.String())
		b.holding.entries = append(b.holding.entries, kv.Entry{Key: store.CheckoutKey(s.ID).String(), Value: store.Encode(&s)})
	}
	return nil
}

// memoryOf returns the most that V8 holds for a peer while the requests are under way.
func (b *bench) memoryOf(ctx context.Context, p *peer, held string) (float64, error) {
	another := *p
	another.config.Inspect, another.config.Vars = true, b.holding.world.vars
	fresh, err := another.start(ctx, b.holding.world)
	if err != nil {
		return 0, err
	}
	defer fresh.Stop()
	if err := fresh.Store.Put(ctx, b.holding.entries...); err != nil {
		return 0, err
	}
	v8, err := fresh.Inspect(ctx, "worker")
	if err != nil {
		return 0, err
	}
	defer v8.Close()

	// A page reads KV four times.
	there := func() (bool, error) {
		n, err := fresh.Store.Held(ctx)
		return n >= 4*memoryRequests, err
	}
	release, suffix := fresh.Store.Release, ""
	if held == heldPages {
		err = fresh.Store.Hold(ctx)
	} else {
		suffix = "/status"
		// One more request makes the peer cache Horizon's root first: it could not read the root
		// while held pages take up the few answers that are read at a time.
		first := newGenerator(fresh.Address, 1)
		_, _, err = first.send(0, get(b.holding.paths[memoryRequests]+suffix, ""))
		first.close()
		b.holding.horizon.hold()
		defer b.holding.horizon.release()
		waiting := int64(memoryRequests)
		if p.name == ours {
			waiting = memoryWaiting
		}
		there = func() (bool, error) { return b.holding.horizon.waiting.Load() == waiting, nil }
		release = func(context.Context) error { b.holding.horizon.release(); return nil }
	}
	if err != nil {
		return 0, err
	}
	load := newGenerator(fresh.Address, memoryRequests)
	defer load.close()
	done := make(chan error, memoryRequests)
	for i, path := range b.holding.paths[:memoryRequests] {
		go func() {
			status, body, err := load.send(i, get(path+suffix, ""))
			if err == nil && status != 200 {
				err = fmt.Errorf("status %d: %.300s", status, body)
			}
			done <- err
		}()
	}
	for end := time.Now().Add(20 * time.Second); ; {
		all, err := there()
		if err != nil {
			return 0, err
		}
		if all {
			break
		}
		if time.Now().After(end) {
			return 0, fmt.Errorf("the requests were not all there in time\n%s", fresh.Log)
		}
		time.Sleep(5 * time.Millisecond)
	}
	highest := 0.0
	look := func() error {
		h, err := v8.Heap()
		highest = max(highest, h.Total())
		return err
	}
	if err := look(); err != nil {
		return 0, fmt.Errorf("asking for the heap: %w\n%s", err, fresh.Log)
	}
	if err := release(ctx); err != nil {
		return 0, err
	}
	for answered := 0; answered < memoryRequests; {
		if err := look(); err != nil {
			return 0, fmt.Errorf("asking for the heap: %w\n%s", err, fresh.Log)
		}
		select {
		case err := <-done:
			if err != nil {
				return 0, err
			}
			answered++
		case <-time.After(20 * time.Millisecond):
		}
	}
	return highest, look()
}
