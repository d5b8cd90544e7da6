package checkout

import (
	"time"

	"edgecheckout/worker/stellar"
)

// Reason says why a payment does not count; it is empty when it does.
type Reason string

const (
	ReasonWrongAsset Reason = "wrong_asset" // another code, or another issuer
	ReasonLate       Reason = "late"        // its ledger closed at or after the deadline
	ReasonDuplicate  Reason = "duplicate"   // its ledger closed after the checkout was completed
	ReasonUnmatched  Reason = "unmatched"   // it belongs to no checkout; never said by Settle
)

// Judged is a payment and what it meant for the checkout.
//
//codec:json
type Judged struct {
	Payment
	Reason Reason `json:"reason,omitempty"`
}

// Counted reports whether the payment adds to what was received.
func (j Judged) Counted() bool { return j.Reason == "" }

// Outcome is what the ledger says about a checkout.
//
//codec:json
type Outcome struct {
	Status    Status         `json:"status"`
	Exception Exception      `json:"exception,omitempty"`
	Received  stellar.Amount `json:"received"`
	// CompletedAt is the close time of the ledger that completed the checkout; zero unless Status is Completed.
	CompletedAt time.Time `json:"completed_at,omitzero"`
	Payments    []Judged  `json:"payments,omitempty"`
}

// Due is what is still missing from amount; it is zero once the checkout is terminal.
func (o Outcome) Due(amount stellar.Amount) stellar.Amount {
	if o.Status.Terminal() || o.Received >= amount {
		return 0
	}
	return amount - o.Received
}

// Deadline is the moment before which a payment's ledger must close: the checkout's expiry, or the moment at which it was
// cancelled (zero: never) if that is earlier.
func Deadline(expiresAt, cancelledAt time.Time) time.Time {
	if !cancelledAt.IsZero() && cancelledAt.Before(expiresAt) {
		return cancelledAt
	}
	return expiresAt
}

// Settle says where a checkout stands, given every payment whose memo names it and that reached its account (in any
// order, repetitions allowed, other assets included), its deadline, and coverage: the close time of the newest ledger
// up to which all payments of the account have been read.
//
// It is the only place where a status comes from. The same ledger gives the same terminal outcome however often and
// in whatever pieces it was read, because
//   - a checkout completes in the first ledger at the end of which the counting payments reach the amount; all
//     counting payments of that ledger belong to it, and nothing after it does;
//   - it expires or fails only when coverage has passed the deadline, and now has too: a Horizon with a wrong clock
//     ends nothing early.
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

// Extend adds payments to a terminal outcome without changing its status: what it already judged stays as it is,
// and whatever it did not know came after its end.
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
