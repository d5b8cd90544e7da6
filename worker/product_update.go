package worker

// updateProduct is PUT /product/{id}. Omitted fields stay; null removes an optional field. Existing
// checkouts keep their price.
func updateProduct(c *call) (answer, error) {
	product, err := c.ownProduct()
	if err != nil {
		return answer{}, err
	}
	p := newParams(c.request.Body)
	view := productView(*product)
	p.keep("name", view.Name)
	p.keep("description", view.Description)
	p.keep("images", view.Images)
	p.keep("type", view.Type)
	// The issuer belongs to the code. If the code changes, the issuer must be sent, or is that of
	// the known asset.
	if p.keep("asset_code", view.AssetCode); p.is("asset_code", view.AssetCode) {
		p.keep("asset_issuer", view.AssetIssuer)
	}
	if !p.given("price_amount_decimal") {
		p.keep("price_amount", view.PriceAmount)
	}
	p.keep("status", view.Status)
	c.describe(p, product)
	switch status := p.required("status", 100, ""); {
	case p.err != nil:
	case status != statusActive && status != statusArchived:
		p.fail(invalid("status", "status must be active or archived, not %s.", clip(status)))
	default:
		product.Archived = status == statusArchived
	}
	if err := p.done(); err != nil {
		return answer{}, err
	}
	product.UpdatedAt = c.began
	c.products().Update(*product)
	return c.commitProduct(*product)
}
