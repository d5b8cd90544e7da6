package console

import "time"

// Payment is one payment, which can be paid back.
type Payment struct {
	PaymentRow
	Left    string // what is not paid back yet, as far as that was read
	Excess  string // of that, what the checkout did not ask for; "" if nothing
	Account string // that was paid, and pays back
	Refunds []RefundRow
	Form    RefundForm
}

// RefundForm is what an owner says of a refund.
type RefundForm struct{ Amount, Destination, Memo, Reason string }

// RefundRow is a refund in a list.
type RefundRow struct {
	ID      string
	Money   Money
	To      string
	At      time.Time
	Href    string // of the ledger; "" while it is pending
	Pending bool
}

func (Payment) title() string { return "Payment" }

func (p Payment) sections() []section {
	counts := cell{text: "yes", look: good}
	if p.Reason != "" {
		counts = cell{text: "no: " + words(p.Reason), look: warn}
	}
	facts := []fact{{"Received", p.Money.cell()}, {"From", cell{text: p.From, look: mono}}, {"When", cell{text: moment(p.At), href: p.Href}}, {"Counts", counts}, {"Not paid back yet", cell{text: p.Left, look: number}}, {"Id", cell{text: p.ID, look: mono}}}
	if p.Checkout != "" {
		facts = append(facts, fact{"Checkout", cell{text: p.Checkout, href: "/console/checkouts/" + p.Checkout}})
	}
	all := []section{{id: "payment", title: p.Money.String(), facts: facts}}
	if len(p.Refunds) > 0 {
		all = append(all, section{id: "refunds", title: "Refunds", table: refundTable(p.Refunds)})
	}
	text := "You sign the transaction that pays it back with the wallet of your account: nobody else can. Without an amount, all that is left is paid back."
	if p.Excess != "" {
		text += " The checkout did not ask for " + p.Excess + " of it."
	}
	return append(all, section{id: "refund", title: "Pay back", text: text, forms: []form{{
		action: "/console/payments/" + p.ID + "/refund", button: "Make the transaction", fields: []field{
			{name: "amount", label: "Amount in " + p.Money.Code, kind: "text", value: p.Form.Amount, size: 30, hint: "At most " + p.Left + "."},
			{name: "destination", label: "Another destination (G…)", kind: "text", value: p.Form.Destination, size: 56, hint: "If the money came from an exchange, many people share the account that sent it: money sent back there is lost without their memo. Ask the customer for an address and a memo, and enter them here."},
			{name: "memo", label: "Memo for that destination", kind: "text", value: p.Form.Memo, size: 28, hint: "Only if the destination demands one. Without it, the ledger says which payment was paid back."},
			{name: "reason", label: "Reason", kind: "text", value: p.Form.Reason, size: 500, hint: "For your own books. The customer does not see it."},
		},
	}}})
}

func refundTable(rows []RefundRow) *table {
	t := &table{name: "Refunds", head: []string{"When", "Amount", "To", "State"}}
	for _, r := range rows {
		state := cell{text: "succeeded", href: r.Href, look: good}
		if r.Pending {
			state = cell{text: "waits to be signed", look: warn}
		}
		t.rows = append(t.rows, []cell{{text: moment(r.At), href: "/console/refunds/" + r.ID}, r.Money.cell(), {text: r.To, look: mono}, state})
	}
	return t
}

// Refund is one refund: the transaction to sign, or what the ledger shows of it.
type Refund struct {
	RefundRow
	Payment, Checkout, Memo, Reason string
	Excess                          string // of one that was paid: what is more than was left; "" if nothing
	Warnings                        []string
	Transaction                     *Transaction // nil unless it can be signed
	TestWallet                      string       // name of the account that a test wallet signs for; "" but on a local network
}

func (Refund) title() string { return "Refund" }

func (r Refund) sections() []section {
	path := "/console/refunds/" + r.ID
	state := cell{text: "succeeded", look: good, below: []cell{{text: "Look at the transaction", href: r.Href}}}
	switch {
	case r.Pending && r.Transaction == nil:
		state = cell{text: "not signed in time", look: bad, detail: "Nothing was paid back, and the transaction is not valid any more."}
	case r.Pending:
		state = cell{text: "waits to be signed", look: warn, below: []cell{{text: "Look again", href: path}}}
	}
	facts := []fact{{"State", state}, {"Amount", r.Money.cell()}, {"To", cell{text: r.To, look: mono}}}
	if r.Memo != "" {
		facts = append(facts, fact{"Memo", cell{text: r.Memo, look: mono}})
	}
	if r.Excess != "" {
		facts = append(facts, fact{"Too much", cell{text: r.Excess + " more than was left of the payment", look: warn}})
	}
	for _, w := range r.Warnings {
		facts = append(facts, fact{"Take care", cell{text: w, look: warn}})
	}
	facts = append(facts, fact{"Payment", cell{text: r.Payment, href: "/console/payments/" + r.Payment}})
	if r.Checkout != "" {
		facts = append(facts, fact{"Checkout", cell{text: r.Checkout, href: "/console/checkouts/" + r.Checkout}})
	}
	if r.Reason != "" {
		facts = append(facts, fact{"Reason", cell{text: r.Reason}})
	}
	all := []section{{id: "refund", title: r.Money.String(), facts: append(facts, fact{"Id", cell{text: r.ID, look: mono}})}}
	if r.Transaction == nil {
		return all
	}
	if r.TestWallet != "" {
		all = append(all, section{id: "test", title: "Test wallet", text: "This is a local network: a test wallet of the sandbox can sign.", forms: []form{{
			action: path + "/test-wallet", button: "Sign with the test wallet",
			fields: []field{{name: "wallet", label: "Test merchant", kind: "text", value: r.TestWallet, required: true, size: 100}},
		}}})
	}
	return append(all, r.Transaction.section("Sign it", "Sign exactly this transaction with your account, and submit it: with a wallet in this browser or another one, on a phone by the code, or in Stellar Laboratory. This page shows that it is paid when the ledger has it. Make one refund at a time: the transaction has the next sequence number of your account."))
}
