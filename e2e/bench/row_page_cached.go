package main

import "context"

var pageCachedRow = row{
	name: "page_cached", unit: "requests/s", aim: "1.0 × js",
	what:  "GET /pay/{id}, second view, behind the stand-in for Workers Cache",
	begin: func(ctx context.Context, b *bench) error { return b.addCheckouts(ctx, 1) },
	// The process is another one, since the other rows ask without a cache before the Worker.
	measure: func(ctx context.Context, b *bench, p *peer) (float64, error) {
		config := p.config
		config.Front = true
		behind := &peer{config: config}
		fresh, err := behind.start(ctx, b.world)
		if err != nil {
			return 0, err
		}
		defer fresh.Stop()
		if err := fresh.Store.Put(ctx, b.entries...); err != nil {
			return 0, err
		}
		load := newGenerator(fresh.Front, connections)
		defer load.close()
		request := get("/pay/"+b.ids[0], "")
		if _, _, err := load.send(0, request); err != nil {
			return 0, err
		}
		if _, err := load.run(ctx, b.length, 200, func(int) []byte { return request }); err != nil { // V8 compiles what is warm
			return 0, err
		}
		o, err := load.run(ctx, b.length, 200, func(int) []byte { return request })
		return o.perSecond(), err
	},
}
