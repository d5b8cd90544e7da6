package worker

import (
	"slices"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

// listCheckouts is GET /checkout. It shows checkouts as GET /checkout/{id} does, but only from the
// store: a list never waits for the ledger, whose changes reach the store within a minute.
func listCheckouts(c *call) (answer, error) {
	var status checkout.Status
	l := list{noun: "checkout", kind: checkout.KindCheckout, path: "/checkout", since: c.Merchant.CreatedAt,
		created: func(id string) (time.Time, error) { return c.checkouts().CreatedAt(c.ctx, id) },
		write:   func(entries []store.Listed) ([][]byte, error) { return c.writeCheckouts(entries, status) }}
	// Checkouts expire from the store, together with their entries.
	if kept := c.began.Add(-store.KeepAfterExpiry - ExpiresInMax); l.since.Before(kept) {
		l.since = kept
	}
	if c.query.Has("customer_id") {
		customer := c.query.Get("customer_id")
		if _, err := checkout.ParseID(checkout.KindCustomer, customer); err != nil {
			return answer{}, invalid("customer_id", "customer_id must be the id of a customer (cus_ and 26 more characters), not %s.", clip(customer))
		}
		l.keep = func(e store.Listed) bool { return e.Customer == customer }
	}
	if c.query.Has("status") {
		status = checkout.Status(c.query.Get("status"))
		if !slices.Contains([]checkout.Status{checkout.Open, checkout.Completed, checkout.Expired, checkout.Failed}, status) {
			return answer{}, invalid("status", "status must be open, completed, expired or failed, not %s.", clip(string(status)))
		}
		l.choose = func(entries []store.Listed) ([]store.Listed, error) {
			return c.checkouts().WithStatus(c.ctx, entries, status)
		}
	}
	return c.list(l)
}

// writeCheckouts encodes checkouts as checkoutAnswer does; with a status, only those that have it.
func (c *call) writeCheckouts(entries []store.Listed, want checkout.Status) ([][]byte, error) {
	listed, err := c.checkouts().Listed(c.ctx, entries)
	if err != nil {
		return nil, err
	}
	items := make([][]byte, len(entries))
	for i, f := range listed {
		if f == nil {
			continue
		}
		out := f.Outcome(c.platform.Now())
		if want != "" && out.Status != want {
			continue
		}
		a, err := c.checkoutAnswer(f, out)
		if err != nil {
			return nil, err
		}
		items[i] = a.Body[:len(a.Body)-1]
	}
	return items, nil
}
