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
	// warm puts every peer under the row's load before the first round, so that compilers have done their work.
	warm bool
	// begin prepares a round for all peers; it may be nil.
	begin func(ctx context.Context, b *bench) error
	// measure takes one peer's figure in a round.
	measure func(ctx context.Context, b *bench, p *peer) (float64, error)
	// without names peers that the row does not measure.
	without []string
	// note adds to the line what the figures do not say; it may be nil.
	note func(b *bench) string
}

// warmRounds is how many rounds V8 gets for its compilers: after one of them, functions of every peer still ran as they were compiled at first.
const warmRounds = 3

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
	all := map[string][]float64{}
	first := 0
	if r.warm {
		first = -warmRounds
	}
	for round := first; round < rounds; round++ {
		if r.begin != nil {
			if err := r.begin(ctx, b); err != nil {
				return result{}, err
			}
		}
		for i := range b.peers {
			p := b.peers[(i+round+len(b.peers))%len(b.peers)]
			if slices.Contains(r.without, p.name) {
				continue
			}
			figure, err := r.measure(ctx, b, p)
			if err != nil {
				return result{}, fmt.Errorf("%s: %w", p.name, err)
			}
			if round >= 0 {
				all[p.name] = append(all[p.name], figure)
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
