package worker

import (
	"io"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

type merchantObject struct {
	ID          string  `json:"id"`
	Object      string  `json:"object"`
	Name        string  `json:"name"`
	AccountTest *string `json:"account_test"`
	AccountLive *string `json:"account_live"`
	CreatedAt   string  `json:"created_at"`
	UpdatedAt   string  `json:"updated_at"`
}

func merchantView(m store.Merchant) any {
	return merchantObject{m.ID, "merchant", m.Name, optional(string(m.AccountTest)), optional(string(m.AccountLive)), timestamp(m.CreatedAt), timestamp(m.UpdatedAt)}
}

// account returns a G… account; "" if it is absent.
func (p *params) account(name string) stellar.Address {
	s := p.text(name, 1000)
	if s == "" {
		return ""
	}
	address, err := stellar.ParseAddress(s)
	if err != nil {
		p.fail(invalid(name, "%s must be a Stellar account (G and 55 more characters, with a valid checksum).", name))
	}
	return address
}

// createMerchant is POST /merchants.
func createMerchant(c *call) (answer, error) {
	p := newParams(c.request.Body)
	m := store.Merchant{Name: p.required("name", 100, ""), AccountTest: p.account("account_test"), AccountLive: p.account("account_live")}
	if err := p.done(); err != nil {
		return answer{}, err
	}
	idem, err := c.operatorIdempotency("", func(i *store.Idempotency) []store.Key {
		return store.MerchantKeys(i.Earlier(checkout.KindMerchant)...)
	})
	if err != nil {
		return answer{}, err
	}
	for _, id := range idem.Earlier(checkout.KindMerchant) {
		if made, err := c.view.Merchant(c.ctx, id); err != nil {
			return answer{}, err
		} else if made != nil {
			return jsonAnswer(merchantView(*made))
		}
	}
	if m.ID, err = idem.NewID(checkout.KindMerchant, c.began, c.platform.Entropy); err != nil {
		return answer{}, err
	}
	m.Salt = make([]byte, 32)
	if _, err := io.ReadFull(c.platform.Entropy, m.Salt); err != nil {
		return answer{}, err
	}
	m.CreatedAt, m.UpdatedAt = c.began, c.began
	c.view.RememberLast(idem, m.ID, c.platform.Now())
	c.view.CreateMerchant(m)
	return c.commitMerchant(m)
}

func (c *call) commitMerchant(m store.Merchant) (answer, error) {
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	return jsonAnswer(merchantView(m))
}

// merchantOfPath reads the merchant that the path names.
func (c *call) merchantOfPath() (store.Merchant, error) {
	m, err := c.view.Merchant(c.ctx, c.path("id"))
	if err != nil {
		return store.Merchant{}, err
	}
	if m == nil {
		return store.Merchant{}, notFound("merchant", c.path("id"))
	}
	return *m, nil
}

// getMerchant is GET /merchants/{id}.
func getMerchant(c *call) (answer, error) {
	m, err := c.merchantOfPath()
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(merchantView(m))
}

// updateMerchant is PUT /merchants/{id}. What is not sent stays; null removes an account. Checkouts keep the account they were made with.
func updateMerchant(c *call) (answer, error) {
	m, err := c.merchantOfPath()
	if err != nil {
		return answer{}, err
	}
	p := newParams(c.request.Body)
	if name := p.text("name", 100); p.has("name") {
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
