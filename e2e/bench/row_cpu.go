package main

import "context"

var cpuRow = row{
	name: "cpu", unit: "ms", aim: "at most 1.15 × js", warm: true, fewer: true,
	what: "processor time of workerd for a create",
	measure: func(ctx context.Context, b *bench, p *peer) (float64, error) {
		before, err := p.process.CPUTime()
		if err != nil {
			return 0, err
		}
		o, err := p.load.run(ctx, b.length, 200, func(n int) []byte { return post("/checkout?type=direct", b.world.key, order(n)) })
		if err != nil {
			return 0, err
		}
		after, err := p.process.CPUTime()
		if err != nil {
			return 0, err
		}
		if err := p.process.Store.ClearValues(ctx); err != nil {
			return 0, err
		}
		return milliseconds(after-before) / float64(o.requests), p.process.Store.Put(ctx, b.world.entries...)
	},
}
