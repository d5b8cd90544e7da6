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

// orphanAge is how long after its time an entry stays although its checkout cannot be found or
// ended.
const orphanAge = 7 * 24 * time.Hour

const (
	// maxDue is how many checkouts a sweep ends unpaid in a mode. Each takes two or three writes of
	// the 1,000 operations on KV that an invocation has; the others end in their turn.
	maxDue = 120
	// maxDuePages is how many pages of open checkouts a sweep lists to find all accounts that have
	// some due. The next one goes on from there.
	maxDuePages = 50
)

// Report counts what a sweep did.
type Report struct {
	Open, Accounts, Pages, Records, Payments, Terminal, Failed int
}

// Limits say what a sweep may do.
type Limits struct {
	// Accounts is how many accounts are read one by one at most; if more have something open, the
	// network's feed is read. The public network makes some 15 pages of payments a minute, and an
	// account takes one or two requests.
	Accounts int
	// Pages is how many pages of the feed a sweep reads at most, for as long as it stays.
	Pages int
	// Stay is for how long after its beginning a sweep reads on at each ledger while something is
	// open. Zero: it reads once.
	Stay time.Duration
}

// listing is a part of the index of open checkouts, in the order in which they fall due.
type listing struct {
	at      time.Time // before it was listed
	entries []store.OpenEntry
	more    bool   // there are others, after these
	next    string // where the list goes on; empty if the mode was listed together with another one
}

// last is the entry that falls due last, of those that were listed; zero if there is none.
func (l listing) last() (e store.OpenEntry) {
	if n := len(l.entries); n > 0 {
		e = l.entries[n-1]
	}
	return e
}

// Sweep reads the networks of modes from where the last sweeps left off, and settles what it finds
// and what fell due. The error joins whatever went wrong; nothing is lost by it, the next sweep
// begins early enough.
func (w *Watcher) Sweep(ctx context.Context, modes ...stellar.Mode) (Report, error) {
	var report Report
	begun := w.Now()
	open, err := w.listAll(ctx, modes)
	if err != nil {
		return report, err
	}
	idle := func(mode stellar.Mode) bool { return len(open[mode].entries) == 0 }
	backlogs, cursors, err := w.Store.Backlogs(ctx, modes, slices.DeleteFunc(slices.Clone(modes), idle))
	if err != nil {
		return report, err
	}
	var failed []error
	var stays []stay
	for _, mode := range modes {
		l := open[mode]
		report.Open += len(l.entries)
		failed = append(failed, w.tellBacklog(ctx, mode, backlogs[mode], l))
		if idle(mode) {
			continue
		}
		s, err := w.sweepNetwork(ctx, mode, cursors[mode], l, &report)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s network: %w", mode, err))
		} else if s != nil {
			stays = append(stays, s)
		}
	}
	return report, errors.Join(append(failed, w.stayOn(ctx, begun, open, stays))...)
}

// listAll lists open checkouts of several modes: with one call, unless there are too many.
func (w *Watcher) listAll(ctx context.Context, modes []stellar.Mode) (map[stellar.Mode]listing, error) {
	open := map[stellar.Mode]listing{}
	var all listing
	var err error
	if len(modes) > 1 {
		if all, err = w.list(ctx, "", ""); err != nil {
			return nil, err
		}
	}
	for _, mode := range modes {
		last := all.last().Mode // modes are listed in their order
		if len(modes) == 1 || all.more && mode > last {
			if open[mode], err = w.list(ctx, mode, ""); err != nil {
				return nil, err
			}
			continue
		}
		others := func(e store.OpenEntry) bool { return e.Mode != mode }
		open[mode] = listing{at: all.at, entries: slices.DeleteFunc(slices.Clone(all.entries), others), more: all.more && mode == last}
	}
	return open, nil
}

