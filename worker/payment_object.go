package worker

import (
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/codec"
	"edgecheckout/worker/stellar"
)

// paymentObject is a payment as the API shows it outside of a checkout.
//
//codec:write
type paymentObject struct {
	ID         string   `json:"id"`
	Object     string   `json:"object"`
	CheckoutID nullable `json:"checkout_id"`
	CustomerID nullable `json:"customer_id"`
	Status     string   `json:"status"`
	paymentDetails
	Metadata    checkout.Metadata `json:"metadata"`
	Livemode    bool              `json:"livemode"`
	Environment string            `json:"environment"`
	UpdatedAt   string            `json:"updated_at"`
}

// The statuses of a payment, in the words of its events.
const (
	paymentConfirmed  = "confirmed"
	paymentUnexpected = "unexpected"
)

// paymentItem encodes a payment; of is its checkout, or nil. A payment never changes.
func paymentItem(p checkout.Judged, of *checkout.Checkout, mode stellar.Mode) []byte {
	o := paymentObject{
		ID: p.ID(mode), Object: "payment", Status: paymentUnexpected, paymentDetails: detailsOf(p),
		Livemode: mode.IsLive(), Environment: environment(mode), UpdatedAt: timestamp(p.ClosedAt),
	}
	if p.Counted() {
		o.Status = paymentConfirmed
	}
	if of != nil {
		o.CheckoutID, o.CustomerID, o.Metadata = nullable(of.ID.String()), nullable(of.CustomerID), of.Metadata
	}
	w := codec.NewWriter(512)
	o.WriteJSON(w)
	return w.Bytes()
}

// ledgerUnread logs why the ledger could not be read, and returns the error for the caller.
func (c *call) ledgerUnread(event string, err error) *Error {
	c.log(c.ctx, event, map[string]any{"merchant": c.Merchant.ID, "error": err.Error()})
	return &Error{Code: CodeUnavailable, Message: "The ledger cannot be read up to there right now. Try again in a moment."}
}
