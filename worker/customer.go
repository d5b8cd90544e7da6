package worker

import (
	"strconv"
	"strings"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
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
		Metadata: u.Metadata, Livemode: u.Mode.IsLive(), CreatedAt: timestamp(u.CreatedAt), UpdatedAt: timestamp(u.UpdatedAt),
	}
}

// customer reads a customer of the caller's merchant and mode; nil if there is none.
func (c *call) customer(id string) (*store.Customer, error) {
	u, err := c.customerOrGone(id)
	if err != nil || u == nil || u.Deleted {
		return nil, err
	}
	return u, nil
}

// customerOrGone is customer, and what is left of one who was deleted not long ago.
func (c *call) customerOrGone(id string) (*store.Customer, error) {
	if _, err := checkout.ParseID(checkout.KindCustomer, id); err != nil {
		return nil, nil
	}
	u, ok, err := get[store.Customer](c, store.CustomerKey(id))
	if err != nil || !ok || !c.owns(u.Merchant, u.Mode) {
		return nil, err
	}
	return &u, nil
}

// customerKeys is the key of a customer; none for what is no id.
func (c *call) customerKeys(id string) []string {
	if _, err := checkout.ParseID(checkout.KindCustomer, id); err != nil {
		return nil
	}
	return []string{store.CustomerKey(id)}
}

// keysOf makes a key of each id.
func keysOf(ids []string, key func(id string) string) []string {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = key(id)
	}
	return keys
}

// address is what a customer can be found by.
type address struct {
	kind string // the parameter's name: email or phone
	text string
}

// addressesOf returns the addresses that a customer has, the e-mail first.
func addressesOf(u store.Customer) []address {
	var addresses []address
	if u.Email != "" {
		addresses = append(addresses, address{"email", u.Email})
	}
	if u.Phone != "" {
		addresses = append(addresses, address{"phone", u.Phone})
	}
	return addresses
}

func (a address) of(u store.Customer) bool {
	if a.kind == "email" {
		return u.Email == a.text
	}
	return u.Phone == a.text
}

// addressID is the id of the customer who is made for an address. It depends on nothing else, so that two edges that meet a new customer at
// once make one. Whoever was made for an address and has another one by now keeps the id; the address then goes on with its next one.
func (c *call) addressID(a address, next int) string {
	parts := []string{c.merchant.ID, string(c.mode), a.kind, a.text}
	if next > 0 {
		parts = append(parts, strconv.Itoa(next))
	}
	return checkout.DeriveID(checkout.KindCustomer, c.merchant.Salt, time.UnixMilli(0), parts...)
}

// holder returns the customer that has an address, or nil and the id under which one is to be made for it.
//
// The customer's record alone says whose an address is: that of the derived id, or else the one that an alias leads to. An alias is written
// before the record, is never removed, and counts for nothing once the customer is gone or has another address. If two customers are given
// one address within a minute in two places, neither of which can see the other, both keep it, and here everybody finds the same one.
func (c *call) holder(a address) (holder *store.Customer, free string, err error) {
	for next := 0; ; next++ {
		id := c.addressID(a, next)
		keys := []string{store.CustomerKey(id)}
		if next == 0 {
			keys = append(keys, store.CustomerAliasKey(id))
		}
		values, err := c.read(keys...)
		if err != nil {
			return nil, "", err
		}
		u, ok, err := store.Decode[store.Customer](values[0])
		if err != nil {
			return nil, "", err
		}
		taken := ok && !u.Deleted
		if taken && a.of(u) {
			return &u, "", nil
		}
		if next == 0 && values[1] != nil {
			if other, err := c.customer(string(values[1])); err != nil || other != nil && a.of(*other) {
				return other, "", err
			}
		}
		if !taken {
			return nil, id, nil
		}
	}
}

// holderKeys are the keys by which the holders of addresses are found.
func (c *call) holderKeys(addresses []address) (keys []string) {
	for _, a := range addresses {
		id := c.addressID(a, 0)
		keys = append(keys, store.CustomerKey(id), store.CustomerAliasKey(id))
	}
	return keys
}

// findByAddress returns the customer that has one of the addresses, the first one's first, or nil and the id for a new one.
func (c *call) findByAddress(addresses []address) (known *store.Customer, free string, err error) {
	for i, a := range addresses {
		holder, id, err := c.holder(a)
		if err != nil || holder != nil {
			return holder, "", err
		}
		if i == 0 {
			free = id
		}
	}
	return nil, free, nil
}

// newCustomer is a customer that is made now.
func (c *call) newCustomer(u store.Customer) store.Customer {
	u.Merchant, u.Mode = c.merchant.ID, c.mode
	u.CreatedAt, u.UpdatedAt = c.began, c.began
	return u
}

// addCustomer adds what is to be written of a customer that was made just now, or changed: its record, its entry in the list, and aliases for the
// addresses that are new to it and whose id is not its own.
func (c *call) addCustomer(w *writes, u store.Customer, made bool, added []address) {
	w.indexes = append(w.indexes, kv.Entry{Key: c.customerListKey(u), Derived: true})
	for _, a := range added {
		if id := c.addressID(a, 0); id != u.ID {
			w.indexes = append(w.indexes, kv.Entry{Key: store.CustomerAliasKey(id), Value: []byte(u.ID), Derived: true})
		}
	}
	w.records = append(w.records, kv.Entry{Key: store.CustomerKey(u.ID), Value: store.Encode(u), Derived: made})
}

