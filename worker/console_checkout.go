package worker

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"time"

	"edgecheckout/templates/console"
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/event"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/store"
)

// showCheckout is GET /console/checkouts/{id}. While the checkout is open, it reads the ledger.
func showCheckout(c *call) (answer, error) { return c.checkoutScreen(nil) }

// checkoutScreen shows a checkout, and what could not be done to it.
func (c *call) checkoutScreen(refused *Error) (answer, error) {
	f, err := c.ownCheckout(c.path("id"))
	if err != nil {
		return answer{}, err
	}
	out := c.look(f)
	co := &f.Checkout
	id := co.ID.String()
	s := console.Checkout{
		ID: id, Description: co.Description, Status: string(out.Status), Exception: string(out.Exception),
		Amount: moneyOf(co.Amount, co.Asset), Received: moneyOf(out.Received, co.Asset).String(), PageURL: c.payURL(id),
		Destination: string(co.Account), Memo: co.Memo, Customer: co.CustomerID, Product: co.ProductID,
		Created: co.CreatedAt, Deadline: f.Deadline(), Cancelled: !f.CancelledBy.IsZero(),
	}
	for _, name := range slices.Sorted(maps.Keys(co.Metadata)) {
		s.Metadata = append(s.Metadata, console.Option{Value: name, Text: co.Metadata[name]})
	}
	for _, p := range out.Payments {
		s.Payments = append(s.Payments, c.paymentRow(p, ""))
	}
	if s.Moments, err = c.refundMoments(f, out); err != nil {
		return answer{}, err
	}
	s.Moments = append(c.timeline(f, out), s.Moments...)
	sort.SliceStable(s.Moments, func(i, j int) bool { return s.Moments[i].At.Before(s.Moments[j].At) })
	if s.Events, err = c.eventsOf(f, out); err != nil {
		return answer{}, err
	}
	return c.refusable(c.frame("checkouts"), s, refused)
}

func (c *call) paymentRow(p checkout.Judged, of string) console.PaymentRow {
	row := console.PaymentRow{
		ID: p.ID(c.Mode), Money: moneyOf(p.Amount, p.Asset), From: p.From, Reason: string(p.Reason), At: p.ClosedAt,
		Href: c.ledgerURL(p.Hash), Checkout: of,
	}
	if c.began.Sub(p.ClosedAt) < store.KeepRefunds {
		row.Refund = paymentURL(row.ID)
	}
	return row
}

// timeline is what happened to a checkout, in the order of time.
func (c *call) timeline(f *checkout.Facts, out checkout.Outcome) []console.Moment {
	co := &f.Checkout
	moments := []console.Moment{{At: co.CreatedAt, Title: "Made", Text: "for " + moneyOf(co.Amount, co.Asset).String()}}
	for _, p := range out.Payments {
		m := console.Moment{
			At: p.ClosedAt, Title: "Paid " + moneyOf(p.Amount, p.Asset).String(), Text: fmt.Sprintf("in ledger %d, from %s", p.Ledger(), p.From),
			Href: c.ledgerURL(p.Hash), Link: "Look at the transaction", Tone: "good",
		}
		if !p.Counted() {
			m.Title, m.Tone = m.Title+": "+reasons[p.Reason], "warn"
		}
		moments = append(moments, m)
	}
	if !f.CancelledBy.IsZero() {
		moments = append(moments, console.Moment{At: f.CancelledBy, Title: "Cancelled", Text: "Payments before this still counted."})
	}
	switch out.Status {
	case checkout.Completed:
		moments = append(moments, console.Moment{At: out.CompletedAt, Title: "Completed", Tone: "good"})
	case checkout.Expired:
		moments = append(moments, console.Moment{At: f.Deadline(), Title: "Expired", Text: "No payment was on the ledger in time."})
	case checkout.Failed:
		moments = append(moments, console.Moment{At: f.Deadline(), Title: "Failed", Text: "It was not paid as asked in time.", Tone: "bad"})
	}
	return moments
}

