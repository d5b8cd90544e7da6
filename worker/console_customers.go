package worker

import (
	"strings"
	"time"

	"edgecheckout/templates/console"
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

const customersPath = "/console/customers"

// createdSince is a time before which none of the owner's objects was made.
func (c *call) createdSince() time.Time { return c.Merchant.CreatedAt.Add(-time.Minute) }

// showCustomers is GET /console/customers: all of them, or the one whose id, e-mail address or
// phone number is given.
func showCustomers(c *call) (answer, error) {
	s := console.Customers{Search: strings.TrimSpace(c.query.Get("q"))}
	if s.Search != "" {
		u, refused, err := c.customerNamed(s.Search)
		if err != nil {
			return answer{}, err
		}
		if u != nil {
			s.Rows = append(s.Rows, customerRow(*u))
		}
		return c.refusable(c.frame("customers"), s, refused)
	}
	after, refused := position(c.query.Get("after"))
	scan := c.view.Scan(c.Owner, checkout.KindCustomer, after, false, c.createdSince(), consoleLimit+1)
	l, err := leafOf(c.ctx, scan, consoleLimit, nil, func(entries []store.Listed) ([]*store.Customer, error) { return c.customers().Listed(c.ctx, entries) }, nil)
	if err != nil {
		return answer{}, err
	}
	for _, u := range l.items {
		s.Rows = append(s.Rows, customerRow(*u))
	}
	if l.older != "" {
		s.Older = customersPath + "?" + query{}.with("after", l.older).encode()
	}
	return c.refusable(c.frame("customers"), s, refused)
}

// customerNamed finds a customer by id, e-mail address or phone number; nil if there is none.
func (c *call) customerNamed(text string) (*store.Customer, *Error, error) {
	if strings.HasPrefix(text, string(checkout.KindCustomer)) {
		u, err := c.customers().Get(c.ctx, text)
		return u, nil, err
	}
	name := "phone"
	if strings.Contains(text, "@") {
		name = "email"
	}
	p := queryParams(query{}.with(name, text))
	wanted := store.Customer{}
	if name == "email" {
		wanted.Email = p.email(name)
	} else {
		wanted.Phone = p.phone(name)
	}
	if p.err != nil {
		return nil, p.err, nil
	}
	u, _, err := c.customers().Holder(c.ctx, wanted.Contacts()[0])
	return u, nil, err
}

func customerRow(u store.Customer) console.CustomerRow {
	return console.CustomerRow{ID: u.ID, Name: u.Name, Email: u.Email, Phone: u.Phone, Created: u.CreatedAt}
}

// showCustomer is GET /console/customers/{id}.
func showCustomer(c *call) (answer, error) { return c.customerScreen(nil, nil) }

func (c *call) customerScreen(typed *console.CustomerRow, refused *Error) (answer, error) {
	u, err := c.ownCustomer()
	if err != nil {
		return answer{}, err
	}
	s := console.Customer{CustomerRow: customerRow(*u), Typed: customerRow(*u)}
	if typed != nil {
		s.Typed = *typed
	}
	return c.refusable(c.frame("customers"), s, refused)
}

// changeCustomerByForm is POST /console/customers/{id}.
func changeCustomerByForm(c *call) (answer, error) {
	typed := console.CustomerRow{Name: c.form.Get("name"), Email: c.form.Get("email"), Phone: c.form.Get("phone")}
	body := map[string]any{"name": orNull(typed.Name), "email": orNull(typed.Email), "phone": orNull(typed.Phone)}
	return c.change(updateCustomer, body, func(told *Error) (answer, error) { return c.customerScreen(&typed, told) }, customersPath+"/"+c.path("id"), "saved")
}

// deleteCustomerByForm is POST /console/customers/{id}/delete.
func deleteCustomerByForm(c *call) (answer, error) {
	return c.change(deleteCustomer, map[string]any{}, func(told *Error) (answer, error) { return c.customerScreen(nil, told) }, customersPath, "deleted")
}
