package worker

// getProduct is GET /product/{id}.
func getProduct(c *call) (answer, error) {
	p, err := c.ownProduct()
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(productView(*p))
}
