package main

import "context"

// distinct is how many checkouts a turn has whose requests must not find each other's answers in the cache: more than any peer has time for.
func (b *bench) distinct() int {
	if b.far {
		return int(b.length.Seconds() * 1200)
	}
	return int(b.length.Seconds() * 6000)
}

var pageFirstRow = row{
	name: "page_first", unit: "requests/s", aim: "0.71 × js", warm: true,
	what:  "GET /pay/{id}, never seen",
	begin: func(ctx context.Context, b *bench) error { return b.addCheckouts(ctx, b.distinct()) },
	load: func(ctx context.Context, b *bench, p *peer) (outcome, error) {
		return p.load.run(ctx, b.length, 200, func(n int) []byte {
			if n >= len(b.ids) {
				return nil
			}
			return get("/pay/"+b.ids[n], "")
		})
	},
}
