package main

import "context"

var createRow = row{
	name: "create", unit: "requests/s", aim: "0.84 × js", warm: true,
	what: "POST /checkout?type=direct",
	load: func(ctx context.Context, b *bench, p *peer) (outcome, error) { return b.create(ctx, p) },
}

// create puts a peer under a load of new checkouts. It empties KV afterwards, so that no round is
// slower than the one before.
func (b *bench) create(ctx context.Context, p *peer) (outcome, error) {
	o, err := p.load.run(ctx, b.length, 200, func(n int) []byte { return post("/checkout?type=direct", b.world.key, order(n)) })
	if err != nil {
		return o, err
	}
	if err := p.process.Store.ClearValues(ctx); err != nil {
		return o, err
	}
	return o, p.process.Store.Put(ctx, b.world.entries...)
}
