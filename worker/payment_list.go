package worker

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/watch"
)

const (
	paramCheckout  = "checkout_id"
	paramUnmatched = "unmatched"
	paramSince     = "since"
	paramCustomer  = "customer_id"
	paramPayer     = "customer" // as StellarTools' client names it
)

// listPayments is GET /payment: all payments, those of a checkout or of a customer, or those that
// belong to no checkout.
func listPayments(c *call) (answer, error) {
	query := c.query
	switch {
	case query.Has(paramCheckout) && query.Has(paramUnmatched):
		return answer{}, invalid(paramUnmatched, "unmatched and checkout_id are two lists; ask for one of them.")
	case query.Has(paramCheckout) && query.Has(paramSince):
		return answer{}, invalid(paramSince, "since belongs to unmatched=true; of a checkout all payments are listed.")
	case query.Has(paramCustomer) && query.Has(paramPayer):
		return answer{}, invalid(paramPayer, "customer and customer_id are one filter; give one of them.")
	}
	for _, filter := range []string{paramCustomer, paramPayer} {
		if !query.Has(filter) {
			continue
		}
		if query.Has(paramCheckout) || query.Has(paramUnmatched) {
			return answer{}, invalid(filter, "%s is a list of its own; leave out checkout_id and unmatched.", filter)
		}
		if _, err := checkout.ParseID(checkout.KindCustomer, query.Get(filter)); err != nil {
			return answer{}, invalid(filter, "%s must be the id of a customer (cus_ and 26 more characters), not %s.", filter, clip(query.Get(filter)))
		}
	}
	w, err := windowOf(query, "payment")
	if err != nil {
		return answer{}, err
	}
	var edge checkout.PaymentID
	if w.cursor != "" {
		if edge, err = checkout.ParsePaymentID(w.cursor); err != nil || edge.Mode != c.Mode {
			return answer{}, w.unknown("payment")
		}
	}
	if query.Has(paramCheckout) {
		return c.paymentsOf(query, w)
	}
	return c.unmatchedPayments(query, w, edge)
}

const paymentsPath = "/payment"

func paymentList(query query, w window, items [][]byte, more bool, last string) answer {
	a := written(jsonType, listBody(paymentsPath, items, more))
	if more {
		a = a.with("Link", w.link(paymentsPath, query, last))
	}
	return a
}

// paymentsOf lists the payments of a checkout, newest first.
func (c *call) paymentsOf(query query, w window) (answer, error) {
	s, err := c.ownCheckout(query.Get(paramCheckout))
	if err != nil {
		return answer{}, err
	}
	payments := c.look(s).Payments
	slices.Reverse(payments)
	if w.cursor != "" {
		payments = slices.DeleteFunc(payments, func(p checkout.Judged) bool {
			order := strings.Compare(p.ID(c.Mode), w.cursor) // ids of payments sort as the ledger does
			return order == 0 || (order > 0) != w.newer
		})
	}
	more, last := len(payments) > w.limit, ""
	switch {
	case more && w.newer:
		payments = payments[len(payments)-w.limit:]
		last = payments[0].ID(c.Mode)
	case more:
		payments = payments[:w.limit]
		last = payments[w.limit-1].ID(c.Mode)
	}
	items := make([][]byte, len(payments))
	for i, p := range payments {
		items[i] = paymentItem(p, &s.Checkout, c.Mode)
	}
	return paymentList(query, w, items, more, last), nil
}

// usualSince is the default of since for unmatched payments: how long ago they may have been made.
const usualSince = 24 * time.Hour

