package worker

import (
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

// expireCheckout is POST /checkout/{id}/expire: it moves the deadline of an open checkout to
// [checkout.CancelGrace] from now. Payments whose ledgers close before that still count; the page
// stops asking for money at once. The body has no parameters and may be omitted.
func expireCheckout(c *call) (answer, error) {
	if len(c.request.Body) > 0 {
		if err := newParams(c.request.Body).done(); err != nil {
			return answer{}, err
		}
	}
	idem, err := c.idempotency(func(*store.Idempotency) []store.Key { return store.FactsKeys(c.path("id")) })
	if err != nil {
		return answer{}, err
	}
	s, err := c.ownCheckout(c.path("id"))
	if err != nil {
		return answer{}, err
	}
	return c.cancel(s, idem)
}

// cancel moves the deadline of an open checkout to [checkout.CancelGrace] from now.
func (c *call) cancel(s *checkout.Facts, idem *store.Idempotency) (answer, error) {
	out := c.look(s)
	if idem.Made() != "" && (out.Status.Terminal() || !s.CancelledBy.IsZero()) {
		return c.checkoutAnswer(s, out) // including what has happened since it was cancelled
	}
	if out.Status.Terminal() {
		return answer{}, &Error{Code: CodeCheckoutNotOpen, Message: "The checkout is " + string(out.Status) + " already; only an open one can be cancelled."}
	}
	deadline := c.platform.Now().Add(checkout.CancelGrace).UTC().Truncate(time.Millisecond)
	// The Idempotency-Key may have been stored without the cancellation, so a retry cancels a
	// checkout that is still open.
	c.view.RememberLast(idem, s.Checkout.ID.String(), c.platform.Now())
	cancels := s.CancelledBy.IsZero() && deadline.Before(s.Checkout.ExpiresAt)
	if cancels {
		c.checkouts().Cancel(&s.Checkout, deadline)
	}
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	if cancels {
		s.CancelledBy = deadline
		c.ended(c.ctx, []checkout.ID{s.Checkout.ID})
	}
	return c.checkoutAnswer(s, out)
}
