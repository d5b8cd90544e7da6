package main

import "context"

var pageCachedRow = row{
	name: "page_cached", unit: "requests/s", aim: "20 × stock, 0.95 × js", warm: true,
	what:  "GET /pay/{id}, second view",
	begin: func(ctx context.Context, b *bench) error { return b.sessions(ctx, 1) },
	measure: func(ctx context.Context, b *bench, p *peer) (float64, error) {
		request := get("/pay/"+b.ids[0], "")
		if _, _, err := p.load.send(0, request); err != nil {
			return 0, err
		}
		o, err := p.load.run(ctx, b.length, 200, func(int) []byte { return request })
		return o.perSecond(), err
	},
}
