package console

import "time"

// Checkouts is a list of checkouts.
type Checkouts struct {
	Filter Filter
	Rows   []CheckoutRow
	Older  string // URL of the next page; "" if there is none
	CSV    string // URL of the list as a file
	Note   string // what the list does not say
}

// Filter is what is looked for.
type Filter struct{ Status, Search, From, To string }

// CheckoutRow is a checkout in a list.
type CheckoutRow struct {
	ID, Description   string
	Status, Exception string
	Amount            Money
	Received          string // "" if nothing was
	Created           time.Time
}

func (Checkouts) title() string { return "Checkouts" }

func (c Checkouts) sections() []section {
	t := &table{name: "Checkouts", head: []string{"Made", "Checkout", "Status", "Amount", "Received"}, empty: "No checkout here fits.", note: c.Note}
	for _, r := range c.Rows {
		t.rows = append(t.rows, []cell{
			{text: moment(r.Created)}, {text: r.ID, href: "/console/checkouts/" + r.ID, detail: r.Description},
			{text: state(r.Status, r.Exception), look: statusLook(r.Status, r.Exception)}, r.Amount.cell(), {text: r.Received, look: number},
		})
	}
	if c.Older != "" {
		t.links = append(t.links, cell{text: "Older", href: c.Older})
	}
	if c.CSV != "" && len(c.Rows) > 0 {
		t.links = append(t.links, cell{text: "Download CSV", href: c.CSV})
	}
	return []section{
		{id: "filter", title: "Find", forms: []form{{action: "/console/checkouts", get: true, button: "Find", fields: []field{
			{name: "status", label: "Status", kind: "choice", value: c.Filter.Status, options: []Option{
				{"", "Any"}, {"open", "open"}, {"completed", "completed"}, {"expired", "expired"}, {"failed", "failed"},
			}},
			{name: "q", label: "Search", kind: "search", value: c.Filter.Search, size: 100, hint: "An id, a customer, a memo, a transaction or an amount."},
			{name: "from", label: "From", kind: "date", value: c.Filter.From},
			{name: "to", label: "To", kind: "date", value: c.Filter.To},
		}}}},
		{id: "list", title: "Newest first", table: t},
	}
}

// Checkout is one checkout, from its making to what was told of it.
type Checkout struct {
	ID, Description   string
	Status, Exception string
	Amount            Money
	Received          string
	PageURL           string
	Destination, Memo string
	Customer, Product string // ids; "" if there is none
	Created, Deadline time.Time
	Cancelled         bool
	Metadata          []Option
	Moments           []Moment
	Events            []EventRow
	Payments          []PaymentRow
}

// PaymentRow is a payment in a list.
type PaymentRow struct {
	ID       string
	Money    Money
	From     string
	Reason   string // "" if it counts
	At       time.Time
	Href     string // of the ledger
	Checkout string // "" if it belongs to none
	Refund   string // URL of the form that pays it back; "" if it was too long ago
}

func (c Checkout) title() string { return "Checkout" }

func (c Checkout) sections() []section {
	facts := []fact{
		{"Status", cell{text: state(c.Status, c.Exception), look: statusLook(c.Status, c.Exception)}},
		{"Amount", c.Amount.cell()},
		{"Received", cell{text: c.Received, look: number}},
		{"Id", cell{text: c.ID, look: mono}},
		{"Payment page", cell{text: c.PageURL, look: mono}},
		{"Description", cell{text: c.Description}},
		{"Account", cell{text: c.Destination, look: mono}},
		{"Memo", cell{text: c.Memo, look: mono}},
		{"Pay until", cell{text: moment(c.Deadline)}},
	}
	if c.Customer != "" {
		facts = append(facts, fact{"Customer", cell{text: c.Customer, href: "/console/customers/" + c.Customer}})
	}
	if c.Product != "" {
		facts = append(facts, fact{"Product", cell{text: c.Product, href: "/console/products/" + c.Product}})
	}
	for _, m := range c.Metadata {
		facts = append(facts, fact{m.Value, cell{text: m.Text}})
	}
	summary := section{id: "summary", title: "Summary", facts: facts}
	if c.Status == "open" && !c.Cancelled {
		summary.forms = []form{{action: "/console/checkouts/" + c.ID + "/cancel", button: "Cancel this checkout", look: bad, inline: true}}
	}
	payments := &table{name: "Payments", head: []string{"When", "Amount", "From", "Counts", "Pay back"}, empty: "No payment was seen."}
	for _, p := range c.Payments {
		counts := cell{text: "yes", look: good}
		if p.Reason != "" {
			counts = cell{text: "no: " + words(p.Reason), look: warn}
		}
		back := cell{text: "—", look: quiet}
		if p.Refund != "" {
			back = cell{text: "Pay back", href: p.Refund}
		}
		payments.rows = append(payments.rows, []cell{{text: moment(p.At), href: p.Href}, p.Money.cell(), {text: p.From, look: mono}, counts, back})
	}
	return []section{
		summary,
		{id: "timeline", title: "What happened", moments: c.Moments},
		{id: "payments", title: "Payments", table: payments},
		{id: "told", title: "What was told", table: eventTable(c.Events, "Nothing was told: there is no endpoint, or it was too long ago.")},
	}
}
