package watch

import (
	"context"
	"slices"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/record"
)

// Standing is what the store knows of a session.
type Standing struct {
	Session checkout.Session
	// Recorded is the terminal outcome, nil while there is none.
	Recorded *checkout.Outcome
	Seen     []checkout.Payment
	// Ended says that this very pass wrote the terminal outcome.
	Ended bool
	// CancelledBy is the deadline that a cancellation set; zero without one.
	CancelledBy time.Time
}

// Outcome says where the session stands by what is known: without having read the ledger nothing ends.
func (s *Standing) Outcome(now time.Time) checkout.Outcome { return s.outcome(time.Time{}, now) }

// outcome settles by what has been seen; proven is the deadline up to which a session may end unpaid.
func (s *Standing) outcome(proven, now time.Time) checkout.Outcome {
	if s.Recorded != nil {
		return s.Recorded.Extend(s.Seen, s.Session.Asset)
	}
	return checkout.Settle(s.Session.Amount, s.Session.Asset, s.Deadline(), s.Seen, proven, now)
}

// Deadline is the moment before which a payment's ledger must close.
func (s *Standing) Deadline() time.Time { return checkout.Deadline(s.Session.ExpiresAt, s.CancelledBy) }

// Load reads sessions. One that does not exist is nil.
func (w *Watcher) Load(ctx context.Context, ids ...checkout.ID) ([]*Standing, error) {
	const per = 4
	keys := make([]string, 0, per*len(ids))
	for _, id := range ids {
		checkout, outcome, seen, cancel := record.StandingKeys(id)
		keys = append(keys, checkout, outcome, seen, cancel)
	}
	values, err := w.Store.Get(ctx, keys...)
	if err != nil {
		return nil, err
	}
	standings := make([]*Standing, len(ids))
	for i := range ids {
		if standings[i], err = DecodeStanding(values[per*i : per*(i+1)]); err != nil {
			return nil, err
		}
	}
	return standings, nil
}

// DecodeStanding reads a session from the values of its StandingKeys. One that does not exist is nil.
func DecodeStanding(values [][]byte) (*Standing, error) {
	if values[0] == nil {
		return nil, nil
	}
	s := &Standing{}
	if err := record.DecodeInto(&s.Session, values[0]); err != nil {
		return nil, err
	}
	if values[1] != nil {
		s.Recorded = &checkout.Outcome{}
		if err := record.DecodeInto(s.Recorded, values[1]); err != nil {
			return nil, err
		}
	}
	if values[2] != nil {
		if err := record.DecodeInto((*checkout.Payments)(&s.Seen), values[2]); err != nil {
			return nil, err
		}
	}
	if values[3] != nil {
		var cancel record.Cancel
		if err := record.DecodeInto(&cancel, values[3]); err != nil {
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
func (w *Watcher) settle(ctx context.Context, s *Standing, payments []checkout.Payment, proven time.Time) (checkout.Outcome, error) {
	known := s.Seen
	if s.Recorded != nil {
		for _, j := range s.Recorded.Payments {
			known = append(known[:len(known):len(known)], j.Payment)
		}
	}
	known = checkout.Relevant(known, s.Session.Asset)
	s.Seen = checkout.Relevant(append(known[:len(known):len(known)], payments...), s.Session.Asset)
	isNew := !slices.Equal(known, s.Seen)

	out := s.outcome(proven, w.Now())
	expiry := s.Session.ExpiresAt.Add(record.KeepAfterExpiry)
	id := s.Session.ID
	switch {
	case s.Recorded == nil && out.Status.Terminal():
		if err := w.Store.Put(ctx, kv.Entry{Key: record.OutcomeKey(id), Value: record.Encode(out), ExpiresAt: expiry, Derived: true}); err != nil {
			if out.Status != checkout.Completed {
				out = s.Outcome(w.Now())
			}
			return out, err
		}
		s.Recorded, s.Ended = &out, true
		w.Log(ctx, "settled", map[string]any{"checkout": id.String(), "status": out.Status, "exception": out.Exception})
		return out, nil
	case isNew:
		return out, w.Store.Put(ctx, kv.Entry{Key: record.SeenKey(id), Value: record.Encode(checkout.Payments(s.Seen)), ExpiresAt: expiry})
	}
	return out, nil
}
