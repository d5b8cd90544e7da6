package worker

// updateLink is PUT /payment_links/{id}. Omitted fields stay; null removes an optional field, and
// without amount the customer says how much. To turn a link of an amount into one of a product, or
// back, send null for what the other kind has.
func updateLink(c *call) (answer, error) {
	link, err := c.ownLink()
	if err != nil {
		return answer{}, err
	}
	p := newParams(c.request.Body)
	view := c.linkView(*link)
	if link.Product != "" {
		p.keep("product_id", view.ProductID)
	} else {
		p.keep("amount", view.Amount)
		if p.keep("asset_code", view.AssetCode); p.is("asset_code", link.Asset.Code) {
			p.keep("asset_issuer", view.AssetIssuer) // as that of a product
		}
	}
	p.keep("description", view.Description)
	p.keep("redirect_url", view.RedirectURL)
	p.keep("active", view.Active)
	c.describeLink(p, link)
	if err := p.done(); err != nil {
		return answer{}, err
	}
	asset, err := c.soldFor(*link)
	if err != nil {
		return answer{}, err
	}
	link.UpdatedAt = c.began
	c.links().Update(*link)
	a, err := c.commitLink(*link, asset)
	if err == nil {
		c.platform.Cache.Purge(c.ctx, link.ID)
	}
	return a, err
}