// refundMoments are what was paid back of a checkout, and what waits to be signed. While something
// does, the ledger is read.
func (c *call) refundMoments(f *checkout.Facts, out checkout.Outcome) (moments []console.Moment, err error) {
	if len(out.Payments) == 0 {
		return nil, nil
	}
	ids := make([]string, len(out.Payments))
	for i, p := range out.Payments {
		ids[i] = p.ID(c.Mode)
	}
	refunds, err := c.refundsOf(out.Payments[0].ClosedAt, ids...)
	if err != nil {
		return nil, err
	}
	waits := func(r *store.Refund) bool { return r.Paid == nil && c.platform.Now().Before(r.ValidUntil) }
	if i := slices.IndexFunc(refunds, waits); i >= 0 {
		if _, err := c.lookForRefund(refunds[i]); err != nil {
			return nil, err
		}
	}
	paid, err := c.store.RefundsOf(c.ctx, f.Checkout.ID)
	if err != nil {
		return nil, err
	}
	for _, r := range paid {
		m := console.Moment{
			At: r.ClosedAt, Title: "Paid back " + moneyOf(r.Amount, r.Asset).String(), Text: "to " + r.To, Href: c.ledgerURL(r.Hash), Link: "Look at the transaction",
		}
		if r.Excess > 0 {
			m.Text, m.Tone = m.Text+"; "+moneyOf(r.Excess, r.Asset).String()+" of it is more than was left", "warn"
		}
		moments = append(moments, m)
	}
	for _, r := range refunds {
		if waits(r) && !slices.ContainsFunc(paid, func(p checkout.Refund) bool { return p.ID == r.ID }) {
			moments = append(moments, console.Moment{
				At: r.CreatedAt, Title: "To be paid back: " + moneyOf(r.Amount, r.Asset).String(), Text: "It waits to be signed.", Href: refundURL(r.ID), Link: "Sign it", Tone: "warn",
			})
		}
	}
	return moments, nil
}

// reasons say why a payment does not count.
var reasons = map[checkout.Reason]string{
	checkout.ReasonLate: "too late", checkout.ReasonDuplicate: "it was paid already", checkout.ReasonWrongAsset: "another asset",
}

// maxEventsOf is how many entries of the log are looked at for the events of one checkout.
const maxEventsOf = maxLeafExamined

// eventsOf reads the events of a checkout from the log: their ids are derived from its facts.
func (c *call) eventsOf(f *checkout.Facts, out checkout.Outcome) ([]console.EventRow, error) {
	if f.Checkout.CreatedAt.Before(c.keptSince()) {
		return nil, nil
	}
	if is, err := c.listens(c.ctx, c.view, c.Merchant.ID, c.Mode); err != nil || !is {
		return nil, err
	}
	wanted := map[string]bool{event.Created(&f.Checkout).ID: true}
	for _, e := range event.Of(f, out) {
		wanted[e.ID] = true
	}
	since := f.Checkout.CreatedAt.Add(-time.Minute)
	s := c.view.Scan(c.Owner, checkout.KindEvent, followedFrom(since), true, since, kv.MaxListKeys)
	var entries []store.Listed
	for range maxEventsOf {
		e, ok, err := s.Next(c.ctx)
		if err != nil {
			return nil, err
		}
		if !ok || len(entries) == len(wanted) {
			break
		}
		if wanted[e.ID] {
			entries = append(entries, e)
		}
	}
	if len(entries) == 0 {
		return nil, nil
	}
	events, err := c.events().Listed(c.ctx, entries)
	if err != nil {
		return nil, err
	}
	var rows []console.EventRow
	for _, e := range events {
		if e != nil {
			rows = append(rows, eventRow(*e))
		}
	}
	return rows, nil
}

// eventRow says of an event how its first attempts ended.
func eventRow(e store.Event) console.EventRow {
	row := console.EventRow{ID: e.ID, Type: e.Type, At: e.CreatedAt, Delivered: "nobody wanted it", Tone: "quiet"}
	took := 0
	for _, attempt := range e.First {
		if attempt.Succeeded() {
			took++
		}
	}
	switch n := len(e.First); {
	case n == 0:
	case took == n:
		row.Delivered, row.Tone = "at once", "good"
	default:
		row.Delivered, row.Tone = fmt.Sprintf("%d of %d at the first attempt", took, n), "warn"
	}
	return row
}

// cancelByForm is POST /console/checkouts/{id}/cancel.
func cancelByForm(c *call) (answer, error) {
	return c.change(expireCheckout, map[string]any{}, c.checkoutScreen, checkoutURL(c.path("id")), "cancelled")
}
