package worker

import (
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

type merchantObject struct {
	ID          string   `json:"id"`
	Object      string   `json:"object"`
	Name        string   `json:"name"`
	AccountTest nullable `json:"account_test"`
	AccountLive nullable `json:"account_live"`
	// FormerAccounts may still be paid for checkouts that were created before the change.
	FormerAccounts []formerAccount `json:"former_accounts"`
	Suspended      bool            `json:"suspended"`
	LogoURL        nullable        `json:"logo_url"`
	BrandColor     nullable        `json:"brand_color"`
	SupportEmail   nullable        `json:"support_email"`
	Website        nullable        `json:"website"`
	HomeDomain     nullable        `json:"home_domain"`
	CreatedAt      string          `json:"created_at"`
	UpdatedAt      string          `json:"updated_at"`
}

type formerAccount struct {
	Account stellar.Address `json:"account"`
	Live    bool            `json:"livemode"`
	Until   string          `json:"until"`
}

func (c *call) merchantView(m store.Merchant) any {
	former := []formerAccount{}
	for _, f := range m.FormerAccounts(c.began) {
		former = append(former, formerAccount{f.Account, f.Mode == stellar.Live, timestamp(f.Until)})
	}
	return merchantObject{
		ID: m.ID, Object: "merchant", Name: m.Name, AccountTest: nullable(m.AccountTest), AccountLive: nullable(m.AccountLive),
		FormerAccounts: former, Suspended: m.Suspended,
		LogoURL: nullable(m.LogoURL), BrandColor: nullable(m.Color), SupportEmail: nullable(m.SupportEmail), Website: nullable(m.Website),
		HomeDomain: nullable(m.HomeDomain), CreatedAt: timestamp(m.CreatedAt), UpdatedAt: timestamp(m.UpdatedAt),
	}
}

func (c *call) commitMerchant(m store.Merchant) (answer, error) {
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	return jsonAnswer(c.merchantView(m))
}

// merchantID returns the merchant's id from the path, without a read: whether there is such a
// merchant is not known.
func (c *call) merchantID() (string, error) {
	id := c.path("id")
	if _, err := checkout.ParseID(checkout.KindMerchant, id); err != nil {
		return "", notFound("merchant", id)
	}
	return id, nil
}

// merchantOfPath reads the merchant in the path.
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
