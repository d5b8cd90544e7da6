package worker

import (
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/event"
	"edgecheckout/worker/store"
)

// createCustomer is POST /customers. A contact belongs to one customer: if it already has one, that
// customer is returned unchanged.
func createCustomer(c *call) (answer, error) {
	if c.isList() {
		return createCustomers(c)
	}
	p := newParams(c.request.Body)
	var u store.Customer
	c.describeCustomer(p, &u)
	if err := p.done(); err != nil {
		return answer{}, err
	}
	idem, err := c.idempotency(func(i *store.Idempotency) []store.Key {
		return append(store.CustomerKeys(i.Earlier(checkout.KindCustomer)...), c.customers().ContactKeys(u.Contacts())...)
	})
	if err != nil {
		return answer{}, err
	}
	for _, id := range idem.Earlier(checkout.KindCustomer) {
		if made, err := c.customers().Get(c.ctx, id); err != nil {
			return answer{}, err
		} else if made != nil {
			return jsonAnswer(customerView(*made))
		}
	}
	known, free, err := c.customers().Find(c.ctx, u.Contacts())
	if err != nil {
		return answer{}, err
	}
	if known != nil {
		c.view.Remember(idem, known.ID, c.platform.Now())
		if err := c.view.Commit(c.ctx); err != nil {
			return answer{}, err
		}
		return jsonAnswer(customerView(*known))
	}
	if u.ID = free; free == "" {
		if u.ID, err = idem.NewID(checkout.KindCustomer, c.began, c.platform.Entropy); err != nil {
			return answer{}, err
		}
	}
	c.view.Remember(idem, u.ID, c.platform.Now())
	c.customers().Create(&u, c.began)
	if err := c.tell(func() event.Event { return customerCreated(u) }, customerView(u), nil); err != nil {
		return answer{}, err
	}
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	return jsonAnswer(customerView(u))
}
