package worker

import (
	"io"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

// merchantName returns the member name, which is required.
func (p *params) merchantName() string {
	name := p.displayName("name", 100)
	if isBlank(name) {
		p.fail(missing("name", "name is required."))
	}
	return name
}

// createMerchant is POST /merchants.
func createMerchant(c *call) (answer, error) {
	p := newParams(c.request.Body)
	m := store.Merchant{Name: p.merchantName(), AccountTest: p.account("account_test"), AccountLive: p.account("account_live")}
	p.brand(&m.Brand)
	if err := p.done(); err != nil {
		return answer{}, err
	}
	idem, err := c.operatorIdempotency("", func(i *store.Idempotency) []store.Key {
		return store.MerchantKeys(i.Earlier(checkout.KindMerchant)...)
	})
	if err != nil {
		return answer{}, err
	}
	for _, id := range idem.Earlier(checkout.KindMerchant) {
		if made, err := c.view.Merchant(c.ctx, id); err != nil {
			return answer{}, err
		} else if made != nil {
			return jsonAnswer(c.merchantView(*made))
		}
	}
	if m.ID, err = idem.NewID(checkout.KindMerchant, c.began, c.platform.Entropy); err != nil {
		return answer{}, err
	}
	m.Salt = make([]byte, 32)
	if _, err := io.ReadFull(c.platform.Entropy, m.Salt); err != nil {
		return answer{}, err
	}
	m.CreatedAt, m.UpdatedAt = c.began, c.began
	c.view.RememberLast(idem, m.ID, c.platform.Now())
	c.view.CreateMerchant(m)
	return c.commitMerchant(m)
}
