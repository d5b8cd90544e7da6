package checkout

import "time"

// Facts are what is known of a checkout; its status follows from them.
type Facts struct {
	Checkout Checkout
	// Recorded is the terminal outcome, nil while there is none.
	Recorded *Outcome
	Seen     []Payment
	// Ended says that this very pass wrote the terminal outcome.
	Ended bool
	// CancelledBy is the deadline that a cancellation set; zero without one.
	CancelledBy time.Time
}

// Outcome says where the checkout stands by what is known: without having read the ledger nothing ends.
func (f *Facts) Outcome(now time.Time) Outcome { return f.Settle(time.Time{}, now) }

// Settle settles by what has been seen; proven is the deadline up to which a checkout may end unpaid.
func (f *Facts) Settle(proven, now time.Time) Outcome {
	if f.Recorded != nil {
		return f.Recorded.Extend(f.Seen, f.Checkout.Asset)
	}
	return Settle(f.Checkout.Amount, f.Checkout.Asset, f.Deadline(), f.Seen, proven, now)
}

// Deadline is the moment before which a payment's ledger must close.
func (f *Facts) Deadline() time.Time { return Deadline(f.Checkout.ExpiresAt, f.CancelledBy) }

// CancelGrace is how long after a merchant's request a checkout still takes money: twice the staleness of the store, so
// that every edge knows of the new deadline before a ledger closes that it decides about. Whoever was just paying is not
// punished for it.
const CancelGrace = 2 * time.Minute
