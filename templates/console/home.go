package console

import "time"

// Home is the first screen: what was paid, and what needs attention.
type Home struct {
	Today, Week []Money // paid, by asset
	Days        []Day   // of one asset, oldest first
	Asset       string  // of the days
	Listed      int     // checkouts that the sums are made of
	Since       time.Time
	More        bool // older checkouts of this week were not looked at
	Attention   []Attention
	Settlement  Settlement
}

// Day is what was paid on a day.
type Day struct {
	Date   time.Time
	Amount string
	Tenths int // of a percent of the best day
}

// Attention is something that the owner should look at.
type Attention struct {
	What, Text, Href string
	At               time.Time
}

// Settlement says whether payments are noticed in time.
type Settlement struct {
	OnTime bool
	Text   string
}

func (Home) title() string { return "Home" }

func (h Home) sections() []section {
	about := "Sums of the " + plural(h.Listed, "checkout") + " made since " + moment(h.Since) + "."
	if h.More {
		about += " There are more than are looked at here; the API has all of them."
	}
	paid := section{id: "paid", title: "Paid", text: about}
	for _, sum := range []struct {
		name string
		of   []Money
	}{{"Today", h.Today}, {"In seven days", h.Week}} {
		if len(sum.of) == 0 {
			paid.facts = append(paid.facts, fact{sum.name, cell{text: "Nothing yet", look: quiet}})
		}
		for _, m := range sum.of {
			paid.facts = append(paid.facts, fact{sum.name, m.cell()})
		}
	}
	all := []section{paid}
	if len(h.Days) > 0 {
		days := section{id: "days", title: h.Asset + " by day"}
		for _, d := range h.Days {
			days.chart = append(days.chart, bar{d.Date.Format("Mon 2 Jan"), d.Amount, d.Tenths})
		}
		all = append(all, days)
	}
	attention := &table{name: "What needs attention", head: []string{"What", "When", "Details"}, empty: "Nothing needs your attention."}
	for _, a := range h.Attention {
		attention.rows = append(attention.rows, []cell{{text: a.What, href: a.Href}, {text: moment(a.At)}, {text: a.Text}})
	}
	all = append(all, section{id: "attention", title: "Needs attention", table: attention})
	settlement := cell{text: h.Settlement.Text, look: good}
	if !h.Settlement.OnTime {
		settlement.look = bad
	}
	return append(all, section{id: "settlement", title: "Settlement", facts: []fact{{"Payments are noticed", settlement}, {"More", cell{text: "Health", href: "/console/health"}}}})
}
