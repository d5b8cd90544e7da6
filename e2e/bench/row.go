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
	// warm measures processes that have been under the row's load for warmRounds, so that compilers have done their work, and warmStarts of them.
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

// warmRounds is how many rounds a new process gets before it counts: V8 compiles again what runs often, and heaps grow to their size. Of a row whose
// requests are few in a round, functions of every peer still ran as they were compiled at first after four.
const warmRounds = 6

// warmStarts is how often every peer is started anew for a row that measures warm processes. What V8 compiles, and how, it decides anew each time:
// one process of a Worker is by up to a tenth faster than another.
const warmStarts = 3

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
	first, starts := 0, 1
	if r.warm {
		first, starts = -warmRounds, b.starts
		rounds = (rounds + 1) / 2 // after each start
	}
	for start := range starts {
		if r.warm {
			if err := b.restart(ctx); err != nil {
				return result{}, err
			}
		}
		for round := first; round < rounds; round++ {
			figures, err := b.round(ctx, r, start+round-first)
			if err != nil {
				return result{}, err
			}
			for name, figure := range figures {
				if round >= 0 {
					all[name] = append(all[name], figure)
				}
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

// round takes a figure of every peer; turn says who begins.
func (b *bench) round(ctx context.Context, r row, turn int) (map[string]float64, error) {
	if r.begin != nil {
		if err := r.begin(ctx, b); err != nil {
			return nil, err
		}
	}
	figures := map[string]float64{}
	for i := range b.peers {
		p := b.peers[(i+turn)%len(b.peers)]
		if slices.Contains(r.without, p.name) {
			continue
		}
		figure, err := r.measure(ctx, b, p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		figures[p.name] = figure
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