func (c *call) customerListKey(u store.Customer) string {
	return store.ByMerchantKey(c.merchant.ID, c.mode, checkout.KindCustomer, store.Listed{Created: u.CreatedAt, ID: u.ID})
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
	p := newParams(c.body)
	var u store.Customer
	describeCustomer(p, &u)
	if err := p.done(); err != nil {
		return answer{}, err
	}
	addresses := addressesOf(u)
	idem, err := c.idempotency(func(i idempotency) []string {
		return append(keysOf(i.earlier(checkout.KindCustomer), store.CustomerKey), c.holderKeys(addresses)...)
	})
	if err != nil {
		return answer{}, err
	}
	for _, earlier := range idem.earlier(checkout.KindCustomer) {
		if made, err := c.customer(earlier); err != nil {
			return answer{}, err
		} else if made != nil {
			return jsonAnswer(customerView(*made))
		}
	}
	known, free, err := c.findByAddress(addresses)
	if err != nil {
		return answer{}, err
	}
	if known != nil {
		if err := c.store(writes{records: idem.entries(c, known.ID)}); err != nil {
			return answer{}, err
		}
		return jsonAnswer(customerView(*known))
	}
	if u.ID = free; free == "" {
		if u.ID, err = idem.newID(c, checkout.KindCustomer); err != nil {
			return answer{}, err
		}
	}
	u = c.newCustomer(u)
	w := writes{indexes: idem.entries(c, u.ID)}
	c.addCustomer(&w, u, true, addresses)
	if err := c.store(w); err != nil {
		return answer{}, err
	}
	return jsonAnswer(customerView(u))
}

// ownCustomer reads the customer of the path.
func (c *call) ownCustomer() (*store.Customer, error) {
	u, err := c.customer(c.path("id"))
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
	describeCustomer(newParams(c.body), &given)
	if err := c.prefetch(append(c.holderKeys(addressesOf(given)), c.customerKeys(c.path("id"))...)...); err != nil {
		return answer{}, err
	}
	u, err := c.ownCustomer()
	if err != nil {
		return answer{}, err
	}
	p := newParams(c.body)
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
	var added []address
	for _, a := range addressesOf(*u) {
		if a.of(before) {
			continue
		}
		holder, _, err := c.holder(a)
		if err != nil {
			return answer{}, err
		}
		if holder != nil && holder.ID != u.ID {
			return answer{}, &Error{CodeAddressTaken, "This " + a.kind + " belongs to the customer " + holder.ID + "; change or delete that one first.", a.kind}
		}
		added = append(added, a)
	}
	u.UpdatedAt = c.began
	var w writes
	c.addCustomer(&w, *u, false, added)
	if len(added) == 0 {
		w.indexes = nil // they are there since the customer was made
	}
	if err := c.store(w); err != nil {
		return answer{}, err
	}
	return jsonAnswer(customerView(*u))
}

// deleteCustomer is DELETE /customers/{id}. The customer's data goes and its addresses are free, at once here and within a minute everywhere;
// checkouts keep its id. Whoever is made for one of its addresses later may get the same id, since racing edges must agree on one, but
// begins with nothing else of it. For a day it is kept that there was a customer, and since when, so that a list can go on behind it.
func deleteCustomer(c *call) (answer, error) {
	u, err := c.ownCustomer()
	if err != nil {
		return answer{}, err
	}
	// An entry that is listed without a customer is not shown. It expires, since to delete it would be one more trip.
	gone := store.Customer{ID: u.ID, Merchant: u.Merchant, Mode: u.Mode, CreatedAt: u.CreatedAt, UpdatedAt: c.began, Deleted: true}
	err = c.platform.Store.Put(c.ctx,
		kv.Entry{Key: store.CustomerKey(u.ID), Value: store.Encode(gone), ExpiresAt: c.platform.Now().Add(store.KeepDeleted)},
		kv.Entry{Key: c.customerListKey(*u), ExpiresAt: c.platform.Now().Add(kv.MinTTL)})
	if err != nil {
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
		noun: "customer", kind: checkout.KindCustomer, path: "/customers", since: c.merchant.CreatedAt,
		created: func(id string) (time.Time, error) {
			u, err := c.customerOrGone(id)
			if err != nil || u == nil {
				return time.Time{}, err
			}
			return u.CreatedAt, nil
		},
		write: func(entries []store.Listed) ([][]byte, error) {
			return written(c, entries, store.CustomerKey, func(e store.Listed, u store.Customer) any {
				if u.Deleted || !c.owns(u.Merchant, u.Mode) || !u.CreatedAt.Equal(e.Created) {
					return nil
				}
				return customerView(u)
			})
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
	wanted := addressesOf(store.Customer{Email: p.email("email"), Phone: p.phone("phone")})
	for _, kind := range []string{"email", "phone"} {
		if query.Has(kind) && isBlank(query.Get(kind)) {
			p.fail(invalid(kind, "%s must not be empty; leave it out to list all customers.", kind))
		}
	}
	if p.err != nil {
		return answer{}, p.err
	}
	u, _, err := c.holder(wanted[0])
	if err != nil {
		return answer{}, err
	}
	var items [][]byte
	if u != nil && wanted[len(wanted)-1].of(*u) {
		item, err := encodeItem(customerView(*u))
		if err != nil {
			return answer{}, err
		}
		items = append(items, item)
	}
	return answer{contentType: jsonType, body: listBody("/customers", items, false)}, nil
}
