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
	"edgecheckout/worker/record"
)

// maxOpen bounds how many open sessions one sweep looks at; those that fall due first come first.
const maxOpen = 50 * kv.MaxListKeys

// orphanAge is how long after its time an entry stays although its session cannot be found or ended.
const orphanAge = 7 * 24 * time.Hour

// Report counts what a sweep did.
type Report struct {
	Open, Accounts, Records, Payments, Terminal, Failed int
}

// Sweep reads every active account of every network from where the last sweeps left off, and settles what it finds and
// what fell due. The error joins whatever went wrong; nothing is lost by it, the next sweep begins early enough.
func (w *Watcher) Sweep(ctx context.Context) (Report, error) {
	var report Report
	open, err := w.openSessions(ctx)
	if err != nil {
		return report, fmt.Errorf("listing open sessions: %w", err)
	}
	report.Open = len(open)
	var failed []error
	for _, mode := range record.Modes {
		accounts := map[checkout.Address][]record.OpenEntry{}
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

func (w *Watcher) openSessions(ctx context.Context) ([]record.OpenEntry, error) {
	var entries []record.OpenEntry
	cursor := ""
	for {
		page, err := w.Store.List(ctx, record.OpenPrefix, cursor, kv.MaxListKeys)
		if err != nil {
			return nil, err
		}
		for _, key := range page.Keys {
			entry, err := record.ParseOpenKey(key)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", key, err)
			}
			entries = append(entries, entry)
		}
		if cursor = page.Cursor; cursor == "" || len(entries) >= maxOpen {
			return entries, nil
		}
	}
}

func (w *Watcher) sweepNetwork(ctx context.Context, mode record.Mode, accounts map[checkout.Address][]record.OpenEntry, report *Report) error {
	values, err := w.Store.Get(ctx, record.CursorKey(mode))
	if err != nil {
		return err
	}
	cursor, _, err := record.Decode[record.Cursor](values[0])
	if err != nil {
		return err
	}
	client, root, err := w.connect(ctx, mode)
	if err != nil {
		report.Failed += len(accounts)
		return err
	}
	stored := cursor
	cursor = current(cursor, root)

	var failed []error
	waiting := false
	var ended []checkout.ID
	behind := map[checkout.Address]record.Behind{}
	one := func(account checkout.Address) {
		p, swept, err := w.sweepAccount(ctx, client, root, cursor, account, accounts[account])
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
	}
	for _, account := range inTurn(slices.Collect(maps.Keys(accounts)), cursor.Behind) {
		one(account)
	}
	if len(ended) > 0 {
		w.Ended(ctx, ended)
	}

	if len(failed) == 0 {
		w.Recent.Keep(ctx, sweptKey(mode), record.Encode(newestOf(root)), rememberSweep)
	}
	if moved, ok := advance(cursor, root, behind, waiting); ok || stored.From != cursor.From {
		err := w.Store.Put(ctx, kv.Entry{Key: record.CursorKey(mode), Value: record.Encode(moved)})
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// inTurn puts accounts that could not be finished first, the one that is behind for longest in front: a sweep that runs out of subrequests
// is followed by one that begins with those it did not come to.
func inTurn(accounts []checkout.Address, behind map[checkout.Address]record.Behind) []checkout.Address {
	waits := func(account checkout.Address) bool {
		b, ok := behind[account]
		return ok && !b.Caught
	}
	slices.SortFunc(accounts, func(a, b checkout.Address) int {
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
	ended   []checkout.ID // sessions that it ended
	waiting bool          // whether sessions whose time is over wait for a second pass
}

// sweepAccount reads one account and settles the sessions that its payments name and those whose time is over. If it fails, the
// pass says from where the account must be read again.
func (w *Watcher) sweepAccount(ctx context.Context, client horizon.Client, root horizon.Root, cursor record.Cursor,
	account checkout.Address, open []record.OpenEntry) (p pass, done swept, err error) {

	created := open[0].Created
	for _, entry := range open {
		if entry.Created.Before(created) {
			created = entry.Created
		}
	}
	after, err := w.startOf(ctx, cursor, root, open[0].Mode, account, created)
	if err != nil {
		return p, done, err
	}
	if after == cursor.From.Ledger && after+1 < root.ElderLedger { // a ledger that was there once
		w.Log(ctx, "history_gap", map[string]any{"account": account, "after_ledger": after, "elder_ledger": root.ElderLedger})
	}
	p = w.read(ctx, client, account, after, true, maxPages)

	var coverage time.Time
	if p.complete {
		coverage = root.ClosedAt
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
	standings, err := w.Load(ctx, concerned...)
	if err != nil {
		p.complete, p.read = false, after
		return p, done, err
	}
	proven := w.proven(cursor, account, coverage)
	failed := []error{p.err}
	ended := map[checkout.ID]bool{}
	for i, s := range standings {
		if s == nil || s.Session.Account != account || s.Session.Livemode != (open[0].Mode == record.Live) {
			continue // a memo that happens to decrypt, or a payment with the memo of somebody else's checkout
		}
		out, err := w.settle(ctx, s, payments[concerned[i]], proven)
		if err != nil {
			p.complete, p.read = false, after
			failed = append(failed, fmt.Errorf("settling %s: %w", concerned[i], err))
			continue
		}
		ended[concerned[i]] = out.Status.Terminal()
		switch {
		case s.Ended:
			done.ended = append(done.ended, s.Session.ID)
		case out.Status == checkout.Open && !coverage.Before(s.Deadline()):
			done.waiting = true
		}
	}
	return p, done, errors.Join(append(failed, w.removeEnded(ctx, account, open, ended, p))...)
}

// removeEnded removes what has ended from the index of open sessions; an entry whose session cannot be found goes a while after its time. If
// nothing of the account is left, it writes down first where this pass began: when the account is active again, reading goes on from
// there, overlap included, and money that came too late is found after all.
func (w *Watcher) removeEnded(ctx context.Context, account checkout.Address, open []record.OpenEntry, ended map[checkout.ID]bool, p pass) error {
	var keys []string
	for _, entry := range open {
		if ended[entry.ID] || w.Now().Sub(entry.Due) > orphanAge {
			keys = append(keys, entry.Key())
		}
	}
	if len(keys) == 0 {
		return nil
	}
	if len(keys) == len(open) {
		idle := kv.Entry{Key: record.IdleKey(open[0].Mode, account), Value: record.Encode(record.Idle{Ledger: p.after})}
		if err := w.Store.Put(ctx, idle); err != nil {
			return err
		}
	}
	return w.Store.Delete(ctx, keys...)
}

// startOf is start, but an account that is behind, or that was not active when the cursor was written, goes on from where it was left:
// there may be money for sessions that ended before those that are open now were made.
func (w *Watcher) startOf(ctx context.Context, cursor record.Cursor, root horizon.Root, mode record.Mode, account checkout.Address, created time.Time) (int64, error) {
	after := start(cursor, root, account, created)
	if behind, ok := cursor.Behind[account]; ok && behind.After <= root.LatestLedger {
		return behind.After, nil
	}
	if created.Before(cursor.From.ClosedAt) {
		return after, nil
	}
	values, err := w.Store.Get(ctx, record.IdleKey(mode, account))
	if err != nil {
		return 0, err
	}
	idle, ok, err := record.Decode[record.Idle](values[0])
	if err != nil || !ok || idle.Ledger > root.LatestLedger {
		return after, err
	}
	return min(after, idle.Ledger), nil
}

func newestOf(root horizon.Root) record.Checkpoint {
	return record.Checkpoint{Ledger: root.LatestLedger, ClosedAt: root.ClosedAt}
}

// trail says where an account begins the next time, if not with all the others: it could not be finished, or it was
// caught up with so recently that others may not see yet what was written.
func (w *Watcher) trail(cursor record.Cursor, account checkout.Address, p pass) (record.Behind, bool) {
	was, ok := cursor.Behind[account]
	now := w.Now().UTC()
	rested := now.Sub(was.At) >= Rest
	if was.Caught {
		rested = now.Sub(was.At) >= Overlap
	}
	switch {
	case !p.begun, !ok && p.complete:
		return record.Behind{}, false
	case !ok, was.Caught != p.complete:
		return record.Behind{After: p.after, Through: p.read, At: now, Caught: p.complete}, true
	case !rested:
		return was, true
	case was.Caught:
		return record.Behind{}, false
	}
	return record.Behind{After: was.Through, Through: p.read, At: now}, true
}

// advance moves the cursor after a sweep that read everything up to root, except for the accounts that are behind. It reports
// false if there is nothing to write. The old cursor is kept until the next checkpoint is Overlap old: a pass always
// reads between one and two Overlaps again, and a network costs one write in that time.
//
// It is also written when sessions wait for a second pass to agree that nothing came.
func advance(cursor record.Cursor, root horizon.Root, behind map[checkout.Address]record.Behind, waiting bool) (record.Cursor, bool) {
	newest := newestOf(root)
	moved := cursor
	switch {
	case cursor.From.Ledger > root.LatestLedger || cursor.Next.Ledger > root.LatestLedger || cursor.Next.Ledger == 0:
		// The first sweep of this network, or of its history since it was reset.
		trailing := root.ClosedAt.Add(-Overlap)
		moved = record.Cursor{From: record.Checkpoint{Ledger: root.LedgerBefore(trailing), ClosedAt: trailing}, Next: newest, Reset: cursor.Reset}
	case root.ClosedAt.Sub(cursor.Next.ClosedAt) >= Overlap:
		moved.From, moved.Next = cursor.Next, newest
	}
	moved.Behind = behind
	same := moved.From == cursor.From && moved.Next == cursor.Next && maps.EqualFunc(behind, cursor.Behind, func(a, b record.Behind) bool {
		return a.After == b.After && a.Through == b.Through && a.Caught == b.Caught && a.At.Equal(b.At)
	})
	moved.Covered = newest
	return moved, waiting || !same
}
