package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// row is one thing that is measured.
type row struct {
	name string
	unit string // of the figures
	what string // in a few words
	aim  string // what ours must reach
	// fewer says that a smaller figure is a better one; a ratio is then ours / theirs all the same.
	fewer bool
	// once is set for what does not vary: one round is enough.
	once bool
	// warm measures processes that have answered warmRequests of the row, so that compilers have done their work, and warmStarts of them, in
	// rounds of several turns.
	warm bool
	// begin prepares a turn for all peers; it may be nil.
	begin func(ctx context.Context, b *bench) error
	// measure takes one peer's figure in a turn. A row has either this or load.
	measure func(ctx context.Context, b *bench, p *peer) (float64, error)
	// load puts one peer under load for a turn. The figure is its requests per second, beside which stand its latencies.
	load func(ctx context.Context, b *bench, p *peer) (outcome, error)
	// connections is over how many of them the load comes where KV and Horizon are far away; if it is 0, they are not.
	connections int
	// without names peers that the row does not measure.
	without []string
	// note adds to the line what the figures do not say; it may be nil.
	note func(b *bench) string
}

// warmRequests is how many requests a new process answers before it counts. V8 compiles a function of WebAssembly again once it has run for 13 MB of its
// code: a request for a status took three times as long in Go at first as after 15,000 of them.
const warmRequests = 20_000

// warmStarts is how often every peer is started anew for a row that measures warm processes. What V8 compiles, and how, it decides anew each time:
// one process of a Worker is by up to a tenth faster than another.
const warmStarts = 3

// turnsInRound is how often the peers take turns in a round about what is warm: the machine's speed changes within seconds, and should for all alike. A
// round is long in sum, so that each has its share of the garbage collector's longest pauses, which take 0.1 s.
const turnsInRound = 8

// farLength is how long a peer is under load in a turn whose KV and Horizon are far away: some ten requests over each connection.
const farLength = 5 * time.Second

// distant is a row with its load over so many connections, and KV and Horizon far away. Processes are warmed up nearby. One
// start and one turn in a round are enough, since nearly all of the time is waiting.
func distant(of row, name string, connections int) row {
	of.name, of.connections = name, connections
	of.aim = "0.95 × js, p99 at most 1.15 × js"
	of.what += fmt.Sprintf(", over %d connections, KV and Horizon far away", connections)
	return of
}

// result is the medians of a row by the names of the peers, and the latencies of all rounds.
type result struct {
	row
	figures   map[string]float64
	latencies map[string]latencies
	said      string
}

// measure lets the peers take turns at a row, in another order every round.
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
		starts, turns, rounds = b.starts, b.turns, (rounds+1)/2 // after each start
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

// warmUp puts new peers under a row's load until they are warm. Stock never is, since it boots the program for every request: it gets one round.
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

// round takes a figure of every peer, the mean of its turns, and adds to the latencies of a load; first says who begins.
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

// fromAfar puts a peer under load over the row's connections while KV and Horizon are far away. The seed is the same for all peers.
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

// milliseconds is a duration as the rows say it.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
