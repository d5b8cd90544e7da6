package worker

import (
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/codec"
	"edgecheckout/worker/record"
	"edgecheckout/worker/watch"
)

// timestamp writes a time as the API does: ISO 8601, UTC, milliseconds.
func timestamp(t time.Time) string { return t.UTC().Format(timestampLayout) }

const timestampLayout = "2006-01-02T15:04:05.000Z"

// checkoutAnswer is the checkout as the API shows it, its fields in the documented order. It is written field by field, and not by
// encoding/json, since most requests end here; the tests compare the two.
func (c *call) checkoutAnswer(standing *watch.Standing, out checkout.Outcome) (answer, error) {
	s := &standing.Session
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
		w.String(`{"id":`, p.ID(s.Livemode))
		writePaymentMembers(w, p)
		w.Raw("}")
	}
	w.String(`],"payment_url":`, c.payURL(id))
	w.Raw(`,"payment_uri":"`)
	s.WritePaymentURI(w, payable(s, &out), c.in(s.Livemode).uri)
	w.Plain(`","destination":`, string(s.Account))
	w.Plain(`,"memo":`, s.Memo)
	w.Optional(`,"memo_type":"text","redirect_url":`, s.RedirectURL)
	w.Optional(`,"cancel_url":`, s.CancelURL)
	w.Optional(`,"description":`, s.Description)
	w.Raw(`,"metadata":`)
	s.Metadata.WriteJSON(w)
	w.Bool(`,"livemode":`, s.Livemode)
	w.Millis(`,"expires_at":`, standing.Deadline())
	w.Millis(`,"created_at":`, s.CreatedAt)
	if out.Status == checkout.Completed {
		w.Millis(`,"completed_at":`, out.CompletedAt)
	} else {
		w.Raw(`,"completed_at":null`)
	}
	w.Raw("}\n")
	return answer{contentType: jsonType, body: w.Bytes()}, nil
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

// payable is what a wallet is asked for: what is still due, or the whole amount once nothing is due any more.
func payable(s *checkout.Session, out *checkout.Outcome) checkout.Amount {
	if due := out.Due(s.Amount); due != 0 {
		return due
	}
	return s.Amount
}

// standing loads a session; nil if there is none.
func (c *call) standing(id checkout.ID) (*watch.Standing, error) {
	session, outcome, seen, cancel := record.StandingKeys(id)
	values, err := c.read(session, outcome, seen, cancel)
	if err != nil {
		return nil, err
	}
	return watch.DecodeStanding(values)
}

// look brings a session's standing up to date from the ledger. That Horizon cannot be read is no reason not to answer.
func (c *call) look(s *watch.Standing) checkout.Outcome {
	out, err := c.watcher.Look(c.ctx, s)
	if err != nil {
		c.log(c.ctx, "look", map[string]any{"checkout": s.Session.ID.String(), "error": err.Error()})
	}
	return out
}
