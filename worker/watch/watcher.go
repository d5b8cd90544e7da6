// Package watch finds payments in Horizon and settles the checkouts they belong to. The sweep (the
// cron) and the look (somebody asks for one open checkout) run the same code. All of it may run
// twice, late, or at the same time as itself.
package watch

import (
	"context"
	"fmt"
	"slices"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// Overlap is how much of the ledger every pass reads again at least: ten times the staleness of the
// store, so that what one pass wrote over a stale read, or lost, a later one repairs.
const Overlap = 10 * time.Minute

// LookWindow is the time in which one account is read at most once on behalf of people who look.
const LookWindow = 3 * time.Second

// maxPages bounds a pass over one account; it goes on from there in the next one.
const maxPages = 50

// Rest is how long what was written must rest until everybody can see it: twice the store's usual
// staleness.
const Rest = 2 * time.Minute

// Recent is what the watcher takes of worker.Recent.
type Recent interface {
	Recall(ctx context.Context, key string) []byte
	Keep(ctx context.Context, key string, value []byte, ttl time.Duration)
	Claim(key string, window time.Duration) bool
}

// Watcher settles checkouts. All exported fields must be set.
type Watcher struct {
	Store    store.Store
	Recent   Recent
	Horizons map[stellar.Mode]*horizon.Pool
	Memos    checkout.MemoKeys
	Now      func() time.Time
	// Sleep waits.
	Sleep func(ctx context.Context, d time.Duration)
	// Margin is how far past a deadline the ledger must have been read before a checkout ends
	// without having been paid: behind a load balancer a page may come from a Horizon that lags
	// behind the one that served the root.
	Margin time.Duration
	// Tell is told of what is new about a checkout before that is stored: if it fails, or the pass
	// dies, a later pass finds the same again.
	Tell func(ctx context.Context, s *checkout.Facts, before, after checkout.Outcome) error
	// TellRefund is told of a refund that was paid before that is stored, as Tell is.
	TellRefund func(ctx context.Context, r store.Refund) error
	Limits     Limits
	// Told is called in a sweep after each reading of the ledger, when Tell may have been.
	Told func(ctx context.Context)
	// Ended is told of checkouts whose end has just been written, each once, in as few calls as a
	// pass allows.
	Ended func(ctx context.Context, ids []checkout.ID)
	// Log writes one line about something that happened; fields are marshalled as JSON.
	Log func(ctx context.Context, event string, fields map[string]any)

	cursors cursors
	looked  lookTimes
}

// pool returns a mode's Horizons. A mode without a network has none that could be used.
func (w *Watcher) pool(mode stellar.Mode) *horizon.Pool {
	if pool, ok := w.Horizons[mode]; ok {
		return pool
	}
	return horizon.NewPool(horizon.Network{}, nil, w.Recent, w.Now)
}

// found is a payment with the checkouts that its memo can mean, or the muxed id that it went to.
//
//codec:json
type found struct {
	horizon.Incoming
	IDs []checkout.ID `json:",omitempty"`
	// MuxedTo counts only if the memo names none, so that no payment counts for two checkouts.
	MuxedTo checkout.MuxedID `json:",omitempty"`
}

// nameOf returns a payment with what it can name.
func (w *Watcher) nameOf(p horizon.Incoming) found {
	f := found{Incoming: p, IDs: w.Memos.Open(p.Memo, w.Now())}
	if len(f.IDs) == 0 && w.Memos.MayBeMuxed(p.Muxed, w.Now()) {
		f.MuxedTo = p.Muxed
	}
	return f
}

// isNobodys reports whether a payment cannot be for a checkout.
func (f *found) isNobodys() bool { return len(f.IDs) == 0 && f.MuxedTo == "" }

// names reports whether a payment to the checkout's account is for the checkout.
func (f *found) names(c *checkout.Checkout) bool {
	return slices.Contains(f.IDs, c.ID) || f.MuxedTo != "" && f.MuxedTo == c.Muxed
}

// pass is what was read of one account.
type pass struct {
	payments []found
	begun    bool  // it was known where to begin
	complete bool  // read to the end of the history
	after    int64 // the ledger after which the pass began
	read     int64 // the last ledger of which everything was read, if not complete
	// pages are where pages ended: a ledger up to which all was read, and a time before which it
	// closed.
	pages   []store.Checkpoint
	records int
	err     error
}

// reading is a pass on its way.
type reading struct {
	pass
	account    stellar.Address
	cursor     int64 // the operation after which the next page begins
	untilEmpty bool
	left       int  // pages that it may still read
	inside     bool // the last page may have ended inside a ledger
	done       bool
}

// begin starts a pass over what an account received after a ledger, until an empty page, or, for a
// look that wants no verdict, until a page after which there is nothing. It keeps the payments whose
// memo may name a checkout.
func begin(account stellar.Address, after int64, untilEmpty bool, pages int) *reading {
	return &reading{
		pass:    pass{begun: true, after: after, read: after},
		account: account, cursor: horizon.CursorAfter(after), untilEmpty: untilEmpty, left: pages,
	}
}

// read makes a whole pass.
func (w *Watcher) read(ctx context.Context, client horizon.Client, account stellar.Address, after int64, untilEmpty bool, pages int) pass {
	r := begin(account, after, untilEmpty, pages)
	for !r.done {
		page, err := client.Payments(ctx, account, r.cursor)
		w.take(ctx, client, r, page, err)
	}
	return r.pass
}

// take adds the page at the cursor to a pass, or ends it with the error of reading that page.
func (w *Watcher) take(ctx context.Context, client horizon.Client, r *reading, page horizon.PaymentsPage, err error) {
	if err == nil && page.Records > 0 && page.Last <= r.cursor {
		err = fmt.Errorf("%w: a page that repeats what came before it", horizon.ErrAnswer)
	}
	if err != nil {
		r.fail(r.read, err)
		return
	}
	r.records += page.Records
	for _, payment := range page.Payments {
		f := w.nameOf(payment)
		if f.isNobodys() {
			continue
		}
		if f.AmountInEffects {
			if f.Amount, err = client.MergedAmount(ctx, f.Operation, r.account); err != nil {
				r.fail(f.Ledger()-1, err)
				return
			}
		}
		r.payments = append(r.payments, f)
	}
	last := page.Records == 0 || !r.untilEmpty && !page.More
	if page.Records == 0 && r.inside && w.Now().Sub(r.pass.pages[len(r.pass.pages)-1].ClosedAt) < w.Margin {
		// The rest of the ledger may be missing because this page comes from a Horizon that lags.
		r.done, r.pass = true, r.upTo(r.read)
		return
	}
	r.inside = page.More
	if page.Records > 0 {
		r.cursor = page.Last
		r.read = page.Last>>32 - 1 // the page may end inside its last ledger
		r.pass.pages = append(r.pass.pages, store.Checkpoint{Ledger: r.read, ClosedAt: page.LastClosedAt})
	}
	r.left--
	switch {
	case last:
		r.complete, r.done = true, true
	case r.left == 0:
		r.done, r.pass = true, r.upTo(r.read)
	}
}

// fail ends a pass after a ledger that it has read to its end.
func (r *reading) fail(ledger int64, err error) {
	r.err, r.done = err, true
	r.pass = r.upTo(ledger)
}

// upTo drops what lies in ledgers that were not read to their end: a checkout completes with a
// whole ledger or not at all.
func (p pass) upTo(ledger int64) pass {
	kept := p.payments[:0:0]
	for _, f := range p.payments {
		if f.Ledger() <= ledger {
			kept = append(kept, f)
		}
	}
	p.payments, p.read = kept, ledger
	return p
}

// current is the cursor if it is of the history that root is the end of, else an empty one that
// says so: a test network is reset now and then. Ledgers of one history are at least a second
// apart.
func current(cursor store.Cursor, root horizon.Root) store.Cursor {
	between := root.LatestLedger - cursor.From.Ledger
	if between < 0 || cursor.From.Ledger > 0 && between > int64(root.ClosedAt.Sub(cursor.From.ClosedAt)/time.Second)+3 { // as LedgerBefore counts
		return store.Cursor{Reset: root.ClosedAt}
	}
	return cursor
}

// start is the ledger after which the account must be read so that nothing of a checkout made at
// created is missed.
func start(cursor store.Cursor, root horizon.Root, account stellar.Address, created time.Time) int64 {
	after := root.LedgerBefore(created)
	cursor = current(cursor, root)
	if behind, ok := cursor.Behind[account]; ok {
		return max(after, behind.After)
	}
	return max(after, cursor.From.Ledger)
}

// proven is the deadline up to which checkouts of the account may end, after a pass that read
// everything up to coverage (zero if it did not). Two passes must agree, this one and the sweep
// that wrote the cursor, and both must have read Margin past the deadline; a pass that has read
// Overlap past it needs no second one. After a reset nobody ends unpaid for Overlap, which is
// longer than a sweep may last: one that has read the old history may still be about to complete
// what the new one knows nothing of.
func (w *Watcher) proven(cursor store.Cursor, account stellar.Address, coverage time.Time) time.Time {
	if coverage.IsZero() || !cursor.Reset.IsZero() && coverage.Before(cursor.Reset.Add(Overlap)) {
		return time.Time{}
	}
	once := coverage.Add(-Overlap)
	if behind, ok := cursor.Behind[account]; ok && !behind.Caught {
		return once
	}
	twice := cursor.Covered.ClosedAt
	if coverage.Before(twice) {
		twice = coverage
	}
	if twice = twice.Add(-w.Margin); twice.After(once) {
		return twice
	}
	return once
}
