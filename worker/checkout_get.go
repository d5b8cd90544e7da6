package worker

import "edgecheckout/worker/checkout"

// getCheckout is GET /checkout/{id}. While the checkout is open it looks at the ledger.
func getCheckout(c *call) (answer, error) {
	f, err := c.ownCheckout(c.path("id"))
	if err != nil {
		return answer{}, err
	}
	return c.checkoutAnswer(f, c.look(f))
}

// ownCheckout loads a checkout by its id for its merchant; it is not found for everybody else.
func (c *call) ownCheckout(id string) (*checkout.Facts, error) {
	f, err := c.checkouts().Get(c.ctx, id)
	if err == nil && f == nil {
		err = notFound("checkout", id)
	}
	return f, err
}

// look brings a checkout up to date from the ledger. That Horizon cannot be read is no reason not to answer.
func (c *call) look(f *checkout.Facts) checkout.Outcome {
	out, err := c.watcher.Look(c.ctx, f)
	if err != nil {
		c.log(c.ctx, "look", map[string]any{"checkout": f.Checkout.ID.String(), "error": err.Error()})
	}
	return out
}