// list lists open checkouts of a mode, those that fall due first, up to a thousand or as many as a
// call gives. Without a mode it lists one after the other.
func (w *Watcher) list(ctx context.Context, mode stellar.Mode, cursor string) (listing, error) {
	l := listing{at: w.Now(), next: cursor}
	for {
		entries, next, err := w.Store.Open(ctx, mode, l.next)
		if err != nil {
			return l, err
		}
		l.entries, l.next, l.more = append(l.entries, entries...), next, next != ""
		if next == "" || len(l.entries) >= kv.MaxListKeys {
			return l, nil
		}
	}
}

func (w *Watcher) sweepNetwork(ctx context.Context, mode stellar.Mode, stored store.Cursor, open listing, report *Report) (stay, error) {
	accounts := map[stellar.Address][]store.OpenEntry{}
	for _, entry := range open.entries {
		accounts[entry.Account] = append(accounts[entry.Account], entry)
	}
	client, root, err := w.pool(mode).Connect(ctx, horizon.ForSweep)
	if err != nil {
		report.Failed += len(accounts)
		return nil, err
	}
	n := network{mode: mode, client: client, root: root, stored: stored, cursor: current(stored, root)}
	many := open.more || len(accounts) > w.Limits.Accounts
	switch reading := n.cursor.Feed != nil; {
	case reading && !many && (len(accounts) <= w.Limits.Accounts/2 || root.ClosedAt.Sub(n.cursor.Covered.ClosedAt) > Overlap):
		if n.cursor, err = w.leaveFeed(ctx, n, slices.Collect(maps.Keys(accounts))); err != nil {
			return nil, err
		}
	case reading:
		return w.sweepBoth(ctx, n, open, accounts, report)
	case many && (open.more || len(accounts) > 2*w.Limits.Accounts):
		n.cursor = enterFeed(ctx, n, open, accounts)
		return w.sweepBoth(ctx, n, open, accounts, report)
	}
	return w.sweepByAccount(ctx, n, open, accounts, many, report)
}

// leaveFeed is the cursor with which accounts are read one by one again. Those that had nothing open
// before the feed was read, and have not caught up with what came to them then, are behind.
func (w *Watcher) leaveFeed(ctx context.Context, n network, accounts []stellar.Address) (store.Cursor, error) {
	marks, err := w.Store.IdleMarks(ctx, n.mode, accounts)
	if err != nil {
		return n.cursor, err
	}
	c := n.cursor
	c.Behind = maps.Clone(c.Behind)
	for account, mark := range marks {
		if _, behind := c.Behind[account]; behind || mark.Ledger >= c.Feed.Since {
			continue
		}
		if c.Behind == nil {
			c.Behind = map[stellar.Address]store.Behind{}
		}
		c.Behind[account] = store.Behind{After: mark.Ledger, Through: mark.Ledger, At: w.Now().UTC()}
	}
	c.Next, c.Feed = c.Through(), nil
	return c, nil
}

// enterFeed is the cursor with which the feed is read from where everything before is known. The
// first reading of a network begins Overlap ago at the latest: a checkout that another data centre
// has just ended is not listed any more, and its outcome may not be visible here.
func enterFeed(ctx context.Context, n network, open listing, accounts map[stellar.Address][]store.OpenEntry) store.Cursor {
	c := n.cursor
	if c.From.Ledger == 0 {
		begin := open.at.Add(-Overlap)
		for _, entries := range accounts {
			begin = earliest(entries, begin)
		}
		c.From = store.Checkpoint{Ledger: n.client.LastLedgerBefore(ctx, n.root, begin), ClosedAt: begin}
	}
	c.Feed = &store.Feed{Since: c.From.Ledger}
	return c
}

// handOver is the cursor with which the feed is read from now on, after a pass over every account:
// what each of them received until a moment ago is known. For as long as the overlap lasts they are
// read by themselves as well.
func handOver(ctx context.Context, c store.Cursor, n network, open listing) store.Cursor {
	begin := open.at.Add(-Rest) // whatever was not listed yet was made later
	since := store.Checkpoint{Ledger: n.client.LastLedgerBefore(ctx, n.root, begin), ClosedAt: begin}
	if since.Ledger <= c.From.Ledger {
		since = c.From
	}
	c.Feed = &store.Feed{Since: since.Ledger, Parts: []store.Part{{Through: since}}}
	return c
}

