package console

import "time"

// Customers is a list of customers.
type Customers struct {
	Search string
	Rows   []CustomerRow
	Older  string
}

// CustomerRow is a customer in a list.
type CustomerRow struct {
	ID, Name, Email, Phone string
	Created                time.Time
}

func (Customers) title() string { return "Customers" }

func (c Customers) sections() []section {
	t := &table{name: "Customers", head: []string{"Customer", "E-mail", "Phone", "Since"}, empty: "No customer here fits."}
	for _, r := range c.Rows {
		name := r.Name
		if name == "" {
			name = r.ID
		}
		t.rows = append(t.rows, []cell{{text: name, href: "/console/customers/" + r.ID}, {text: r.Email}, {text: r.Phone}, {text: moment(r.Created)}})
	}
	if c.Older != "" {
		t.links = append(t.links, cell{text: "Older", href: c.Older})
	}
	return []section{
		{id: "filter", title: "Find", forms: []form{{action: "/console/customers", get: true, button: "Find", fields: []field{
			{name: "q", label: "Search", kind: "search", value: c.Search, size: 254, hint: "An id, an e-mail address or a phone number, each as a whole."},
		}}}},
		{id: "list", title: "Newest first", table: t},
	}
}

// Customer is one customer.
type Customer struct {
	CustomerRow
	Typed CustomerRow // in the form
}

func (Customer) title() string { return "Customer" }

func (c Customer) sections() []section {
	path := "/console/customers/" + c.ID
	return []section{
		{id: "summary", title: "Summary", facts: []fact{
			{"Id", cell{text: c.ID, look: mono}}, {"Name", cell{text: c.Name}}, {"E-mail", cell{text: c.Email}}, {"Phone", cell{text: c.Phone}},
			{"Since", cell{text: moment(c.Created)}}, {"Checkouts", cell{text: "What they were charged", href: "/console/checkouts?q=" + c.ID}},
		}, forms: []form{{action: path + "/delete", button: "Delete what is known of them", look: bad, inline: true}}},
		{id: "change", title: "Change", forms: []form{{action: path, button: "Save", fields: []field{
			{name: "name", label: "Name", kind: "text", value: c.Typed.Name, size: 200},
			{name: "email", label: "E-mail", kind: "email", value: c.Typed.Email, size: 254},
			{name: "phone", label: "Phone", kind: "tel", value: c.Typed.Phone, size: 40},
		}}}},
	}
}
