package console

// Health says whether payments are noticed.
type Health struct {
	Settlement Settlement
	Facts      []Option
}

func (Health) title() string { return "Health" }

func (h Health) sections() []section {
	s := section{id: "settlement", title: "Settlement", text: "The service reads the ledger by itself. While it cannot, checkouts stay open, and no payment is lost."}
	on := cell{text: h.Settlement.Text, look: good}
	if !h.Settlement.OnTime {
		on.look = bad
	}
	s.facts = append(s.facts, fact{"Payments are noticed", on})
	for _, f := range h.Facts {
		s.facts = append(s.facts, fact{f.Value, cell{text: f.Text}})
	}
	return []section{s}
}
