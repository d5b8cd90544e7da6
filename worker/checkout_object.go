package worker

import (
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/codec"
	"edgecheckout/worker/stellar"
)

// timestamp writes a time as the API does: ISO 8601, UTC, milliseconds.
func timestamp(t time.Time) string { return t.UTC().Format(timestampLayout) }

const timestampLayout = "2006-01-02T15:04:05.000Z"

// checkoutAnswer is the checkout as the API shows it, its fields in the documented order. It is written field by field, and not by
// encoding/json, since most requests end here; the tests compare the two.
func (c *call) checkoutAnswer(facts *checkout.Facts, out checkout.Outcome) (answer, error) {
	s := &facts.Checkout
	id := s.ID.String()
	w := codec.NewWriter(1536)
	w.Plain(`{"id":`, id)
	w.Optional(`,"object":"checkout","customer_id":`, s.CustomerID)
	w.Optional(`,"product_id":`, s.ProductID)
	w.Raw(`,"amount":`)
	s.Amount.WriteJSON(w)
	w.String(`,"asset_code":`, s.Asset.Code)
	w.Optional(`,"asset_issuer":`, string(s.Asset.Issuer))
	w.Plain(`,"status":`, string(out.Status))
	w.Optional(`,"exception":`, string(out.Exception))
	w.Raw(`,"amount_received":`)
	out.Received.WriteJSON(w)
	w.Raw(`,"payments":[`)
	for i := range out.Payments {
		if i > 0 {
			w.Raw(",")
		}
		p := &out.Payments[i]
		w.String(`{"id":`, p.ID(s.Mode))
		writePaymentMembers(w, p)
		w.Raw("}")
	}
	w.String(`],"payment_url":`, c.payURL(id))
	w.String(`,"payment_uri":`, c.paymentRequest(s, &out).URI())
	w.Plain(`,"destination":`, string(s.Account))
	w.Plain(`,"memo":`, s.Memo)
	w.Optional(`,"memo_type":"text","redirect_url":`, s.RedirectURL)
	w.Optional(`,"cancel_url":`, s.CancelURL)
	w.Optional(`,"description":`, s.Description)
	w.Map(`,"metadata":`, s.Metadata)
	w.Bool(`,"livemode":`, s.Mode.IsLive())
	w.Millis(`,"expires_at":`, facts.Deadline())
	w.Millis(`,"created_at":`, s.CreatedAt)
	if out.Status == checkout.Completed {
		w.Millis(`,"completed_at":`, out.CompletedAt)
	} else {
		w.Raw(`,"completed_at":null`)
	}
	w.Raw("}\n")
	return written(jsonType, w.Bytes()), nil
}

// writePaymentMembers writes what stands behind a payment's ids.
func writePaymentMembers(w *codec.Writer, p *checkout.Judged) {
	w.Raw(`,"amount":`)
	p.Amount.WriteJSON(w)
	w.String(`,"asset_code":`, p.Asset.Code)
	w.Optional(`,"asset_issuer":`, string(p.Asset.Issuer))
	w.Optional(`,"from":`, p.From)
	w.String(`,"transaction_hash":`, p.Hash)
	w.Int(`,"ledger":`, p.Ledger())
	w.Millis(`,"created_at":`, p.ClosedAt)
	w.Bool(`,"counted":`, p.Counted())
	w.Optional(`,"reason":`, string(p.Reason))
}

// payURL is where the customer pays the checkout with the id.
func (c *call) payURL(id string) string { return c.config.BaseURL + "/pay/" + id }

// paymentRequest asks a wallet for what is still due, or for the whole amount once nothing is due any more.
func (c *call) paymentRequest(s *checkout.Checkout, out *checkout.Outcome) stellar.PaymentRequest {
	amount := out.Due(s.Amount)
	if amount == 0 {
		amount = s.Amount
	}
	return stellar.PaymentRequest{Destination: s.Account, Amount: amount, Asset: s.Asset, Memo: s.Memo, Network: c.in(s.Mode).uri}
}
