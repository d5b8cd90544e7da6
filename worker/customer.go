package worker

import (
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/record"
)

type customerObject struct {
	ID        string            `json:"id"`
	Object    string            `json:"object"`
	Email     *string           `json:"email"`
	Name      *string           `json:"name"`
	Phone     *string           `json:"phone"`
	Metadata  map[string]string `json:"metadata"`
	Livemode  bool              `json:"livemode"`
	CreatedAt string            `json:"created_at"`
	UpdatedAt string            `json:"updated_at"`
}

func customerView(u record.Customer) any {
	return customerObject{
		ID: u.ID, Object: "customer", Email: optional(u.Email), Name: optional(u.Name), Phone: optional(u.Phone),
		Metadata: metadataOrEmpty(u.Metadata), Livemode: u.Livemode, CreatedAt: timestamp(u.CreatedAt), UpdatedAt: timestamp(u.UpdatedAt),
	}
}

// customer reads a customer of the caller's merchant and mode; nil if there is none.
func (c *call) customer(id string) (*record.Customer, error) {
	if _, err := checkout.ParseID(checkout.KindCustomer, id); err != nil {
		return nil, nil
	}
	u, ok, err := get[record.Customer](c, record.CustomerKey(id))
	if err != nil || !ok || u.Merchant != c.merchant.ID || u.Livemode != c.livemode {
		return nil, err
	}
	return &u, nil
}

// addressID is the id of the customer who is made for an e-mail address or phone number. It depends on nothing else, so that two
// edges that meet a new customer at once make one.
func (c *call) addressID(kind, address string) string {
	return checkout.DeriveID(checkout.KindCustomer, c.merchant.Salt, time.UnixMilli(0), c.merchant.ID, string(c.mode()), kind, address)
}

// addressIDs returns the ids for the addresses that a customer has, the e-mail's first.
func (c *call) addressIDs(u record.Customer) []string {
	var ids []string
	if u.Email != "" {
		ids = append(ids, c.addressID("email", u.Email))
	}
	if u.Phone != "" {
		ids = append(ids, c.addressID("phone", u.Phone))
	}
	return ids
}

// findByAddress returns the customer that has one of the addresses, the e-mail's first; nil if there is none.
func (c *call) findByAddress(ids []string) (*record.Customer, error) {
	for _, id := range ids {
		values, err := c.platform.Store.Get(c.ctx, record.CustomerKey(id), record.CustomerAliasKey(id))
		if err != nil {
			return nil, err
		}
		if u, ok, err := record.Decode[record.Customer](values[0]); ok || err != nil {
			return &u, err
		}
		if values[1] != nil {
			if u, err := c.customer(string(values[1])); u != nil || err != nil {
				return u, err
			}
		}
	}
	return nil, nil
}

func (c *call) findOrCreateCustomer(u record.Customer) (record.Customer, error) {
	ids := c.addressIDs(u)
	known, err := c.findByAddress(ids)
	if err != nil {
		return u, err
	}
	if known != nil {
		return *known, nil
	}
	u.ID = ids[0]
	return c.storeCustomer(u, ids, nil)
}

// storeCustomer writes a new customer. Addresses whose id is not the customer's own lead to it by an alias.
func (c *call) storeCustomer(u record.Customer, addressIDs []string, more []kv.Entry) (record.Customer, error) {
	u.Merchant, u.Livemode = c.merchant.ID, c.livemode
	u.CreatedAt = c.began
	u.UpdatedAt = u.CreatedAt
	entries := append(more,
		kv.Entry{Key: record.CustomerKey(u.ID), Value: record.Encode(u)},
		kv.Entry{Key: record.ByMerchantKey(c.merchant.ID, c.mode(), checkout.KindCustomer, u.CreatedAt, u.ID)})
	for _, id := range addressIDs {
		if id != u.ID {
			entries = append(entries, kv.Entry{Key: record.CustomerAliasKey(id), Value: []byte(u.ID)})
		}
	}
	return u, c.platform.Store.Put(c.ctx, entries...)
}

// createCustomer is POST /customers. An address belongs to one customer: if it has one already, that one is returned as it is.
func createCustomer(c *call) (answer, error) {
	p := newParams(c.body)
	u := record.Customer{Email: p.email("email"), Name: p.text("name", 200), Phone: p.phone("phone"), Metadata: p.metadata("metadata")}
	if p.err == nil && u.Email == "" && u.Phone == "" && isBlank(u.Name) {
		p.fail(missing("email", "One of email, phone and name is required."))
	}
	if err := p.done(); err != nil {
		return answer{}, err
	}
	idem, err := c.idempotency()
	if err != nil {
		return answer{}, err
	}
	for _, earlier := range idem.earlier(c, checkout.KindCustomer) {
		if made, err := c.customer(earlier); err != nil {
			return answer{}, err
		} else if made != nil {
			return jsonAnswer(customerView(*made))
		}
	}
	ids := c.addressIDs(u)
	known, err := c.findByAddress(ids)
	if err != nil {
		return answer{}, err
	}
	if known != nil {
		return jsonAnswer(customerView(*known))
	}
	if len(ids) > 0 {
		u.ID = ids[0]
	} else if u.ID, err = idem.newID(c, checkout.KindCustomer); err != nil {
		return answer{}, err
	}
	if u, err = c.storeCustomer(u, ids, idem.entries(c, u.ID)); err != nil {
		return answer{}, err
	}
	return jsonAnswer(customerView(u))
}

// getCustomer is GET /customers/{id}.
func getCustomer(c *call) (answer, error) {
	u, err := c.customer(c.path("id"))
	if err != nil {
		return answer{}, err
	}
	if u == nil {
		return answer{}, notFound("customer", c.path("id"))
	}
	return jsonAnswer(customerView(*u))
}

// listCustomers is GET /customers.
func listCustomers(c *call) (answer, error) {
	return newest(c, checkout.KindCustomer, record.CustomerKey, customerView, "/customers")
}
