package main

import (
	"context"
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
	// measure takes one peer's figure in a turn.
	measure func(ctx context.Context, b *bench, p *peer) (float64, error)
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

// result is the medians of a row by the names of the peers.
type result struct {
	row
	figures map[string]float64
	said    string
}

// measure lets the peers take turns at a row, in another order every round.
func (b *bench) measure(ctx context.Context, r row, rounds int) (result, error) {
	if r.once {
		rounds = 1
	}
	peers := slices.DeleteFunc(slices.Clone(b.peers), func(p *peer) bool { return slices.Contains(r.without, p.name) })
	all := map[string][]float64{}
	starts, turns := 1, 1
	if r.warm {
		starts, turns, rounds = b.starts, b.turns, (rounds+1)/2 // after each start
	}
	for start := range starts {
		if r.warm {
			if err := b.restart(ctx); err != nil {
				return result{}, err
			}
			if err := b.warmUp(ctx, r, peers); err != nil {
				return result{}, err
			}
		}
		for round := range rounds {
			figures, err := b.round(ctx, r, peers, turns, start+round)
			if err != nil {
				return result{}, err
			}
			for name, figure := range figures {
				all[name] = append(all[name], figure)
			}
		}
	}
	figures := map[string]float64{}
	for name, values := range all {
		figures[name] = median(values)
	}
	res := result{row: r, figures: figures}
	if r.note != nil {
		res.said = r.note(b)
	}
	return res, nil
}

// warmUp puts new peers under a row's load until they are warm. Stock never is, since it boots the program for every request: it gets one round.
func (b *bench) warmUp(ctx context.Context, r row, peers []*peer) error {
	cold := slices.Clone(peers)
	for first := 0; len(cold) > 0; first++ {
		if _, err := b.round(ctx, r, cold, b.turns, first); err != nil {
			return err
		}
		cold = slices.DeleteFunc(cold, func(p *peer) bool { return p.name == stock || p.load.answered >= b.warmRequests })
	}
	return nil
}

// round takes a figure of every peer, the mean of its turns; first says who begins.
func (b *bench) round(ctx context.Context, r row, peers []*peer, turns, first int) (map[string]float64, error) {
	figures := map[string]float64{}
	for turn := range turns {
		if r.begin != nil {
			if err := r.begin(ctx, b); err != nil {
				return nil, err
			}
		}
		for i := range peers {
			p := peers[(i+turn+first)%len(peers)]
			figure, err := r.measure(ctx, b, p)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.name, err)
			}
			figures[p.name] += figure / float64(turns)
		}
	}
	return figures, nil
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
