package worker

// deleteCustomer is DELETE /customers/{id}. The customer's data is deleted and their contacts
// become free, here at once and everywhere within a minute. Checkouts keep the id.
func deleteCustomer(c *call) (answer, error) {
	u, err := c.ownCustomer()
	if err != nil {
		return answer{}, err
	}
	c.customers().Delete(*u, c.began)
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	return jsonAnswer(deletedObject{u.ID, "customer", true})
}
