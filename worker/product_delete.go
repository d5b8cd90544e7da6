package worker

// archiveProduct is DELETE /product/{id}: it can be read as before, but not sold until it is active again. Checkouts that exist keep their price.
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