// unmatchedPayments reads from the ledger what reached the merchant's account and belongs to no
// checkout.
//
// It reads a limited part of the ledger at a time (see [watch.Watcher.Unmatched]). A page may then
// have fewer payments than the limit, or none, although has_more is true. The Link header continues
// after what was read.
func (c *call) unmatchedPayments(query query, w window, edge checkout.PaymentID) (answer, error) {
	asked := watch.UnmatchedQuery{Limit: w.limit, Edge: edge, After: w.newer}
	if !query.Has(paramUnmatched) {
		asked.Merchant, asked.Customer = c.Merchant.ID, query.Get(paramCustomer)+query.Get(paramPayer)
	} else if query.Get(paramUnmatched) != "true" {
		return answer{}, invalid(paramUnmatched, "unmatched must be true; to list the payments of a checkout, leave it out and give checkout_id.")
	}
	since := c.began.Add(-usualSince)
	if asked.Merchant != "" {
		since = c.began.Add(-checkout.MemoLifetime)
	}
	if query.Has(paramSince) {
		p := queryParams(query)
		if since = p.time(paramSince); p.err != nil {
			return answer{}, p.err
		}
	}
	if since.Before(c.began.Add(-checkout.MemoLifetime)) || since.After(c.began) {
		return answer{}, invalid(paramSince, "since must lie in the last 91 days; checkouts older than that are forgotten.")
	}
	accounts := c.Merchant.Accounts(c.Mode, c.began)
	if len(accounts) == 0 {
		return answer{}, errAccountMissing
	}
	ctx, err := c.chargedReading()
	if err != nil {
		return answer{}, err
	}
	asked.Since = since
	var pages []watch.UnmatchedPage
	for _, account := range accounts {
		page, err := c.watcher.Unmatched(ctx, c.Mode, account, asked)
		if err != nil {
			return answer{}, c.ledgerUnread("unmatched", err)
		}
		pages = append(pages, page)
	}
	page := mergeUnmatched(pages, asked, c.Mode)
	items, err := c.judgedItems(page)
	if err != nil {
		return answer{}, err
	}
	return paymentList(query, w, items, page.More, page.Next.String()), nil
}

// judgedItems encodes payments with what they mean for their checkouts, as far as the store and the
// page know.
func (c *call) judgedItems(page watch.UnmatchedPage) ([][]byte, error) {
	var ids []checkout.ID
	paid := map[checkout.ID][]checkout.Payment{}
	for _, p := range page.Payments {
		if id, ok := page.Of(p); ok {
			if paid[id] == nil {
				ids = append(ids, id)
			}
			paid[id] = append(paid[id], p)
		}
	}
	var all []*checkout.Facts
	if len(ids) > 0 {
		var err error
		if all, err = c.store.Facts(c.ctx, ids...); err != nil {
			return nil, err
		}
	}
	facts, judged := map[checkout.ID]*checkout.Facts{}, map[string]checkout.Judged{}
	for i, f := range all {
		if f == nil {
			continue
		}
		facts[ids[i]] = f
		f.Seen = append(slices.Clone(f.Seen), paid[ids[i]]...)
		for _, j := range f.Outcome(c.platform.Now()).Payments {
			judged[j.ID(c.Mode)] = j
		}
	}
	items := [][]byte{}
	for _, p := range page.Payments {
		id, matched := page.Of(p)
		if !matched {
			items = append(items, paymentItem(checkout.Judged{Payment: p, Reason: checkout.ReasonUnmatched}, nil, c.Mode))
		} else if j, ok := judged[p.ID(c.Mode)]; ok { // a checkout does not remember dust
			items = append(items, paymentItem(j, &facts[id].Checkout, c.Mode))
		}
	}
	return items, nil
}

// mergeUnmatched merges the pages of several accounts into one. It ends where the first of them
// does: what the others have beyond that belongs to a later page.
func mergeUnmatched(pages []watch.UnmatchedPage, asked watch.UnmatchedQuery, mode stellar.Mode) watch.UnmatchedPage {
	if len(pages) == 1 {
		return pages[0]
	}
	beyond := func(a, b checkout.PaymentID) bool { // a is on a later page than b
		order := cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Index, b.Index))
		return order != 0 && (order > 0) == asked.After
	}
	var merged watch.UnmatchedPage
	for _, page := range pages {
		merged.Payments = append(merged.Payments, page.Payments...)
		merged.Join(page)
		if page.More && (!merged.More || beyond(merged.Next, page.Next)) {
			merged.More, merged.Next = true, page.Next
		}
	}
	sort.Slice(merged.Payments, func(i, j int) bool { return beyond(merged.Payments[j].Place(mode), merged.Payments[i].Place(mode)) })
	if merged.More {
		merged.Payments = slices.DeleteFunc(merged.Payments, func(p checkout.Payment) bool { return beyond(p.Place(mode), merged.Next) })
	}
	if len(merged.Payments) > asked.Limit {
		merged.Payments = merged.Payments[:asked.Limit]
		merged.More, merged.Next = true, merged.Payments[asked.Limit-1].Place(mode)
	}
	if asked.After {
		slices.Reverse(merged.Payments) // the newest first
	}
	return merged
}
