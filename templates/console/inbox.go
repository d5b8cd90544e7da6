package console

import (
	"strings"
	"time"
)

// Inbox has the money that is not as it was asked for.
type Inbox struct {
	Rows     []InboxRow
	Listed   int // checkouts that were looked at
	Since    time.Time
	Unread   string // why the ledger was not read for money of no checkout
	SeenToo  bool   // what was marked as seen is shown as well
	MoreThan bool   // there is more than is shown
}

// InboxRow is a payment that needs a decision.
type InboxRow struct {
	PaymentRow
	Asked    string // what the checkout asks for; "" if the payment belongs to none
	Customer string // to whom it was assigned
	Seen     bool
	Returned []string // what was paid back of it
}

func (Inbox) title() string { return "Inbox" }

func (i Inbox) sections() []section {
	about := "Money that no checkout asked for, or not like this: of the newest " + plural(i.Listed, "checkout") + ", and since " + moment(i.Since) + " of no checkout at all."
	t := &table{name: "Inbox", head: []string{"When", "Amount", "What", "From", "Checkout", "Customer", "Decide"}, empty: "There is nothing to decide.", note: i.Unread}
	for _, r := range i.Rows {
		what := cell{text: words(r.Reason), look: warn}
		if r.Asked != "" {
			what.detail = r.Asked + " asked"
		}
		if len(r.Returned) > 0 {
			what.below = []cell{{text: strings.Join(r.Returned, " and ") + " paid back", look: good}}
		}
		of := cell{text: "none", look: quiet}
		if r.Checkout != "" {
			of = cell{text: r.Checkout, href: "/console/checkouts/" + r.Checkout}
		}
		customer := cell{text: r.Customer, href: "/console/customers/" + r.Customer}
		if r.Customer == "" {
			customer = cell{form: &form{action: "/console/inbox/" + r.ID + "/assign", button: "Assign", inline: true, fields: []field{
				{name: "customer", label: "Customer (cus_…)", kind: "text", required: true, size: 30},
			}}}
		}
		done := cell{text: "seen", look: quiet}
		if !r.Seen {
			done = cell{form: &form{action: "/console/inbox/" + r.ID + "/seen", button: "Mark as seen", inline: true}}
		}
		if r.Refund != "" {
			done = cell{text: "Pay back", href: r.Refund, below: []cell{done}}
		}
		t.rows = append(t.rows, []cell{{text: moment(r.At), href: r.Href}, r.Money.cell(), what, {text: r.From, look: mono}, of, customer, done})
	}
	if !i.SeenToo {
		t.links = append(t.links, cell{text: "Show what was seen as well", href: "/console/inbox?seen=true"})
	}
	return []section{{id: "inbox", title: "To decide", text: about, table: t}}
}
