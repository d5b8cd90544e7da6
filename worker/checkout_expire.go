package worker

import (
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

// expireCheckout is POST /checkout/{id}/expire: it moves the deadline of an open checkout to CancelGrace from now. What closes on the ledger
// before that still counts; the page stops asking for money at once. There is nothing to say in a body, and it may be left out.
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
		return c.checkoutAnswer(s, out) // whatever became of it since it was cancelled
	}
	if out.Status.Terminal() {
		return answer{}, &Error{Code: CodeCheckoutNotOpen, Message: "The checkout is " + string(out.Status) + " already; only an open one can be cancelled."}
	}
	deadline := c.platform.Now().Add(checkout.CancelGrace).UTC().Truncate(time.Millisecond)
	// The record of the Idempotency-Key may be stored although the rest was not: a retry cancels what is still open.
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
		c.forget(c.ctx, []checkout.ID{s.Checkout.ID})
	}
	return c.checkoutAnswer(s, out)
}
