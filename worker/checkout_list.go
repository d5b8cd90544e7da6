package worker

import (
	"slices"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

// listCheckouts is GET /checkout. Each checkout is shown as GET /checkout/{id} shows it, by what the store knows of it: a list never waits for
// the ledger, whose news reach the store within a minute.
func listCheckouts(c *call) (answer, error) {
	var status checkout.Status
	l := list{noun: "checkout", kind: checkout.KindCheckout, path: "/checkout", since: c.merchant.CreatedAt, created: c.checkoutCreated,
		write: func(entries []store.Listed) ([][]byte, error) { return c.writeCheckouts(entries, status) }}
	// Sessions are forgotten after a while, and their entries with them.
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
		l.choose = func(entries []store.Listed) ([]store.Listed, error) { return c.withStatus(entries, status) }
	}
	return c.list(l)
}

// checkoutCreated returns when the caller's checkout was made. An id that was derived for an Idempotency-Key does not say.
func (c *call) checkoutCreated(id string) (time.Time, error) {
	parsed, err := checkout.ParseCheckoutID(id)
	if err != nil {
		return time.Time{}, nil
	}
	s, ok, err := get[checkout.Checkout](c, store.CheckoutKey(parsed))
	if err != nil || !ok || !c.owns(s.Merchant, s.Mode) {
		return time.Time{}, err
	}
	return s.CreatedAt, nil
}

// withStatus leaves the checkouts that have a status. What ended has an outcome in the store.
func (c *call) withStatus(entries []store.Listed, want checkout.Status) ([]store.Listed, error) {
	keys := make([]string, len(entries))
	for i, e := range entries {
		id, err := checkout.ParseCheckoutID(e.ID)
		if err != nil {
			return nil, err
		}
		keys[i] = store.OutcomeKey(id)
	}
	values, err := c.platform.Store.Get(c.ctx, keys...)
	if err != nil {
		return nil, err
	}
	var chosen []store.Listed
	for i, value := range values {
		outcome, ended, err := store.Decode[checkout.Outcome](value)
		if err != nil {
			return nil, err
		}
		if !ended {
			outcome.Status = checkout.Open
		}
		if outcome.Status == want {
			chosen = append(chosen, entries[i])
		}
	}
	return chosen, nil
}

// writeCheckouts loads checkouts and writes them as checkoutAnswer does; if a status is wanted, those that have it.
func (c *call) writeCheckouts(entries []store.Listed, want checkout.Status) ([][]byte, error) {
	ids := make([]checkout.ID, len(entries))
	for i, e := range entries {
		var err error
		if ids[i], err = checkout.ParseCheckoutID(e.ID); err != nil {
			return nil, err
		}
	}
	standings, err := c.watcher.Load(c.ctx, ids...)
	if err != nil {
		return nil, err
	}
	items := make([][]byte, len(entries))
	for i, s := range standings {
		if s == nil || !c.owns(s.Checkout.Merchant, s.Checkout.Mode) ||
			!s.Checkout.CreatedAt.Equal(entries[i].Created) || s.Checkout.CustomerID != entries[i].Customer {
			continue
		}
		out := s.Outcome(c.platform.Now())
		if want != "" && out.Status != want {
			continue
		}
		a, err := c.checkoutAnswer(s, out)
		if err != nil {
			return nil, err
		}
		items[i] = a.body[:len(a.body)-1]
	}
	return items, nil
}
