package worker

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"edgecheckout/templates/console"
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
	"edgecheckout/worker/watch"
)

const (
	inboxPath = "/console/inbox"
	// inboxDays is how far back the ledger is read for money of no checkout.
	inboxDays = 7
)

// showInbox is GET /console/inbox: payments that the newest checkouts did not ask for, and, read
// from the ledger, those that belong to no checkout.
func showInbox(c *call) (answer, error) { return c.inboxScreen(nil) }

func (c *call) inboxScreen(refused *Error) (answer, error) {
	s := console.Inbox{Since: c.began.Add(-inboxDays * day), SeenToo: c.query.Get("seen") == "true"}
	scan := c.view.Scan(c.Owner, checkout.KindCheckout, "", false, c.checkoutsSince(), homeCheckouts+1)
	l, err := leafOf(c.ctx, scan, homeCheckouts, nil, func(entries []store.Listed) ([]*checkout.Facts, error) { return c.checkouts().Listed(c.ctx, entries) }, nil)
	if err != nil {
		return answer{}, err
	}
	s.Listed, s.MoreThan = len(l.items), l.older != ""
	var rows []console.InboxRow
	for _, f := range l.items {
		rows = append(rows, c.unasked(f)...)
	}
	unmatched, why := c.unmatchedSince(s.Since)
	s.Unread = why
	for _, p := range unmatched {
		rows = append(rows, console.InboxRow{PaymentRow: c.paymentRow(checkout.Judged{Payment: p, Reason: checkout.ReasonUnmatched}, "")})
	}
	sort.SliceStable(rows, func(i, j int) bool { return rows[i].At.After(rows[j].At) })
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	if len(ids) > 0 {
		notes, err := c.view.Notes(c.ctx, c.Owner, ids...)
		if err != nil {
			return answer{}, err
		}
		for i, n := range notes {
			rows[i].Seen, rows[i].Customer = n.Seen, n.Customer
		}
	}
	if !s.SeenToo {
		rows = slices.DeleteFunc(rows, func(r console.InboxRow) bool { return r.Seen })
	}
	s.Rows = rows
	return c.refusable(c.frame("inbox"), s, refused)
}

// unasked returns the payments of a checkout that it did not ask for: those that do not count, the
// last one of an overpaid checkout, and all of one that was not paid in full.
func (c *call) unasked(f *checkout.Facts) (rows []console.InboxRow) {
	out := f.Outcome(c.platform.Now())
	asked := moneyOf(f.Checkout.Amount, f.Checkout.Asset).String()
	last, over := overpaid(f, out)
	for i, p := range out.Payments {
		row := console.InboxRow{PaymentRow: c.paymentRow(p, f.Checkout.ID.String()), Asked: asked}
		for _, r := range f.Refunds {
			if r.Payment == row.ID {
				row.Returned = append(row.Returned, moneyOf(r.Amount, r.Asset).String())
			}
		}
		switch {
		case !p.Counted():
		case last == &out.Payments[i]:
			row.Reason = "overpaid by " + over.String()
		case out.Exception == checkout.Underpaid && out.Status == checkout.Failed:
			row.Reason = "underpaid"
		default:
			continue
		}
		rows = append(rows, row)
	}
	return rows
}

// unmatchedSince reads from the ledger what belongs to no checkout. If it cannot be read now, it
// says why.
func (c *call) unmatchedSince(since time.Time) ([]checkout.Payment, string) {
	ctx, err := c.chargedReading()
	if err != nil {
		return nil, "The ledger was read often just now, so money of no checkout is not shown. Try again in some seconds."
	}
	asked := watch.UnmatchedQuery{Since: since, Limit: consoleLimit}
	var pages []watch.UnmatchedPage
	for _, account := range c.Merchant.Accounts(c.Mode, c.began) {
		page, err := c.watcher.Unmatched(ctx, c.Mode, account, asked)
		if err != nil {
			c.log(c.ctx, "unmatched", map[string]any{"merchant": c.Merchant.ID, "error": err.Error()})
			return nil, "The ledger cannot be read right now, so money of no checkout is not shown."
		}
		pages = append(pages, page)
	}
	page := mergeUnmatched(pages, asked, c.Mode)
	if page.More {
		return page.Payments, fmt.Sprintf("Of money of no checkout, the newest %d payments are shown; GET /payment?unmatched=true has more.", len(page.Payments))
	}
	return page.Payments, ""
}

// markSeen is POST /console/inbox/{id}/seen.
func markSeen(c *call) (answer, error) {
	return c.note(func(n *store.Note) *Error { n.Seen = true; return nil }, "seen")
}

// assignPayment is POST /console/inbox/{id}/assign: it notes whose money it was.
func assignPayment(c *call) (answer, error) {
	id := strings.TrimSpace(c.form.Get("customer"))
	u, err := c.customers().Get(c.ctx, id)
	if err != nil {
		return answer{}, err
	}
	return c.note(func(n *store.Note) *Error {
		if u == nil {
			return invalid("customer", "No customer has the id %s.", clip(id))
		}
		n.Customer = u.ID
		return nil
	}, "assigned")
}

// note changes what is noted of a payment, which must be one of the owner's.
func (c *call) note(change func(*store.Note) *Error, what string) (answer, error) {
	payment, err := decodeAnswer[struct {
		ID string `json:"id"`
	}](c.act(getPayment, map[string]any{}))
	var told *Error
	switch {
	case errors.As(err, &told) && told.Code != CodeNotFound:
		return c.inboxScreen(told)
	case err != nil:
		return answer{}, err
	}
	notes, err := c.view.Notes(c.ctx, c.Owner, payment.ID)
	if err != nil {
		return answer{}, err
	}
	if told := change(&notes[0]); told != nil {
		return c.inboxScreen(told)
	}
	c.view.PutNote(c.Owner, payment.ID, notes[0], c.began.Add(checkout.MemoLifetime))
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	return c.done(inboxPath, what)
}
