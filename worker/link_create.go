package worker

import (
	"slices"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

// createLink is POST /payment_links.
func createLink(c *call) (answer, error) {
	p := newParams(c.request.Body)
	link := store.PaymentLink{Merchant: c.Merchant.ID, Mode: c.Mode}
	c.describeLink(p, &link)
	if err := p.done(); err != nil {
		return answer{}, err
	}
	idem, err := c.idempotency(func(i *store.Idempotency) []store.Key {
		return slices.Concat(store.LinkKeys(i.Earlier(checkout.KindLink)...), store.ProductKeys(link.Product))
	})
	if err != nil {
		return answer{}, err
	}
	for _, id := range idem.Earlier(checkout.KindLink) {
		if made, err := c.links().Get(c.ctx, id); err != nil {
			return answer{}, err
		} else if made != nil {
			return jsonAnswer(c.linkView(*made))
		}
	}
	asset, err := c.soldFor(link)
	if err != nil {
		return answer{}, err
	}
	if link.ID, err = idem.NewID(checkout.KindLink, c.began, c.platform.Entropy); err != nil {
		return answer{}, err
	}
	link.CreatedAt, link.UpdatedAt = c.began, c.began
	c.view.Remember(idem, link.ID, c.platform.Now())
	c.links().Create(link)
	return c.commitLink(link, asset)
}
