package main

import "context"

var retrieveRow = row{
	name: "retrieve", unit: "requests/s", aim: "0.87 × js", warm: true,
	what:  "GET /checkout/{id}, open",
	begin: func(ctx context.Context, b *bench) error { return b.addCheckouts(ctx, 100) },
	load: func(ctx context.Context, b *bench, p *peer) (outcome, error) {
		return p.load.run(ctx, b.length, 200, func(n int) []byte { return get("/checkout/"+b.ids[n%len(b.ids)], b.world.key) })
	},
}
