package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// maxOpen bounds how many open checkouts one sweep looks at; those that fall due first come first.
const maxOpen = 50 * kv.MaxListKeys

// orphanAge is how long after its time an entry stays although its checkout cannot be found or ended.
const orphanAge = 7 * 24 * time.Hour

// Report counts what a sweep did.
type Report struct {
	Open, Accounts, Records, Payments, Terminal, Failed int
}

// Sweep reads every active account of every network from where the last sweeps left off, and settles what it finds and
// what fell due. The error joins whatever went wrong; nothing is lost by it, the next sweep begins early enough.
func (w *Watcher) Sweep(ctx context.Context) (Report, error) {
	var report Report
	open, err := w.openCheckouts(ctx)
	if err != nil {
		return report, err
	}
	report.Open = len(open)
	var failed []error
	for _, mode := range stellar.Modes {
		accounts := map[stellar.Address][]store.OpenEntry{}
		for _, entry := range open {
			if entry.Mode == mode {
				accounts[entry.Account] = append(accounts[entry.Account], entry)
			}
		}
		if len(accounts) > 0 {
			if err := w.sweepNetwork(ctx, mode, accounts, &report); err != nil {
				failed = append(failed, fmt.Errorf("%s network: %w", mode, err))
			}
		}
	}
	return report, errors.Join(failed...)
}

func (w *Watcher) openCheckouts(ctx context.Context) ([]store.OpenEntry, error) {
	var entries []store.OpenEntry
	cursor := ""
	for {
		page, next, err := w.Store.Open(ctx, cursor)
		if err != nil {
			return nil, err
		}
		entries = append(entries, page...)
		if cursor = next; cursor == "" || len(entries) >= maxOpen {
			return entries, nil
		}
	}
}

