package worker

import (
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

// statusObject is what the payment page needs to stay up to date, and nothing else.
//
//codec:write
type statusObject struct {
	Status          checkout.Status `json:"status"`
	Exception       nullable        `json:"exception"`
	AmountReceived  stellar.Amount  `json:"amount_received"`
	DecimalReceived stellar.Decimal `json:"amount_received_decimal"`
	AmountDue       stellar.Amount  `json:"amount_due"`
	DecimalDue      stellar.Decimal `json:"amount_due_decimal"`
	SecondsLeft     int64           `json:"seconds_left"`
	RedirectURL     nullable        `json:"redirect_url"`
}

// getStatus is GET /pay/{id}/status. While the checkout is open, it reads the ledger. Cloudflare's
// cache shares an answer for a moment, so many visitors cost no more than one.
func getStatus(c *call) (answer, error) {
	s, err := c.publicCheckout()
	if err != nil {
		return answer{}, err
	}
	if s == nil {
		return answer{}, notFound("checkout", c.path("id"))
	}
	out := c.look(s)
	due := out.Due(s.Checkout.Amount)
	o := statusObject{
		Status:          out.Status,
		Exception:       nullable(out.Exception),
		AmountReceived:  out.Received,
		DecimalReceived: stellar.Decimal(out.Received),
		AmountDue:       due,
		DecimalDue:      stellar.Decimal(due),
	}
	if out.Status == checkout.Open {
		// A page that is open stops asking for money when no time is left.
		suspended, err := c.isSuspended(s.Checkout.Merchant)
		if err != nil {
			return answer{}, err
		}
		left := s.Deadline().Sub(c.platform.Now())
		if !suspended {
			o.SecondsLeft = max(int64((left+time.Second-1)/time.Second), 0)
		}
	}
	if out.Status == checkout.Completed {
		o.RedirectURL = nullable(s.Checkout.Redirect())
	}
	a, err := jsonAnswer(o)
	a.keep, a.tag = keepOpenStatus, s.Checkout.ID.String()
	if out.Status.Terminal() {
		a.keep = keepTerminalStatus
	}
	return a, err
}

// How long Cloudflare's cache may repeat an answer. For an open checkout it is the minimum: a page
// that was notified of a payment asks every 1.1 s and must not get an earlier answer again.
var (
	keepOpenStatus     = keep{"no-cache", "max-age=1, stale-if-error=0"}
	keepTerminalStatus = keep{"no-cache", "max-age=300"}
)
