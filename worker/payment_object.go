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
	paymentDetails
	Livemode bool `json:"livemode"`
}

// paymentItem encodes a payment; of is the id of its checkout, or empty.
func paymentItem(p checkout.Judged, of string, mode stellar.Mode) []byte {
	w := codec.NewWriter(512)
	paymentObject{p.ID(mode), "payment", nullable(of), detailsOf(p), mode.IsLive()}.WriteJSON(w)
	return w.Bytes()
}

// ledgerUnread logs why the ledger could not be read, and returns the error for the caller.
func (c *call) ledgerUnread(event string, err error) *Error {
	c.log(c.ctx, event, map[string]any{"merchant": c.Merchant.ID, "error": err.Error()})
	return &Error{Code: CodeUnavailable, Message: "The ledger cannot be read up to there right now. Try again in a moment."}
}
