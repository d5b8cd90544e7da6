package worker

// archiveProduct is DELETE /product/{id}. The product can still be read, but not sold until it is
// active again. Existing checkouts keep their price.
func archiveProduct(c *call) (answer, error) {
	p, err := c.ownProduct()
	if err != nil {
		return answer{}, err
	}
	if !p.Archived {
		p.Archived, p.UpdatedAt = true, c.began
		c.products().Update(*p)
		return c.commitProduct(*p)
	}
	return jsonAnswer(productView(*p))
}
