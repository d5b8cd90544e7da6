package worker

import (
	"edgecheckout/worker/store"
)

// updateCheckout is PUT /checkout/{id}: it changes what the merchant says of an open checkout, never
// what is due, to whom and until when.
func updateCheckout(c *call) (answer, error) {
	f, err := c.ownCheckout(c.path("id"))
	if err != nil {
		return answer{}, err
	}
	s := &f.Checkout
	p := newParams(c.request.Body)
	if p.has("status") {
		p.fail(&Error{CodeParameterUnknown, "status cannot be set: it says what the ledger proves. To cancel an open checkout, send DELETE /checkout/{id}.", "status"})
	}
	p.keep("description", s.Description)
	p.keep("redirect_url", s.RedirectURL)
	s.Description = p.text("description", 500)
	s.RedirectURL = p.returnURL("redirect_url", c.Mode)
	s.Metadata = p.metadata("metadata", s.Metadata)
	if err := p.done(); err != nil {
		return answer{}, err
	}
	out := c.look(f)
	if out.Status.Terminal() {
		return answer{}, &Error{Code: CodeCheckoutNotOpen, Message: "The checkout is " + string(out.Status) + " already; only an open one can be changed."}
	}
	s.UpdatedAt = c.began
	c.checkouts().Update(s)
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	c.platform.Cache.Purge(c.ctx, s.ID.String()) // the page shows the description
	return c.checkoutAnswer(f, out)
}

// cancelCheckout is DELETE /checkout/{id}, which is what expireCheckout is.
func cancelCheckout(c *call) (answer, error) {
	f, err := c.ownCheckout(c.path("id"))
	if err != nil {
		return answer{}, err
	}
	return c.cancel(f, &store.Idempotency{})
}
