package event

import (
	"strconv"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

// Event is something that happened. The same fact always has the same id, whoever finds it, however
// often, and also after everything that was stored about it is lost.
type Event struct {
	ID        string
	Type      Type
	CreatedAt time.Time // when it happened, not when it was noticed

	// Of payments only:
	Payment    *checkout.Judged
	Due        stellar.Amount // of a confirmed payment: what is missing after it
	Reason     string         // of an unexpected one: late, duplicate, wrong_asset or overpaid
	Difference stellar.Amount // of an unexpected one: how much of it the checkout does not ask for
}

// ReasonOverpaid is the reason of the part of a payment that is more than was due.
const ReasonOverpaid = "overpaid"

// New makes the event that something happened at a time; what names the fact.
func New(t Type, at time.Time, what ...string) Event {
	return Event{ID: checkout.DeriveID(checkout.KindEvent, []byte(t), at, what...), Type: t, CreatedAt: at}
}

// ReasonOverRefunded is the reason of a refund that is more than was left of what it refunds.
const ReasonOverRefunded = "over_refunded"

// Refunded is the event of a refund that the ledger shows. Its id is that of the ledger's operation.
func Refunded(r checkout.Refund) Event {
	return New(RefundSucceeded, r.ClosedAt, strconv.FormatInt(r.Operation, 10), strconv.Itoa(r.Index))
}

// Created is the event of a new checkout.
func Created(c *checkout.Checkout) Event { return New(CheckoutCreated, c.CreatedAt, c.ID.String()) }

// Of returns the events of a checkout's payments and of its end, in the order of the ledger.
func Of(f *checkout.Facts, out checkout.Outcome) []Event {
	c := &f.Checkout
	var events []Event
	var received stellar.Amount
	last := -1 // of the payments that count
	for i := range out.Payments {
		p := &out.Payments[i]
		if !p.Counted() {
			e := ofPayment(PaymentUnexpected, c, p)
			e.Reason, e.Difference = string(p.Reason), p.Amount
			events = append(events, e)
			continue
		}
		last = i
		received = received.Plus(p.Amount)
		e := ofPayment(PaymentConfirmed, c, p)
		e.Due = max(c.Amount-received, 0)
		events = append(events, e)
	}
	if out.Exception == checkout.Overpaid && last >= 0 {
		e := ofPayment(PaymentUnexpected, c, &out.Payments[last])
		e.Reason, e.Difference = ReasonOverpaid, received-c.Amount
		events = append(events, e)
	}
	switch out.Status {
	case checkout.Completed:
		events = append(events, ofEnd(CheckoutCompleted, c, out.CompletedAt))
	case checkout.Expired:
		events = append(events, ofEnd(CheckoutExpired, c, f.Deadline()))
	case checkout.Failed:
		events = append(events, ofEnd(CheckoutFailed, c, f.Deadline()))
	}
	return events
}

// ofEnd makes the event of a checkout's end. Its id has the time of the checkout's creation,
// because data centres may see different ends: one does not know of a cancellation yet, or a test
// network was reset between them.
func ofEnd(t Type, c *checkout.Checkout, at time.Time) Event {
	e := New(t, c.CreatedAt, c.ID.String())
	e.CreatedAt = at
	return e
}

func ofPayment(t Type, c *checkout.Checkout, p *checkout.Judged) Event {
	e := New(t, p.ClosedAt, c.ID.String(), strconv.FormatInt(p.Operation, 10), strconv.Itoa(p.Index))
	e.Payment = p
	return e
}

// Since returns the events of after that are not among those of before.
func Since(f *checkout.Facts, before, after checkout.Outcome) []Event {
	known := map[string]bool{}
	for _, e := range Of(f, before) {
		known[e.ID] = true
	}
	var events []Event
	for _, e := range Of(f, after) {
		if !known[e.ID] {
			events = append(events, e)
		}
	}
	return events
}
