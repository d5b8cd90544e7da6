package watch

import (
	"context"
	"slices"
	"time"

	"edgecheckout/worker/checkout"
)

// settle adds payments to what is known of a checkout and records what is new. proven is the deadline up to which the checkout may
// end unpaid. The entry in the index of open checkouts stays until a sweep has seen that the checkout ended.
//
// When the store fails, what was paid is told all the same, since the ledger can be asked again; an unpaid end is not, before it stands written.
func (w *Watcher) settle(ctx context.Context, s *checkout.Facts, payments []checkout.Payment, proven time.Time) (checkout.Outcome, error) {
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
	isNew := !slices.Equal(known, s.Seen)

	out := s.Settle(proven, w.Now())
	ends := s.Recorded == nil && out.Status.Terminal()
	var untold error
	if ends || isNew {
		untold = w.Tell(ctx, s, before, out)
	}
	switch {
	case untold != nil && !ends:
		return out, untold
	case ends:
		err := untold
		if err == nil {
			err = w.Store.PutOutcome(ctx, &s.Checkout, out)
		}
		if err != nil {
			if out.Status != checkout.Completed {
				out = s.Outcome(w.Now())
			}
			return out, err
		}
		s.Recorded, s.Ended = &out, true
		w.Log(ctx, "settled", map[string]any{"checkout": s.Checkout.ID.String(), "status": out.Status, "exception": out.Exception})
		return out, nil
	case isNew:
		return out, w.Store.PutSeen(ctx, &s.Checkout, s.Seen)
	}
	return out, nil
}
