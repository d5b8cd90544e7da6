package main

import (
	"context"
	"time"
)

var retrieveRow = row{
	name: "retrieve", unit: "requests/s", aim: "10 × stock, 0.8 × js", warm: true,
	what:  "GET /checkout/{id}, open",
	begin: func(ctx context.Context, b *bench) error { return b.sessions(ctx, 100) },
	measure: func(ctx context.Context, b *bench, p *peer) (float64, error) {
		o, err := b.retrieve(ctx, p, b.length)
		return o.perSecond(), err
	},
}

func (b *bench) retrieve(ctx context.Context, p *peer, length time.Duration) (outcome, error) {
	return p.load.run(ctx, length, 200, func(n int) []byte { return get("/checkout/"+b.ids[n%len(b.ids)], b.world.key) })
}
