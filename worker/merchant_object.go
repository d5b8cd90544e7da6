package worker

import (
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

type merchantObject struct {
	ID          string   `json:"id"`
	Object      string   `json:"object"`
	Name        string   `json:"name"`
	AccountTest nullable `json:"account_test"`
	AccountLive nullable `json:"account_live"`
	Suspended   bool     `json:"suspended"`
	CreatedAt   string   `json:"created_at"`
	UpdatedAt   string   `json:"updated_at"`
}

func merchantView(m store.Merchant) any {
	return merchantObject{m.ID, "merchant", m.Name, nullable(m.AccountTest), nullable(m.AccountLive), m.Suspended, timestamp(m.CreatedAt), timestamp(m.UpdatedAt)}
}

func (c *call) commitMerchant(m store.Merchant) (answer, error) {
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	return jsonAnswer(merchantView(m))
}

// merchantID returns the merchant's id from the path, without a read: whether there is such a merchant
// is not known.
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
