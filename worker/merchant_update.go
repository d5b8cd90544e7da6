package worker

// updateMerchant is PUT /merchants/{id}. What is not sent stays; null removes an account. Checkouts keep the account they were made with.
func updateMerchant(c *call) (answer, error) {
	m, err := c.merchantOfPath()
	if err != nil {
		return answer{}, err
	}
	p := newParams(c.request.Body)
	if name := p.displayName("name", 100); p.has("name") {
		if m.Name = name; isBlank(name) {
			p.fail(missing("name", "name must not be empty."))
		}
	}
	if account := p.account("account_test"); p.has("account_test") {
		m.AccountTest = account
	}
	if account := p.account("account_live"); p.has("account_live") {
		m.AccountLive = account
	}
	if err := p.done(); err != nil {
		return answer{}, err
	}
	m.UpdatedAt = c.began
	c.view.UpdateMerchant(m)
	return c.commitMerchant(m)
}
