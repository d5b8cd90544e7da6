package worker

// deleteCustomer is DELETE /customers/{id}. The customer's data goes and its contacts are free, at once here and within a
// minute everywhere; checkouts keep its id.
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
