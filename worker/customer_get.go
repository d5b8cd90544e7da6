package worker

// getCustomer is GET /customers/{id}.
func getCustomer(c *call) (answer, error) {
	u, err := c.ownCustomer()
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(customerView(*u))
}
