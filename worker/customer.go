package worker

import (
	"strings"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

type customerObject struct {
	ID        string            `json:"id"`
	Object    string            `json:"object"`
	Email     *string           `json:"email"`
	Name      *string           `json:"name"`
	Phone     *string           `json:"phone"`
	Metadata  checkout.Metadata `json:"metadata"`
	Livemode  bool              `json:"livemode"`
	CreatedAt string            `json:"created_at"`
	UpdatedAt string            `json:"updated_at"`
}

func customerView(u store.Customer) customerObject {
	return customerObject{
		ID: u.ID, Object: "customer", Email: optional(u.Email), Name: optional(u.Name), Phone: optional(u.Phone),
		Metadata: u.Metadata.Object(), Livemode: u.Mode.IsLive(), CreatedAt: timestamp(u.CreatedAt), UpdatedAt: timestamp(u.UpdatedAt),
	}
}

// describeCustomer reads what a merchant says of a customer.
func describeCustomer(p *params, u *store.Customer) {
	u.Email, u.Name, u.Phone, u.Metadata = p.email("email"), p.text("name", 200), p.phone("phone"), p.metadata("metadata")
	if p.err == nil && u.Email == "" && u.Phone == "" && isBlank(u.Name) {
		p.fail(missing("email", "One of email, phone and name is required."))
	}
}

// createCustomer is POST /customers. An address belongs to one customer: if it has one already, that one is returned as it is.
func createCustomer(c *call) (answer, error) {
	p := newParams(c.request.Body)
	var u store.Customer
	describeCustomer(p, &u)
	if err := p.done(); err != nil {
		return answer{}, err
	}
	idem, err := c.idempotency(func(i *store.Idempotency) []store.Key {
		return append(store.CustomerKeys(i.Earlier(checkout.KindCustomer)...), c.customers().ContactKeys(u.Contacts())...)
	})
	if err != nil {
		return answer{}, err
	}
	for _, id := range idem.Earlier(checkout.KindCustomer) {
		if made, err := c.customers().Get(c.ctx, id); err != nil {
			return answer{}, err
		} else if made != nil {
			return jsonAnswer(customerView(*made))
		}
	}
	known, free, err := c.customers().Find(c.ctx, u.Contacts())
	if err != nil {
		return answer{}, err
	}
	if known != nil {
		c.view.Remember(idem, known.ID, c.platform.Now())
		if err := c.view.Commit(c.ctx); err != nil {
			return answer{}, err
		}
		return jsonAnswer(customerView(*known))
	}
	if u.ID = free; free == "" {
		if u.ID, err = idem.NewID(checkout.KindCustomer, c.began, c.platform.Entropy); err != nil {
			return answer{}, err
		}
	}
	c.view.Remember(idem, u.ID, c.platform.Now())
	c.customers().Create(&u, c.began)
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	return jsonAnswer(customerView(u))
}

// ownCustomer reads the customer of the path.
func (c *call) ownCustomer() (*store.Customer, error) {
	u, err := c.customers().Get(c.ctx, c.path("id"))
	if err == nil && u == nil {
		err = notFound("customer", c.path("id"))
	}
	return u, err
}

// getCustomer is GET /customers/{id}.
func getCustomer(c *call) (answer, error) {
	u, err := c.ownCustomer()
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(customerView(*u))
}

// updateCustomer is PUT /customers/{id}. What is not sent stays, null removes it. An address that another customer has is refused; one
// that is given up is free at once here, and within a minute everywhere.
func updateCustomer(c *call) (answer, error) {
	var given store.Customer // what is wrong with it is told below
	describeCustomer(newParams(c.request.Body), &given)
	if err := c.view.Fetch(c.ctx, append(c.customers().ContactKeys(given.Contacts()), store.CustomerKeys(c.path("id"))...)...); err != nil {
		return answer{}, err
	}
	u, err := c.ownCustomer()
	if err != nil {
		return answer{}, err
	}
	p := newParams(c.request.Body)
	view := customerView(*u)
	p.keep("email", view.Email)
	p.keep("name", view.Name)
	p.keep("phone", view.Phone)
	p.keep("metadata", view.Metadata)
	before := *u
	describeCustomer(p, u)
	if err := p.done(); err != nil {
		return answer{}, err
	}
	var added []store.Contact
	for _, contact := range u.Contacts() {
		if before.Has(contact) {
			continue
		}
		holder, _, err := c.customers().Holder(c.ctx, contact)
		if err != nil {
			return answer{}, err
		}
		if holder != nil && holder.ID != u.ID {
			return answer{}, &Error{CodeAddressTaken, "This " + contact.Kind + " belongs to the customer " + holder.ID + "; change or delete that one first.", contact.Kind}
		}
		added = append(added, contact)
	}
	u.UpdatedAt = c.began
	c.customers().Update(*u, added)
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	return jsonAnswer(customerView(*u))
}

// deleteCustomer is DELETE /customers/{id}. The customer's data goes and its contacts are free, at once here and within a
// minute everywhere; checkouts keep its id.
func deleteCustomer(c *call) (answer, error) {
	u, err := c.ownCustomer()
	if err != nil {
		return answer{}, err
	}
	c.customers().Delete(*u, c.began)
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	return jsonAnswer(deletedObject{u.ID, "customer", true})
}

// listCustomers is GET /customers. An e-mail address or phone number finds the one customer that has it, without a list.
func listCustomers(c *call) (answer, error) {
	if c.query.Has("email") || c.query.Has("phone") {
		return c.findCustomer(c.query)
	}
	return c.list(list{
		noun: "customer", kind: checkout.KindCustomer, path: "/customers", since: c.Merchant.CreatedAt,
		created: func(id string) (time.Time, error) {
			u, err := c.customers().GetOrDeleted(c.ctx, id)
			if err != nil || u == nil {
				return time.Time{}, err
			}
			return u.CreatedAt, nil
		},
		write: func(entries []store.Listed) ([][]byte, error) {
			listed, err := c.customers().Listed(c.ctx, entries)
			return writeListed(listed, err, customerView)
		},
	})
}

// findCustomer answers with a list of the customer that has all of the addresses, or of none.
func (c *call) findCustomer(query query) (answer, error) {
	if w, err := windowOf(query, "customer"); err != nil {
		return answer{}, err
	} else if w.cursor != "" {
		return answer{}, invalid(w.param(), "%s is not possible with email or phone, which one customer has at most.", w.param())
	}
	// A + that was not written as %2B arrives as a blank, of which an e-mail address has none, nor the beginning of a phone number.
	if email := strings.TrimSpace(query.Get("email")); strings.Contains(email, " ") {
		query = query.with("email", strings.ReplaceAll(email, " ", "+"))
	}
	if phone, ok := strings.CutPrefix(query.Get("phone"), " "); ok {
		query = query.with("phone", "+"+phone)
	}
	p := queryParams(query)
	wanted := store.Customer{Email: p.email("email"), Phone: p.phone("phone")}.Contacts()
	for _, kind := range []string{"email", "phone"} {
		if query.Has(kind) && isBlank(query.Get(kind)) {
			p.fail(invalid(kind, "%s must not be empty; leave it out to list all customers.", kind))
		}
	}
	if p.err != nil {
		return answer{}, p.err
	}
	u, _, err := c.customers().Holder(c.ctx, wanted[0])
	if err != nil {
		return answer{}, err
	}
	var items [][]byte
	if u != nil && u.Has(wanted[len(wanted)-1]) {
		item, err := encodeItem(customerView(*u))
		if err != nil {
			return answer{}, err
		}
		items = append(items, item)
	}
	return written(jsonType, listBody("/customers", items, false)), nil
}
