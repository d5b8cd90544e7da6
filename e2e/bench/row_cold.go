package main

import (
	"context"
	"fmt"
	"time"
)

var coldRow = row{
	name: "cold", unit: "ms", aim: "at most 1 × js", fewer: true,
	what: "first request (create) of a fresh isolate in a fresh process",
	// The process is fresh, since isolates of one process share compiled code. Its store has
	// answered before, because KV is always up; the module has been evaluated, as Cloudflare does
	// before the first request.
	measure: func(ctx context.Context, b *bench, p *peer) (float64, error) {
		fresh, err := p.start(ctx, b.world)
		if err != nil {
			return 0, err
		}
		defer fresh.Stop()
		load := newGenerator(fresh.Address, connections)
		defer load.close()
		request := post("/checkout?type=direct", b.world.key, order(0))
		begun := time.Now()
		status, body, err := load.send(0, request)
		took := time.Since(begun)
		if err == nil && status != 200 {
			err = fmt.Errorf("status %d: %s", status, body)
		}
		return milliseconds(took), err
	},
}
