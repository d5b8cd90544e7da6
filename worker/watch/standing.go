package watch

import (
	"context"
	"slices"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/store"
)

// Load reads sessions. One that does not exist is nil.
func (w *Watcher) Load(ctx context.Context, ids ...checkout.ID) ([]*checkout.Facts, error) {
	const per = 4
	keys := make([]string, 0, per*len(ids))
	for _, id := range ids {
		checkout, outcome, seen, cancel := store.StandingKeys(id)
		keys = append(keys, checkout, outcome, seen, cancel)
	}
	values, err := w.Store.Get(ctx, keys...)
	if err != nil {
		return nil, err
	}
	standings := make([]*checkout.Facts, len(ids))
	for i := range ids {
		if standings[i], err = DecodeStanding(values[per*i : per*(i+1)]); err != nil {
			return nil, err
		}
	}
	return standings, nil
}

// DecodeStanding reads a session from the values of its StandingKeys. One that does not exist is nil.
func DecodeStanding(values [][]byte) (*checkout.Facts, error) {
	if values[0] == nil {
		return nil, nil
	}
	s := &checkout.Facts{}
	if err := store.DecodeInto(&s.Checkout, values[0]); err != nil {
		return nil, err
	}
	if values[1] != nil {
		s.Recorded = &checkout.Outcome{}
		if err := store.DecodeInto(s.Recorded, values[1]); err != nil {
			return nil, err
		}
	}
	if values[2] != nil {
		if err := store.DecodeInto((*checkout.Payments)(&s.Seen), values[2]); err != nil {
			return nil, err
		}
	}
	if values[3] != nil {
		var cancel store.Cancel
		if err := store.DecodeInto(&cancel, values[3]); err != nil {
			return nil, err
		}
		s.CancelledBy = cancel.Deadline
	}
	return s, nil
}

// settle adds payments to what is known of a session and records what is new. proven is the deadline up to which the session may
// end unpaid. The entry in the index of open sessions stays until a sweep has seen that the session ended.
//
// When the store fails, what was paid is told all the same, since the ledger can be asked again; an unpaid end is not, before it stands written.
func (w *Watcher) settle(ctx context.Context, s *checkout.Facts, payments []checkout.Payment, proven time.Time) (checkout.Outcome, error) {
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
	expiry := s.Checkout.ExpiresAt.Add(store.KeepAfterExpiry)
	id := s.Checkout.ID
	switch {
	case s.Recorded == nil && out.Status.Terminal():
		if err := w.Store.Put(ctx, kv.Entry{Key: store.OutcomeKey(id), Value: store.Encode(out), ExpiresAt: expiry, Derived: true}); err != nil {
			if out.Status != checkout.Completed {
				out = s.Outcome(w.Now())
			}
			return out, err
		}
		s.Recorded, s.Ended = &out, true
		w.Log(ctx, "settled", map[string]any{"checkout": id.String(), "status": out.Status, "exception": out.Exception})
		return out, nil
	case isNew:
		return out, w.Store.Put(ctx, kv.Entry{Key: store.SeenKey(id), Value: store.Encode(checkout.Payments(s.Seen)), ExpiresAt: expiry})
	}
	return out, nil
}
