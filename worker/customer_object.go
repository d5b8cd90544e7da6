package worker

import (
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

type customerObject struct {
	ID        string            `json:"id"`
	Object    string            `json:"object"`
	Email     nullable          `json:"email"`
	Name      nullable          `json:"name"`
	Phone     nullable          `json:"phone"`
	Metadata  checkout.Metadata `json:"metadata"`
	Livemode  bool              `json:"livemode"`
	CreatedAt string            `json:"created_at"`
	UpdatedAt string            `json:"updated_at"`
}

func customerView(u store.Customer) customerObject {
	return customerObject{
		ID: u.ID, Object: "customer", Email: nullable(u.Email), Name: nullable(u.Name), Phone: nullable(u.Phone),
		Metadata: u.Metadata.Object(), Livemode: u.Mode.IsLive(), CreatedAt: timestamp(u.CreatedAt), UpdatedAt: timestamp(u.UpdatedAt),
	}
}

// describeCustomer parses a customer's fields.
func describeCustomer(p *params, u *store.Customer) {
	u.Email, u.Name, u.Phone, u.Metadata = p.email("email"), p.text("name", 200), p.phone("phone"), p.metadata("metadata")
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
