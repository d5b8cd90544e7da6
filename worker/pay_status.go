package worker

import (
	"slices"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
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
	// Phase is what the page shows.
	Phase     string `json:"phase"`
	Cancelled bool   `json:"cancelled"`
	// ReceivedOther is what arrived in other assets, and does not count.
	ReceivedOther []otherAmount `json:"received_other"`
	LedgerReadAt  nullable      `json:"ledger_read_at"`
	// Behind says that the ledger could not be read of late, so what arrived may not show.
	Behind bool `json:"behind"`
}

// otherAmount is money in an asset that was not asked for.
type otherAmount struct {
	Amount      stellar.Amount  `json:"amount"`
	Decimal     stellar.Decimal `json:"amount_decimal"`
	AssetCode   string          `json:"asset_code"`
	AssetIssuer nullable        `json:"asset_issuer"`
}

// maxSilence is how long the ledger may not have been read before the page says so.
const maxSilence = 15 * time.Second

// getStatus is GET /pay/{id}/status. While the checkout is open, it reads the ledger. Cloudflare's
// cache shares an answer for a moment, so many visitors cost no more than one.
func getStatus(c *call) (answer, error) {
	s, out, err := c.openAsRead()
	if s == nil && err == nil {
		if s, err = c.publicCheckout(); s != nil {
			out = c.lookAndKeep(s)
		}
	}
	if err != nil {
		return answer{}, err
	}
	if s == nil {
		return answer{}, notFound("checkout", c.path("id"))
	}
	o, err := c.statusOf(s, out)
	if err != nil {
		return answer{}, err
	}
	a, err := jsonAnswer(o)
	a.keep, a.tag = keepOpenStatus, s.Checkout.ID.String()
	if out.Status.Terminal() {
		a.keep = keepTerminalStatus
	}
	return a, err
}

// openedLifetime is how long an open checkout is not read again. A page asks every 15 seconds.
const openedLifetime = time.Minute

// openAsRead looks at a checkout that this isolate has read a moment ago, when it was open. As long
// as it is, what counts of it does not change, but for the payments that were seen: those of the
// last ten minutes a look reads from the ledger. So only what ends it is read again. Nil if it was
// not read.
func (c *call) openAsRead() (*checkout.Facts, checkout.Outcome, error) {
	id, err := checkout.ParseCheckoutID(c.path("id"))
	if err != nil {
		return nil, checkout.Outcome{}, nil // whoever reads it says why
	}
	key := store.CheckoutKey(id)
	known, ok := c.opened.recall(key, c.began)
	if !ok {
		return nil, checkout.Outcome{}, nil
	}
	read := known
	read.Seen = slices.Clone(known.Seen) // a look may write there
	s, err := c.store.Changed(c.ctx, read)
	if err != nil {
		return nil, checkout.Outcome{}, err
	}
	out := c.look(s)
	if out.Status == checkout.Open && slices.Equal(s.Seen, known.Seen) {
		return s, out, nil
	}
	c.opened.forget(key)
	// Its merchant may have changed where it leads to. What it was a minute ago is good enough if that
	// cannot be read.
	if fresh, err := c.publicCheckout(); err != nil {
		c.log(c.ctx, "look", map[string]any{"checkout": id.String(), "error": err.Error()})
	} else if fresh != nil {
		s.Checkout = fresh.Checkout
	}
	return s, out, nil
}

// lookAndKeep looks at a checkout, and keeps what was read of it if nothing is new.
func (c *call) lookAndKeep(s *checkout.Facts) checkout.Outcome {
	read := checkout.Facts{Checkout: s.Checkout, Seen: slices.Clone(s.Seen)}
	out := c.look(s)
	if out.Status == checkout.Open && slices.Equal(s.Seen, read.Seen) {
		c.opened.keep(store.CheckoutKey(s.Checkout.ID), read, c.began.Add(openedLifetime))
	}
	return out
}

func (c *call) statusOf(s *checkout.Facts, out checkout.Outcome) (statusObject, error) {
	due := out.Due(s.Checkout.Amount)
	o := statusObject{
		Status:          out.Status,
		Exception:       nullable(out.Exception),
		AmountReceived:  out.Received,
		DecimalReceived: stellar.Decimal(out.Received),
		AmountDue:       due,
		DecimalDue:      stellar.Decimal(due),
		Cancelled:       !s.CancelledBy.IsZero(),
		ReceivedOther:   []otherAmount{},
	}
	for _, p := range out.Payments {
		if p.Reason == checkout.ReasonWrongAsset {
			o.ReceivedOther = append(o.ReceivedOther, otherAmount{p.Amount, stellar.Decimal(p.Amount), p.Asset.Code, nullable(p.Asset.Issuer)})
		}
	}
	standing := c.standing(s, out)
	if out.Status == checkout.Open {
		// A page that is open stops asking for money when no time is left.
		suspended, err := c.isSuspended(s.Checkout.Merchant)
		if err != nil {
			return o, err
		}
		standing.Suspended = suspended
		now := c.platform.Now()
		left := s.Deadline().Sub(now)
		since := s.Checkout.CreatedAt
		if !s.ReadAt.IsZero() {
			o.LedgerReadAt, since = nullable(timestamp(s.ReadAt)), s.ReadAt
		}
		o.Behind = now.Sub(since) >= maxSilence
		if !suspended {
			o.SecondsLeft = max(int64((left+time.Second-1)/time.Second), 0)
		}
	}
	if out.Status == checkout.Completed {
		o.RedirectURL = nullable(s.Checkout.Redirect())
	}
	o.Phase = string(standing.Phase())
	return o, nil
}

// How long Cloudflare's cache may repeat an answer. For an open checkout it is the minimum: a page
// that was notified of a payment asks every 1.1 s and must not get an earlier answer again.
var (
	keepOpenStatus     = keep{"no-cache", "max-age=1, stale-if-error=0"}
	keepTerminalStatus = keep{"no-cache", "max-age=300"}
)
