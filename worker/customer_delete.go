package worker

import "edgecheckout/worker/event"

// deleteCustomer is DELETE /customers/{id}. The customer's data is deleted and their contacts
// become free, here at once and everywhere within a minute. Checkouts keep the id.
func deleteCustomer(c *call) (answer, error) {
	u, err := c.ownCustomer()
	if err != nil {
		return answer{}, err
	}
	c.customers().Delete(*u, c.began)
	gone := deletedObject{u.ID, "customer", true}
	deleted := func() event.Event { return event.New(event.CustomerDeleted, c.began, u.ID) }
	if err := c.tell(deleted, gone, nil); err != nil {
		return answer{}, err
	}
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	return jsonAnswer(gone)
}
