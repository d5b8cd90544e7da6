package worker

import (
	"edgecheckout/worker/event"
	"edgecheckout/worker/store"
)

// updateCustomer is PUT /customers/{id}. Omitted fields stay; null removes a field. A contact of
// another customer is refused. A contact that is given up becomes free, here at once and everywhere
// within a minute.
func updateCustomer(c *call) (answer, error) {
	var given store.Customer // errors in it are reported below
	c.describeCustomer(newParams(c.request.Body), &given)
	if err := c.view.Fetch(c.ctx, append(c.customers().ContactKeys(given.Contacts()), store.CustomerKeys(c.path("id"))...)...); err != nil {
		return answer{}, err
	}
	u, err := c.ownCustomer()
	if err != nil {
		return answer{}, err
	}
	p := newParams(c.request.Body)
	view := customerView(*u)
	p.keep("email", view.Email)
	p.keep("name", view.Name)
	p.keep("phone", view.Phone)
	p.keep("image", view.Image)
	before := *u
	c.describeCustomer(p, u)
	if err := p.done(); err != nil {
		return answer{}, err
	}
	var added []store.Contact
	for _, contact := range u.Contacts() {
		if before.Has(contact) {
			continue
		}
		holder, _, err := c.customers().Holder(c.ctx, contact)
		if err != nil {
			return answer{}, err
		}
		if holder != nil && holder.ID != u.ID {
			return answer{}, &Error{CodeAddressTaken, "This " + contact.Kind + " belongs to the customer " + holder.ID + "; change or delete that one first.", contact.Kind}
		}
		added = append(added, contact)
	}
	u.UpdatedAt = c.began
	c.customers().Update(*u, added)
	updated := func() event.Event { return event.New(event.CustomerUpdated, c.began, u.ID) }
	if err := c.tell(updated, customerView(*u), view); err != nil {
		return answer{}, err
	}
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	return jsonAnswer(customerView(*u))
}
