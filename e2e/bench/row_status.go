package main

import "context"

var statusRow = row{
	name: "status", unit: "requests/s", aim: "0.83 × js", warm: true,
	what:  "GET /pay/{id}/status, open, each by its only visitor",
	begin: func(ctx context.Context, b *bench) error { return b.addCheckouts(ctx, b.distinct()) },
	load: func(ctx context.Context, b *bench, p *peer) (outcome, error) {
		return p.load.run(ctx, b.length, 200, func(n int) []byte {
			if n >= len(b.ids) {
				return nil
			}
			return get("/pay/"+b.ids[n]+"/status", "")
		})
	},
}
