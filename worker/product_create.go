package worker

import (
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

// createProduct is POST /product.
func createProduct(c *call) (answer, error) {
	p := newParams(c.request.Body)
	product := store.Product{Merchant: c.Merchant.ID, Mode: c.Mode}
	c.describe(p, &product)
	if err := p.done(); err != nil {
		return answer{}, err
	}
	idem, err := c.idempotency(func(i *store.Idempotency) []store.Key {
		return store.ProductKeys(i.Earlier(checkout.KindProduct)...)
	})
	if err != nil {
		return answer{}, err
	}
	for _, id := range idem.Earlier(checkout.KindProduct) {
		if made, err := c.products().Get(c.ctx, id); err != nil {
			return answer{}, err
		} else if made != nil {
			return jsonAnswer(productView(*made))
		}
	}
	if product.ID, err = idem.NewID(checkout.KindProduct, c.began, c.platform.Entropy); err != nil {
		return answer{}, err
	}
	product.CreatedAt = c.began
	product.UpdatedAt = product.CreatedAt
	c.view.Remember(idem, product.ID, c.platform.Now())
	c.products().Create(product)
	return c.commitProduct(product)
}
