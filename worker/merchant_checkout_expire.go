package worker

import (
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

// expireMerchantCheckout is POST /merchants/{id}/checkouts/{checkout_id}/expire: the operator
// cancels a checkout as its merchant would.
func expireMerchantCheckout(c *call) (answer, error) {
	if len(c.request.Body) > 0 {
		if err := newParams(c.request.Body).done(); err != nil {
			return answer{}, err
		}
	}
	merchant, err := c.merchantID()
	if err != nil {
		return answer{}, err
	}
	checkoutID := c.path("checkout_id")
	idem, err := c.operatorIdempotency(merchant, func(*store.Idempotency) []store.Key {
		return append(store.MerchantKeys(merchant), store.FactsKeys(checkoutID)...)
	})
	if err != nil {
		return answer{}, err
	}
	m, err := c.merchantOfPath()
	if err != nil {
		return answer{}, err
	}
	id, err := checkout.ParseCheckoutID(checkoutID)
	if err != nil {
		return answer{}, notFound("checkout", checkoutID)
	}
	s, err := c.view.Facts(c.ctx, id)
	if err != nil {
		return answer{}, err
	}
	if s == nil || s.Checkout.Merchant != m.ID {
		return answer{}, notFound("checkout", checkoutID)
	}
	c.Owner = store.Owner{Merchant: &m, Mode: s.Checkout.Mode}
	return c.cancel(s, idem)
}