// sweepBoth reads the feed, and by themselves the accounts that are behind.
func (w *Watcher) sweepBoth(ctx context.Context, n network, open listing, accounts map[stellar.Address][]store.OpenEntry, report *Report) (stay, error) {
	var failed error
	if len(n.cursor.Behind) > 0 {
		alone := map[stellar.Address][]store.OpenEntry{}
		for account := range n.cursor.Behind {
			alone[account] = accounts[account]
		}
		a := w.sweepAccounts(ctx, n, alone, false, report)
		n.cursor.Behind, failed = a.behind, errors.Join(a.failed...)
	}
	f, err := w.sweepFeed(ctx, n, open, report)
	if err = errors.Join(failed, err); err != nil {
		if f != nil {
			err = errors.Join(err, f.leave(ctx))
		}
		return nil, err
	}
	return f, nil
}

// sweepByAccount reads the accounts one by one. If there are many by now, the next sweep reads the
// feed.
func (w *Watcher) sweepByAccount(ctx context.Context, n network, open listing, accounts map[stellar.Address][]store.OpenEntry, many bool, report *Report) (stay, error) {
	a := w.sweepAccounts(ctx, n, accounts, many, report)
	if len(a.failed) == 0 {
		w.Recent.Keep(ctx, sweptKey(n.mode), store.Encode(newestOf(n.root)), rememberSweep)
	}
	moved, changed := advance(n.cursor, n.root, a.behind, a.waiting)
	if many && !a.left {
		moved, changed = handOver(ctx, moved, n, open), true
	}
	if changed || n.stored.From != n.cursor.From || n.stored.Feed != nil {
		a.failed = append(a.failed, w.Store.PutCursor(ctx, n.mode, moved))
	}
	if err := errors.Join(a.failed...); err != nil || many {
		return nil, err
	}
	return &accountStay{w, n, a.open, a.read, report}, nil
}

// inTurn puts accounts that could not be finished first, the one that is behind for longest in
// front: a sweep that runs out of subrequests is followed by one that begins with those it did not
// come to. Of the others another one comes first in each minute, in case the sweeps die before they
// can say how far they came.
func inTurn(accounts []stellar.Address, behind map[stellar.Address]store.Behind, now time.Time) []stellar.Address {
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
	if first := slices.IndexFunc(accounts, func(a stellar.Address) bool { return !waits(a) }); first >= 0 {
		others := accounts[first:]
		turn := int(now.Unix()/60) % len(others)
		copy(others, slices.Concat(others[turn:], others[:turn]))
	}
	return accounts
}

// swept is what a sweep did for one account.
type swept struct {
	ended   []checkout.ID     // checkouts that it ended
	gone    []store.OpenEntry // what it removed from the index of open checkouts
	waiting bool              // whether checkouts whose time is over wait for a second pass
}

// network is what a sweep knows of a mode's ledger before it reads the accounts.
type network struct {
	mode   stellar.Mode
	client horizon.Client
	root   horizon.Root
	stored store.Cursor // as it was read
	cursor store.Cursor // the same, for this history and for the way in which it is read
}

// unread reports whether there may be earlier payments for a checkout than a reading of what came
// since a time has shown, because it is the first one of a network. All that is listed as open was
// made since then. What is not may have ended elsewhere, by payments that are older, and that may
// not be visible here yet; the next sweep sees it.
func (n network) unread(s *checkout.Facts, since time.Time) bool {
	return n.stored.From.Ledger == 0 && s.Recorded == nil && s.Checkout.CreatedAt.Before(since)
}

// byAccount is what became of accounts that were read one by one.
type byAccount struct {
	behind  map[stellar.Address]store.Behind
	waiting bool // checkouts whose time is over wait for a second pass
	left    bool // it is not known where to begin with some
	failed  []error
	read    []*reading                            // of those that were read to the end
	open    map[stellar.Address][]store.OpenEntry // what they still have open
}

