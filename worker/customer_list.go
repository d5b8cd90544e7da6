package worker

import (
	"strings"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

// listCustomers is GET /customers. For an e-mail address or phone number it returns the one
// customer who has it, without a list call.
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

// findCustomer answers with a list of the customer who has all given contacts, or an empty list.
func (c *call) findCustomer(query query) (answer, error) {
	if w, err := windowOf(query, "customer"); err != nil {
		return answer{}, err
	} else if w.cursor != "" {
		return answer{}, invalid(w.param(), "%s is not possible with email or phone, which one customer has at most.", w.param())
	}
	// A + that was not escaped as %2B arrives as a space. Neither an e-mail address nor the
	// beginning of a phone number contains one.
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
