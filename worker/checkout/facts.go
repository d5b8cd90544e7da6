package checkout

import "time"

// Standing is what the store knows of a session.
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

// Outcome says where the session stands by what is known: without having read the ledger nothing ends.
func (s *Facts) Outcome(now time.Time) Outcome { return s.Settle(time.Time{}, now) }

// outcome settles by what has been seen; proven is the deadline up to which a session may end unpaid.
func (s *Facts) Settle(proven, now time.Time) Outcome {
	if s.Recorded != nil {
		return s.Recorded.Extend(s.Seen, s.Checkout.Asset)
	}
	return Settle(s.Checkout.Amount, s.Checkout.Asset, s.Deadline(), s.Seen, proven, now)
}

// Deadline is the moment before which a payment's ledger must close.
func (s *Facts) Deadline() time.Time { return Deadline(s.Checkout.ExpiresAt, s.CancelledBy) }