// sweepAccounts reads accounts, a page of each of horizon.MaxBatch at a time, and settles each as
// soon as it is read. They begin in the order of inTurn, and one that is done makes room for the
// next. If they are handed over, each stays behind until its overlap is over.
func (w *Watcher) sweepAccounts(ctx context.Context, n network, accounts map[stellar.Address][]store.OpenEntry, handedOver bool, report *Report) byAccount {
	all := byAccount{behind: map[stellar.Address]store.Behind{}, open: map[stellar.Address][]store.OpenEntry{}}
	var ended []checkout.ID
	done := func(account stellar.Address, p pass, s swept, err error) {
		report.Accounts++
		report.Records += p.records
		report.Payments += len(p.payments)
		report.Terminal += len(s.ended)
		ended = append(ended, s.ended...)
		all.waiting, all.left = all.waiting || s.waiting, all.left || !p.begun
		if b, ok := w.trail(n.cursor, account, p, handedOver); ok {
			all.behind[account] = b
		} else if was, ok := n.cursor.Behind[account]; ok && !p.begun {
			all.behind[account] = was
		}
		if err != nil {
			report.Failed++
			all.failed = append(all.failed, fmt.Errorf("account %s: %w", account, err))
		}
	}
	waiting, share := inTurn(slices.Collect(maps.Keys(accounts)), n.cursor.Behind, w.Now()), shareOf(accounts, n.root.ClosedAt)
	var active []*reading
	for len(waiting)+len(active) > 0 {
		next := waiting[:min(len(waiting), horizon.MaxBatch-len(active))]
		waiting = waiting[len(next):]
		starts, err := w.startsOf(ctx, n, next, accounts)
		for i, account := range next {
			if err != nil {
				done(account, pass{}, swept{}, err)
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
				p, swept, err := w.settleAccount(ctx, n, r.account, accounts[r.account], share, r.pass)
				done(r.account, p, swept, err)
				if p.complete {
					all.read = append(all.read, r)
					all.open[r.account] = without(accounts[r.account], swept.gone)
				}
			}
		}
		active = slices.DeleteFunc(active, func(r *reading) bool { return r.done })
	}
	if len(ended) > 0 {
		w.Ended(ctx, ended)
	}
	return all
}

// shareOf is how many of the checkouts that are due each account may end in a sweep.
func shareOf(accounts map[stellar.Address][]store.OpenEntry, coverage time.Time) int {
	due := 0
	for _, open := range accounts {
		if len(open) > 0 && !coverage.Before(open[0].Due.Add(-time.Minute)) {
			due++
		}
	}
	return maxDue / max(due, 1)
}

