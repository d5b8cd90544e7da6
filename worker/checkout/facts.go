package checkout

import "time"

// Facts are what is known about a checkout. Its status is computed from them.
type Facts struct {
	Checkout Checkout
	// Recorded is the terminal outcome; nil if there is none yet.
	Recorded *Outcome
	Seen     []Payment
	// Ended says that the current pass wrote the terminal outcome.
	Ended bool
	// CancelledBy is the deadline set by a cancellation; zero if there was none.
	CancelledBy time.Time
	// Refunds are what was paid back, in ledger order; nil if that was not read. They change no
	// status.
	Refunds Refunds
	// ReadAt is when the ledger was last read for an open checkout, by whoever asked; zero if that
	// is not known.
	ReadAt time.Time
}

// Outcome computes the outcome from what is known. It claims no coverage of the ledger, so no
// checkout ends unpaid by it.
func (f *Facts) Outcome(now time.Time) Outcome { return f.Settle(time.Time{}, now) }

// Settle computes the outcome from the payments that have been seen; proven is the coverage, as in
// the function [Settle]. A recorded outcome keeps its status.
func (f *Facts) Settle(proven, now time.Time) Outcome {
	if f.Recorded != nil {
		return f.Recorded.Extend(f.Seen, f.Checkout.Asset)
	}
	return Settle(f.Checkout.Amount, f.Checkout.Asset, f.Deadline(), f.Seen, proven, now)
}

// Deadline is the time before which the ledger of a payment must close.
func (f *Facts) Deadline() time.Time { return Deadline(f.Checkout.ExpiresAt, f.CancelledBy) }

// UpdatedAt is when a checkout last changed: the time of the latest fact in its outcome.
func (f *Facts) UpdatedAt(out Outcome) time.Time {
	latest := f.Checkout.CreatedAt
	later := func(t time.Time) {
		if t.After(latest) {
			latest = t
		}
	}
	later(f.Checkout.UpdatedAt)
	if !f.CancelledBy.IsZero() {
		later(f.CancelledBy.Add(-CancelGrace))
	}
	if out.Status == Expired || out.Status == Failed {
		later(f.Deadline())
	}
	for i := range out.Payments {
		later(out.Payments[i].ClosedAt)
	}
	return latest
}

// CancelGrace is how long a checkout still accepts money after the merchant cancels it. It is twice
// the staleness of the store, so every data centre knows the new deadline before the first ledger
// closes to which it applies. A customer who is just paying is not turned away either.
const CancelGrace = 2 * time.Minute