func (w *Watcher) sweepNetwork(ctx context.Context, mode stellar.Mode, accounts map[stellar.Address][]store.OpenEntry, report *Report) error {
	cursors, err := w.Store.Cursors(ctx, mode)
	if err != nil {
		return err
	}
	cursor := cursors[0]
	client, root, err := w.pool(mode).Connect(ctx, horizon.ForSweep)
	if err != nil {
		report.Failed += len(accounts)
		return err
	}
	stored := cursor
	cursor = current(cursor, root)

	var failed []error
	waiting := false
	var ended []checkout.ID
	behind := map[stellar.Address]store.Behind{}
	n := network{mode, client, root, cursor}
	w.sweepAccounts(ctx, n, accounts, func(account stellar.Address, p pass, swept swept, err error) {
		report.Accounts++
		report.Records += p.records
		report.Payments += len(p.payments)
		report.Terminal += len(swept.ended)
		ended = append(ended, swept.ended...)
		waiting = waiting || swept.waiting
		if b, ok := w.trail(cursor, account, p); ok {
			behind[account] = b
		} else if was, ok := cursor.Behind[account]; ok && !p.begun {
			behind[account] = was
		}
		if err != nil {
			report.Failed++
			failed = append(failed, fmt.Errorf("account %s: %w", account, err))
		}
	})
	if len(ended) > 0 {
		w.Ended(ctx, ended)
	}

	if len(failed) == 0 {
		w.Recent.Keep(ctx, sweptKey(mode), store.Encode(newestOf(root)), rememberSweep)
	}
	if moved, ok := advance(cursor, root, behind, waiting); ok || stored.From != cursor.From {
		err := w.Store.PutCursor(ctx, mode, moved)
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// inTurn puts accounts that could not be finished first, the one that is behind for longest in front: a sweep that runs out of subrequests
// is followed by one that begins with those it did not come to.
func inTurn(accounts []stellar.Address, behind map[stellar.Address]store.Behind) []stellar.Address {
	waits := func(account stellar.Address) bool {
		b, ok := behind[account]
		return ok && !b.Caught
	}
	slices.SortFunc(accounts, func(a, b stellar.Address) int {
		switch waiting := waits(a); {
		case waiting != waits(b):
			if waiting {
				return -1
			}
			return 1
		case waiting:
			return cmp.Or(behind[a].At.Compare(behind[b].At), cmp.Compare(a, b))
		}
		return cmp.Compare(a, b)
	})
	return accounts
}

// swept is what a sweep did for one account.
type swept struct {
	ended   []checkout.ID // checkouts that it ended
	waiting bool          // whether checkouts whose time is over wait for a second pass
}

// network is what a sweep knows of a mode's ledger before it reads the accounts.
type network struct {
	mode   stellar.Mode
	client horizon.Client
	root   horizon.Root
	cursor store.Cursor
}

// sweepAccounts reads accounts, a page of each of horizon.MaxBatch at a time, settles each as soon as it is read, and reports what was done. They
// begin in the order of inTurn, and one that is done makes room for the next.
func (w *Watcher) sweepAccounts(ctx context.Context, n network, accounts map[stellar.Address][]store.OpenEntry,
	report func(stellar.Address, pass, swept, error)) {

	waiting := inTurn(slices.Collect(maps.Keys(accounts)), n.cursor.Behind)
	var active []*reading
	for len(waiting)+len(active) > 0 {
		next := waiting[:min(len(waiting), horizon.MaxBatch-len(active))]
		waiting = waiting[len(next):]
		starts, err := w.startsOf(ctx, n, next, accounts)
		for i, account := range next {
			if err != nil {
				report(account, pass{}, swept{}, err)
				continue
			}
			active = append(active, begin(account, starts[i], true, maxPages))
		}
		histories := make([]horizon.History, len(active))
		for i, r := range active {
			histories[i] = horizon.History{Account: r.account, Cursor: r.cursor}
		}
		for i, result := range n.client.PaymentsOf(ctx, histories) {
			r := active[i]
			if w.take(ctx, n.client, r, result.Page, result.Err); r.done {
				p, swept, err := w.settleAccount(ctx, n, r.account, accounts[r.account], r.pass)
				report(r.account, p, swept, err)
			}
		}
		active = slices.DeleteFunc(active, func(r *reading) bool { return r.done })
	}
}

// settleAccount settles the checkouts that the payments of a pass name and those whose time is over. If it fails, the
// pass that it returns says from where the account must be read again.
func (w *Watcher) settleAccount(ctx context.Context, n network, account stellar.Address, open []store.OpenEntry, p pass) (_ pass, done swept, err error) {
	var coverage time.Time
	if p.complete {
		coverage = n.root.ClosedAt
	}
	payments := paymentsOf(p.payments)
	concerned := slices.Collect(maps.Keys(payments))
	for _, entry := range open {
		if _, ok := payments[entry.ID]; !ok && !coverage.Before(entry.Due.Add(-time.Minute)) {
			concerned = append(concerned, entry.ID)
		}
	}
	if len(concerned) == 0 {
		return p, done, p.err
	}
	all, err := w.Store.Facts(ctx, concerned...)
	if err != nil {
		p.complete, p.read = false, p.after
		return p, done, err
	}
	proven := w.proven(n.cursor, account, coverage)
	failed := []error{p.err}
	ended := map[checkout.ID]bool{}
	for i, s := range all {
		if s == nil || s.Checkout.Account != account || s.Checkout.Mode != n.mode {
			continue // a memo that happens to decrypt, or a payment with the memo of somebody else's checkout
		}
		out, err := w.settle(ctx, s, payments[concerned[i]], proven)
		if err != nil {
			p.complete, p.read = false, p.after
			failed = append(failed, fmt.Errorf("settling %s: %w", concerned[i], err))
			continue
		}
		ended[concerned[i]] = out.Status.Terminal()
		switch {
		case s.Ended:
			done.ended = append(done.ended, s.Checkout.ID)
		case out.Status == checkout.Open && !coverage.Before(s.Deadline()):
			done.waiting = true
		}
	}
	return p, done, errors.Join(append(failed, w.removeEnded(ctx, account, open, ended, p))...)
}

// removeEnded removes what has ended from the index of open checkouts; an entry whose checkout cannot be found goes a while after its time. If
// nothing of the account is left, it writes down first where this pass began: when the account is active again, reading goes on from
// there, overlap included, and money that came too late is found after all.
func (w *Watcher) removeEnded(ctx context.Context, account stellar.Address, open []store.OpenEntry, ended map[checkout.ID]bool, p pass) error {
	var gone []store.OpenEntry
	for _, entry := range open {
		if ended[entry.ID] || w.Now().Sub(entry.Due) > orphanAge {
			gone = append(gone, entry)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	if len(gone) == len(open) {
		if err := w.Store.PutIdleMark(ctx, open[0].Mode, account, p.after); err != nil {
			return err
		}
	}
	return w.Store.DeleteOpen(ctx, gone...)
}

// startsOf is start for several accounts, but one that is behind, or that was not active when the cursor was written, goes on from where it was
// left: there may be money for checkouts that ended before those that are open now were made.
func (w *Watcher) startsOf(ctx context.Context, n network, accounts []stellar.Address, open map[stellar.Address][]store.OpenEntry) ([]int64, error) {
	starts := make([]int64, len(accounts))
	var idle []stellar.Address // those that may have a mark
	for i, account := range accounts {
		created := open[account][0].Created
		for _, entry := range open[account] {
			if entry.Created.Before(created) {
				created = entry.Created
			}
		}
		starts[i] = start(n.cursor, n.root, account, created)
		if behind, ok := n.cursor.Behind[account]; ok && behind.After <= n.root.LatestLedger {
			starts[i] = behind.After
		} else if !created.Before(n.cursor.From.ClosedAt) {
			idle = append(idle, account)
		}
	}
	if len(idle) > 0 {
		marks, err := w.Store.IdleMarks(ctx, n.mode, idle)
		if err != nil {
			return nil, err
		}
		for i, account := range accounts {
			if mark, ok := marks[account]; ok && mark <= n.root.LatestLedger {
				starts[i] = min(starts[i], mark)
			}
		}
	}
	for i, account := range accounts {
		if after := starts[i]; after == n.cursor.From.Ledger && after+1 < n.root.ElderLedger { // a ledger that was there once
			w.Log(ctx, "history_gap", map[string]any{"account": account, "after_ledger": after, "elder_ledger": n.root.ElderLedger})
		}
	}
	return starts, nil
}

func newestOf(root horizon.Root) store.Checkpoint {
	return store.Checkpoint{Ledger: root.LatestLedger, ClosedAt: root.ClosedAt}
}

// trail says where an account begins the next time, if not with all the others: it could not be finished, or it was
// caught up with so recently that others may not see yet what was written.
func (w *Watcher) trail(cursor store.Cursor, account stellar.Address, p pass) (store.Behind, bool) {
	was, ok := cursor.Behind[account]
	now := w.Now().UTC()
	rested := now.Sub(was.At) >= Rest
	if was.Caught {
		rested = now.Sub(was.At) >= Overlap
	}
	switch {
	case !p.begun, !ok && p.complete:
		return store.Behind{}, false
	case !ok, was.Caught != p.complete:
		return store.Behind{After: p.after, Through: p.read, At: now, Caught: p.complete}, true
	case !rested:
		return was, true
	case was.Caught:
		return store.Behind{}, false
	}
	return store.Behind{After: was.Through, Through: p.read, At: now}, true
}

// advance moves the cursor after a sweep that read everything up to root, except for the accounts that are behind. It reports
// false if there is nothing to write. The old cursor is kept until the next checkpoint is Overlap old: a pass always
// reads between one and two Overlaps again, and a network costs one write in that time.
//
// It is also written when checkouts wait for a second pass to agree that nothing came.
func advance(cursor store.Cursor, root horizon.Root, behind map[stellar.Address]store.Behind, waiting bool) (store.Cursor, bool) {
	newest := newestOf(root)
	moved := cursor
	switch {
	case cursor.From.Ledger > root.LatestLedger || cursor.Next.Ledger > root.LatestLedger || cursor.Next.Ledger == 0:
		// The first sweep of this network, or of its history since it was reset.
		trailing := root.ClosedAt.Add(-Overlap)
		moved = store.Cursor{From: store.Checkpoint{Ledger: root.LedgerBefore(trailing), ClosedAt: trailing}, Next: newest, Reset: cursor.Reset}
	case root.ClosedAt.Sub(cursor.Next.ClosedAt) >= Overlap:
		moved.From, moved.Next = cursor.Next, newest
	}
	moved.Behind = behind
	same := moved.From == cursor.From && moved.Next == cursor.Next && maps.EqualFunc(behind, cursor.Behind, func(a, b store.Behind) bool {
		return a.After == b.After && a.Through == b.Through && a.Caught == b.Caught && a.At.Equal(b.At)
	})
	moved.Covered = newest
	return moved, waiting || !same
}