// settleAccount settles the checkouts that the payments of a pass name and those whose time is
// over, of these its share. If it fails, the pass that it returns says from where the account must
// be read again.
func (w *Watcher) settleAccount(ctx context.Context, n network, account stellar.Address, open []store.OpenEntry, share int, p pass) (_ pass, done swept, err error) {
	var coverage time.Time
	if p.complete {
		coverage = n.root.ClosedAt
	}
	payments := byName(p.payments)
	concerned, err := w.checkoutsOf(ctx, account, p.payments)
	if err != nil {
		p.complete, p.read = false, p.after
		return p, done, err
	}
	paid := map[checkout.ID]bool{}
	for _, id := range concerned {
		paid[id] = true
	}
	for _, entry := range open {
		switch {
		case paid[entry.ID] || coverage.Before(entry.Due.Add(-time.Minute)):
		case share == 0:
			done.waiting = true
		default:
			share--
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
	var failed []error
	ended := map[checkout.ID]bool{}
	for i, s := range all {
		if s == nil || s.Checkout.Account != account || s.Checkout.Mode != n.mode {
			continue // a memo that happens to decrypt, or a payment with the memo of somebody else's checkout
		}
		if n.unread(s, earliest(open, w.Now().Add(-Overlap))) {
			p.complete, p.read = false, p.after
			continue
		}
		out, err := w.settle(ctx, s, payments.of(&s.Checkout), proven)
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
	if len(failed) > 0 {
		// The account stays listed until all its payments are settled: those for checkouts that
		// ended before would otherwise wait until it is active again.
		return p, done, errors.Join(append(failed, p.err)...)
	}
	done.gone, err = w.removeEnded(ctx, account, open, ended, p)
	return p, done, errors.Join(p.err, err)
}

// removeEnded removes what has ended from the index of open checkouts; an entry whose checkout
// cannot be found goes a while after its time. If nothing of the account is left, it writes down
// first where this pass began: when the account is active again, reading goes on from there,
// overlap included, and money that came too late is found after all.
func (w *Watcher) removeEnded(ctx context.Context, account stellar.Address, open []store.OpenEntry, ended map[checkout.ID]bool, p pass) (gone []store.OpenEntry, err error) {
	for _, entry := range open {
		if ended[entry.ID] || w.Now().Sub(entry.Due) > orphanAge {
			gone = append(gone, entry)
		}
	}
	if len(gone) == 0 {
		return nil, nil
	}
	if len(gone) == len(open) {
		if err := w.Store.PutIdleMarks(ctx, open[0].Mode, store.IdleMark{Ledger: p.after}, account); err != nil {
			return nil, err
		}
	}
	return gone, w.Store.DeleteOpen(ctx, gone...)
}

// startsOf is start for several accounts, but one that is behind, or that was not active when the
// cursor was written, goes on from where it was left: there may be money for checkouts that ended
// before those that are open now were made.
func (w *Watcher) startsOf(ctx context.Context, n network, accounts []stellar.Address, open map[stellar.Address][]store.OpenEntry) ([]int64, error) {
	starts := make([]int64, len(accounts))
	var idle []stellar.Address // those that may have a mark
	for i, account := range accounts {
		created := w.Now()
		if n.cursor.From.Ledger == 0 {
			created = created.Add(-Overlap)
		}
		created = earliest(open[account], created)
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
			if mark, ok := marks[account]; ok && mark.Ledger <= n.root.LatestLedger {
				starts[i] = min(starts[i], mark.Ledger)
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

// earliest is when the first of some checkouts was made, or a time if that is earlier.
func earliest(open []store.OpenEntry, t time.Time) time.Time {
	for _, e := range open {
		if e.Created.Before(t) {
			t = e.Created
		}
	}
	return t
}

func newestOf(root horizon.Root) store.Checkpoint {
	return store.Checkpoint{Ledger: root.LatestLedger, ClosedAt: root.ClosedAt}
}

// trail says where an account begins the next time, if not with all the others: it could not be
// finished, or it was caught up with so recently that others may not see yet what was written.
func (w *Watcher) trail(cursor store.Cursor, account stellar.Address, p pass, handedOver bool) (store.Behind, bool) {
	was, ok := cursor.Behind[account]
	now := w.Now().UTC()
	rested := now.Sub(was.At) >= Rest
	if was.Caught {
		rested = now.Sub(was.At) >= Overlap
	}
	switch {
	case !p.begun, !ok && p.complete && !handedOver:
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

// advance moves the cursor after a sweep that read everything up to root, except for the accounts
// that are behind. It reports false if there is nothing to write. The old cursor is kept until the
// next checkpoint is Overlap old: a pass always reads between one and two Overlaps again, and a
// network costs one write in that time.
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
	same := moved.From == cursor.From && moved.Next == cursor.Next && sameBehind(behind, cursor.Behind)
	moved.Covered = newest
	return moved, waiting || !same
}

func sameBehind(a, b map[stellar.Address]store.Behind) bool {
	return maps.EqualFunc(a, b, func(a, b store.Behind) bool {
		return a.After == b.After && a.Through == b.Through && a.Caught == b.Caught && a.At.Equal(b.At)
	})
}
