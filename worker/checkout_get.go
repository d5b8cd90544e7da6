package worker

import "edgecheckout/worker/checkout"

// getCheckout is GET /checkout/{id}. While the checkout is open, it reads the ledger.
func getCheckout(c *call) (answer, error) {
	f, err := c.ownCheckout(c.path("id"))
	if err != nil {
		return answer{}, err
	}
	return c.checkoutAnswer(f, c.look(f))
}

// ownCheckout reads one of the merchant's checkouts. For anyone else it is not found.
func (c *call) ownCheckout(id string) (*checkout.Facts, error) {
	f, err := c.checkouts().Get(c.ctx, id)
	if err == nil && f == nil {
		err = notFound("checkout", id)
	}
	return f, err
}

// look updates a checkout from the ledger. If Horizon cannot be read, the request is answered all
// the same.
func (c *call) look(f *checkout.Facts) checkout.Outcome {
	out, err := c.watcher.Look(c.reading(f.Checkout.Account), f)
	if err != nil {
		c.log(c.ctx, "look", map[string]any{"checkout": f.Checkout.ID.String(), "error": err.Error()})
	}
	return out
}
