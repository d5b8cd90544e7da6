package checkout

import (
	"time"

	"edgecheckout/worker/stellar"
)

// Reason says why a payment does not count; it is empty if the payment does.
type Reason string

const (
	ReasonWrongAsset Reason = "wrong_asset" // another code or another issuer
	ReasonLate       Reason = "late"        // its ledger closed at or after the deadline
	ReasonDuplicate  Reason = "duplicate"   // its ledger closed after the checkout was completed
	ReasonUnmatched  Reason = "unmatched"   // it belongs to no checkout; [Settle] never returns it
)

// Judged is a payment and what it means for the checkout.
//
//codec:json
type Judged struct {
	Payment
	Reason Reason `json:"reason,omitempty"`
}

// Counted reports whether the payment is part of what was received.
func (j Judged) Counted() bool { return j.Reason == "" }

// Outcome is what the ledger says about a checkout.
//
//codec:json
type Outcome struct {
	Status    Status         `json:"status"`
	Exception Exception      `json:"exception,omitempty"`
	Received  stellar.Amount `json:"received"`
	// CompletedAt is the close time of the ledger that completed the checkout; zero unless Status
	// is [Completed].
	CompletedAt time.Time `json:"completed_at,omitzero"`
	Payments    []Judged  `json:"payments,omitempty"`
}

// Due is the part of amount that is still missing; zero once the checkout is terminal.
func (o Outcome) Due(amount stellar.Amount) stellar.Amount {
	if o.Status.Terminal() || o.Received >= amount {
		return 0
	}
	return amount - o.Received
}

// Deadline is the time before which the ledger of a payment must close: the expiry, or the time at
// which a cancellation takes effect if that is earlier. A zero cancelledAt means no cancellation.
func Deadline(expiresAt, cancelledAt time.Time) time.Time {
	if !cancelledAt.IsZero() && cancelledAt.Before(expiresAt) {
		return cancelledAt
	}
	return expiresAt
}

// Settle computes the outcome of a checkout from its payments, its deadline and the coverage. The
// payments are all those that reached its account with its memo, in any asset and any order;
// repetitions are allowed. The coverage is the close time of the newest ledger up to which all
// payments of the account have been read.
//
// No other function decides a status. The same ledger gives the same terminal outcome, no matter
// how often and in which batches it was read:
//   - A checkout completes in the first ledger by whose end the counting payments reach the amount.
//     All counting payments of that ledger are included, and none of a later one.
//   - It expires or fails only when both coverage and now have passed the deadline, so a Horizon
//     with a wrong clock ends no checkout early.
func Settle(amount stellar.Amount, asset stellar.Asset, deadline time.Time, payments []Payment, coverage, now time.Time) Outcome {
	out := Outcome{Status: Open}
	var wrongAsset bool
	for _, p := range Union(payments, nil) {
		judged := Judged{Payment: p}
		switch {
		case p.Asset != asset:
			judged.Reason = ReasonWrongAsset
			wrongAsset = wrongAsset || p.ClosedAt.Before(deadline)
		case out.Status == Completed && p.ClosedAt.After(out.CompletedAt):
			judged.Reason = ReasonDuplicate
		case !p.ClosedAt.Before(deadline):
			judged.Reason = ReasonLate
		default:
			out.Received = out.Received.Plus(p.Amount)
			if out.Received >= amount {
				out.Status, out.CompletedAt = Completed, p.ClosedAt
			}
		}
		out.Payments = append(out.Payments, judged)
	}

	over := !coverage.Before(deadline) && !now.Before(deadline)
	switch {
	case out.Status == Completed:
		if out.Received > amount {
			out.Exception = Overpaid
		}
	case out.Received > 0:
		out.Exception = Underpaid
		if over {
			out.Status = Failed
		}
	case over && wrongAsset:
		out.Status, out.Exception = Failed, WrongAsset
	case over:
		out.Status = Expired
	}
	return out
}

// Extend adds payments to a terminal outcome without changing its status. What was already judged
// stays as it is; whatever is new arrived after the end.
func (o Outcome) Extend(payments []Payment, asset stellar.Asset) Outcome {
	known := make(map[[2]int64]bool, len(o.Payments))
	for _, j := range o.Payments {
		known[[2]int64{j.Operation, int64(j.Index)}] = true
	}
	judged := append([]Judged(nil), o.Payments...)
	for _, p := range Union(payments, nil) {
		if known[[2]int64{p.Operation, int64(p.Index)}] {
			continue
		}
		reason := ReasonLate
		switch {
		case p.Asset != asset:
			reason = ReasonWrongAsset
		case o.Status == Completed:
			reason = ReasonDuplicate
		}
		judged = append(judged, Judged{Payment: p, Reason: reason})
	}
	o.Payments = judged
	return o
}
