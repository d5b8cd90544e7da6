package worker

import (
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

type customerObject struct {
	ID          string            `json:"id"`
	Object      string            `json:"object"`
	Email       nullable          `json:"email"`
	Name        nullable          `json:"name"`
	Phone       nullable          `json:"phone"`
	Image       nullable          `json:"image"`
	Wallets     []walletObject    `json:"wallets"`
	Metadata    checkout.Metadata `json:"metadata"`
	Livemode    bool              `json:"livemode"`
	Environment string            `json:"environment"`
	CreatedAt   string            `json:"created_at"`
	UpdatedAt   string            `json:"updated_at"`
}

// walletObject is an account of a customer. Its address names it.
type walletObject struct {
	ID        stellar.Address `json:"id"`
	Address   stellar.Address `json:"address"`
	CreatedAt string          `json:"created_at"`
}

func customerView(u store.Customer) customerObject {
	wallets := []walletObject{}
	for _, w := range u.Wallets {
		wallets = append(wallets, walletObject{w.Address, w.Address, timestamp(w.CreatedAt)})
	}
	return customerObject{
		ID: u.ID, Object: "customer", Email: nullable(u.Email), Name: nullable(u.Name), Phone: nullable(u.Phone), Image: nullable(u.Image), Wallets: wallets,
		Metadata: u.Metadata.Object(), Livemode: u.Mode.IsLive(), Environment: environment(u.Mode), CreatedAt: timestamp(u.CreatedAt), UpdatedAt: timestamp(u.UpdatedAt),
	}
}

// describeCustomer parses a customer's fields.
func (c *call) describeCustomer(p *params, u *store.Customer) {
	u.Email, u.Name, u.Phone = p.email("email"), p.text("name", 200), p.phone("phone")
	u.Image = p.image("image")
	u.Wallets = p.wallets("wallets", u.Wallets, c.began)
	u.Metadata = p.metadata("metadata", u.Metadata)
	if p.err == nil && u.Email == "" && u.Phone == "" && isBlank(u.Name) {
		p.fail(missing("email", "One of email, phone and name is required."))
	}
}

// ownCustomer reads the customer in the path.
func (c *call) ownCustomer() (*store.Customer, error) {
	u, err := c.customers().Get(c.ctx, c.path("id"))
	if err == nil && u == nil {
		err = notFound("customer", c.path("id"))
	}
	return u, err
}
