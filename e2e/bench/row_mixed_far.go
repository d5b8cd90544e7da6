package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// busyAccounts is how many accounts the sweep reads beside which others are served.
const busyAccounts = 200

// mixedState is what the last round of the row found.
type mixedState struct {
	quiet, busy outcome
	ended       bool // the sweep, before the load
}

var mixedFarRow = row{
	name: "mixed_far", unit: "p99 / p99 without the sweep", aim: "at most 1.3, no 503", fewer: true, once: true, without: []string{stock, js},
	what: fmt.Sprintf("create, retrieve, page_first and status in turn over %d connections, KV and Horizon far away, while the cron sweeps %d accounts "+
		"with %d new payments each", farConnections, busyAccounts, sweepPayments),
	begin: func(_ context.Context, b *bench) error { return b.prepareSweep(b.busyAccounts) },
	measure: func(ctx context.Context, b *bench, p *peer) (float64, error) {
		return b.mixedFar(ctx, p)
	},
	note: func(b *bench) string {
		until := "the load ended before the sweep"
		if b.mixed.ended {
			until = "the load went on until the sweep was over"
		}
		say := func(o outcome) string {
			return fmt.Sprintf("%.0f requests/s, p50 %.0f ms, p99 %.0f ms", o.perSecond(), o.latencies.at(0.5), o.latencies.at(0.99))
		}
		return fmt.Sprintf("Without the sweep %s; with it %s (%s). Every answer was a 200.", say(b.mixed.quiet), say(b.mixed.busy), until)
	},
}

// mixedFar puts a process of its own under load, without a sweep and with one.
func (b *bench) mixedFar(ctx context.Context, p *peer) (float64, error) {
	another := *p
	another.config.Vars, another.config.Apart = b.sweep.world.vars, true
	fresh, err := another.start(ctx, b.sweep.world)
	if err != nil {
		return 0, err
	}
	defer fresh.Stop()
	another.process = fresh
	another.load = newGenerator(fresh.Address, farConnections)
	defer another.load.close()
	for another.load.answered < b.warmRequests {
		if _, err := b.mix(ctx, &another, b.length); err != nil {
			return 0, err
		}
	}
	const seed = 1
	b.sweep.ledger.Far(seed)
	if err := fresh.Store.Far(ctx, seed); err != nil {
		return 0, err
	}
	if b.mixed.quiet, err = b.mix(ctx, &another, 2*b.farLength); err != nil {
		return 0, err
	}
	if err := fresh.Store.ClearValues(ctx); err != nil {
		return 0, err
	}
	if err := fresh.Store.Put(ctx, b.sweep.entries...); err != nil {
		return 0, err
	}
	swept := make(chan error, 1)
	go func() { swept <- fresh.Store.Cron(ctx, "ok") }()
	b.mixed.busy, err = b.mix(ctx, &another, 4*b.farLength)
	b.mixed.ended = false
	select {
	case failed := <-swept:
		b.mixed.ended = true
		err = errors.Join(err, failed)
	default:
	}
	if err != nil {
		return 0, fmt.Errorf("%w\n%s", err, fresh.Log)
	}
	return b.mixed.busy.latencies.at(0.99) / b.mixed.quiet.latencies.at(0.99), nil
}

// mix is a load of all kinds of requests, for new checkouts of the world of the sweep. Anything but a 200 is an error.
func (b *bench) mix(ctx context.Context, p *peer, length time.Duration) (outcome, error) {
	w := b.sweep.world
	ids, entries, err := w.checkouts(max(int(length.Seconds()*1200), 1), time.Now())
	if err != nil {
		return outcome{}, err
	}
	if err := p.process.Store.Put(ctx, entries...); err != nil {
		return outcome{}, err
	}
	return p.load.run(ctx, length, 200, func(n int) []byte {
		id := ids[n/4%len(ids)]
		switch n % 4 {
		case 0:
			return post("/checkout?type=direct", w.key, order(n))
		case 1:
			return get("/checkout/"+id, w.key)
		case 2:
			return get("/pay/"+id, "")
		}
		return get("/pay/"+id+"/status", "")
	})
}
