package worker

import "edgecheckout/worker/stellar"

// updateMerchant is PUT /merchants/{id}. Omitted fields stay; null removes an account or a
// part of the brand. Existing checkouts keep their account, which stays in former_accounts, and their
// brand. Everywhere, new checkouts have the new ones and a suspension is known within two minutes:
// keyLifetime, and the staleness of KV.
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
		m.SetAccount(stellar.Test, account, c.began)
	}
	if account := p.account("account_live"); p.has("account_live") {
		m.SetAccount(stellar.Live, account, c.began)
	}
	p.brand(&m.Brand)
	p.keep("suspended", m.Suspended)
	m.Suspended = p.boolean("suspended")
	if err := p.done(); err != nil {
		return answer{}, err
	}
	m.UpdatedAt = c.began
	c.view.UpdateMerchant(m)
	return c.commitMerchant(m)
}
