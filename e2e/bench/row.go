package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// row is one line of the table.
type row struct {
	name string
	unit string // unit of the figures
	what string // short description
	aim  string // what ours must reach
	// fewer marks figures of which a smaller one is better. The ratio is ours / theirs in any case.
	fewer bool
	// once marks figures that do not vary, for which one round is enough.
	once bool
	// warm makes measure start every peer warmStarts times, answer warmRequests of the row's
	// requests first, so that V8 has compiled the code, and take several turns in a round.
	warm bool
	// begin prepares a turn for all peers; it may be nil.
	begin func(ctx context.Context, b *bench) error
	// measure returns one peer's figure for a turn. A row has either measure or load.
	measure func(ctx context.Context, b *bench, p *peer) (float64, error)
	// load puts one peer under load for a turn. The figure is the requests per second; the table
	// shows the latencies next to it.
	load func(ctx context.Context, b *bench, p *peer) (outcome, error)
	// connections is the number of connections of the load with KV and Horizon far away; 0 if they
	// are not.
	connections int
	// without names peers that the row does not measure.
	without []string
	// note returns remarks for the table; it may be nil.
	note func(b *bench) string
}

// warmRequests is the number of requests that a new process answers before it is measured. V8
// recompiles a WebAssembly function after it has executed 13 MB of its code: at first, a status
// request took three times as long in Go as after 15,000 of them.
const warmRequests = 20_000

// warmStarts is how often every peer is restarted for a row that measures warm processes. V8
// decides anew each time what to compile and how: two processes of the same Worker differ in speed
// by up to a tenth.
const warmStarts = 3

// turnsInRound is the number of turns in a round of a warm row. The machine's speed changes within
// seconds, and frequent turns spread that over all peers. A round is long in total, so that it
// includes the garbage collector's longest pauses, which take 0.1 s.
const turnsInRound = 8

// farLength is the length of a peer's load in a turn with KV and Horizon far away: about ten
// requests on each connection.
const farLength = 5 * time.Second

// distant returns a row whose load comes over connections with KV and Horizon far away. Processes
// are warmed up nearby. One start and one turn in a round are enough, since nearly all of the time
// is waiting.
func distant(of row, name string, connections int) row {
	of.name, of.connections = name, connections
	of.aim = "0.95 × js, p99 at most 1.15 × js"
	of.what += fmt.Sprintf(", over %d connections, KV and Horizon far away", connections)
	return of
}

// result has a row's medians and the latencies of all rounds, by peer.
type result struct {
	row
	figures   map[string]float64
	latencies map[string]latencies
	said      string
}

// measure measures a row for all peers, which take turns in another order every round.
func (b *bench) measure(ctx context.Context, r row, rounds int) (result, error) {
	if r.once {
		rounds = 1
	}
	peers := slices.DeleteFunc(slices.Clone(b.peers), func(p *peer) bool { return slices.Contains(r.without, p.name) })
	res := result{row: r, figures: map[string]float64{}, latencies: map[string]latencies{}}
	all := map[string][]float64{}
	starts, turns := 1, 1
	switch {
	case r.connections > 0:
	case r.warm:
		starts, turns, rounds = b.starts, b.turns, (rounds+1)/2 // rounds after each start
	}
	for start := range starts {
		if r.warm {
			if err := b.restart(ctx, r.connections > 0); err != nil {
				return result{}, err
			}
			if err := b.warmUp(ctx, r, peers); err != nil {
				return result{}, err
			}
		}
		for round := range rounds {
			figures, err := b.round(ctx, r, peers, turns, start+round, r.connections > 0, res.latencies)
			if err != nil {
				return result{}, err
			}
			for name, figure := range figures {
				all[name] = append(all[name], figure)
			}
		}
	}
	for name, values := range all {
		res.figures[name] = median(values)
		slices.Sort(res.latencies[name])
	}
	if r.note != nil {
		res.said = r.note(b)
	}
	return res, nil
}

// warmUp puts new peers under a row's load until they are warm. Stock gets one round only: it boots
// the program for every request, so it never gets warm.
func (b *bench) warmUp(ctx context.Context, r row, peers []*peer) error {
	cold := slices.Clone(peers)
	for first := 0; len(cold) > 0; first++ {
		if _, err := b.round(ctx, r, cold, b.turns, first, false, map[string]latencies{}); err != nil {
			return err
		}
		cold = slices.DeleteFunc(cold, func(p *peer) bool { return p.name == stock || p.load.answered >= b.warmRequests })
	}
	return nil
}

// round returns a figure for every peer, the mean of its turns, and appends the latencies of a load
// to all; first rotates the order of the peers.
func (b *bench) round(ctx context.Context, r row, peers []*peer, turns, first int, far bool, all map[string]latencies) (map[string]float64, error) {
	if far {
		length := b.length
		b.length, b.far = b.farLength, true
		defer func() { b.length, b.far = length, false }()
	}
	figures := map[string]float64{}
	for turn := range turns {
		if r.begin != nil {
			if err := r.begin(ctx, b); err != nil {
				return nil, err
			}
		}
		for i := range peers {
			p := peers[(i+turn+first)%len(peers)]
			var figure float64
			var o outcome
			var err error
			switch {
			case far:
				o, err = b.fromAfar(ctx, r, p, uint32(turn+first))
				figure = o.perSecond()
			case r.load != nil:
				o, err = r.load(ctx, b, p)
				figure = o.perSecond()
			default:
				figure, err = r.measure(ctx, b, p)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.name, err)
			}
			figures[p.name] += figure / float64(turns)
			if o.latencies != nil {
				all[p.name] = append(all[p.name], o.latencies...)
			}
		}
	}
	return figures, nil
}

// fromAfar puts a peer under load over the row's connections with KV and Horizon far away. All
// peers get the same seed.
func (b *bench) fromAfar(ctx context.Context, r row, p *peer, seed uint32) (o outcome, err error) {
	usual := p.load
	p.load = newGenerator(p.process.Address, r.connections)
	b.horizon.Far(seed)
	if err = p.process.Store.Far(ctx, seed); err == nil {
		o, err = r.load(ctx, b, p)
		err = errors.Join(err, p.process.Store.Near(ctx))
	}
	b.horizon.Near()
	p.load = usual
	return o, err
}

// milliseconds converts a duration to the unit of the rows.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
