package watch

import (
	"context"
	"slices"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

// settle adds payments to what is known of a checkout and records what is new. proven is the
// deadline up to which the checkout may end unpaid. The entry in the index of open checkouts stays
// until a sweep has seen that the checkout ended.
//
// When the store fails, what was paid is told all the same, since the ledger can be asked again; an
// unpaid end is not, before it stands written.
func (w *Watcher) settle(ctx context.Context, s *checkout.Facts, payments []checkout.Payment, proven time.Time) (checkout.Outcome, error) {
	d := w.decide(s, payments, proven)
	err := w.record(ctx, &d)
	if err != nil && d.ends && d.out.Status != checkout.Completed {
		d.out = s.Outcome(w.Now())
	}
	return d.out, err
}

// decision is the outcome of a checkout from all that is known of it.
type decision struct {
	facts  *checkout.Facts
	before checkout.Outcome // from what was known before
	out    checkout.Outcome
	ends   bool // the outcome is to be recorded
	grows  bool // there are new payments
}

// decide adds payments to what is known of a checkout.
func (w *Watcher) decide(s *checkout.Facts, payments []checkout.Payment, proven time.Time) decision {
	before := s.Outcome(w.Now())
	if s.Recorded == nil {
		before.Status, before.Exception = checkout.Open, "" // an end is news until it is recorded
	}
	known := s.Seen
	if s.Recorded != nil {
		for _, j := range s.Recorded.Payments {
			known = append(known[:len(known):len(known)], j.Payment)
		}
	}
	known = checkout.Relevant(known, s.Checkout.Asset)
	s.Seen = checkout.Relevant(append(known[:len(known):len(known)], payments...), s.Checkout.Asset)
	d := decision{facts: s, before: before, out: s.Settle(proven, w.Now())}
	d.ends = s.Recorded == nil && d.out.Status.Terminal()
	d.grows = !slices.Equal(known, s.Seen)
	return d
}

// record tells what is new of checkouts and then writes it, all at once. If that fails, nothing is
// known of what was written.
func (w *Watcher) record(ctx context.Context, decisions ...*decision) error {
	var news []store.Settled
	for _, d := range decisions {
		if !d.ends && !d.grows {
			continue
		}
		if err := w.Tell(ctx, d.facts, d.before, d.out); err != nil {
			return err
		}
		if d.ends {
			news = append(news, store.Settled{Checkout: &d.facts.Checkout, Outcome: &d.out})
		} else {
			news = append(news, store.Settled{Checkout: &d.facts.Checkout, Seen: d.facts.Seen})
		}
	}
	if len(news) == 0 {
		return nil
	}
	if err := w.Store.PutSettled(ctx, news...); err != nil {
		return err
	}
	for _, d := range decisions {
		if d.ends {
			out := d.out
			d.facts.Recorded, d.facts.Ended = &out, true
			w.Log(ctx, "settled", map[string]any{"checkout": d.facts.Checkout.ID.String(), "status": out.Status, "exception": out.Exception})
		}
	}
	return nil
}
