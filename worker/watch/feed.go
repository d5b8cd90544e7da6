package watch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// The feed shows every payment of the network once, so what it costs does not depend on how many
// accounts have something open. Reading ten minutes of it again in each pass would cost 150
// requests on the public network. A pass reads again only what the last ones could not save, and
// knows what they found of checkouts from the records that they left. So the cursor moves only as
// far as a page has really shown: a Horizon that lags behind the one that served the root hides
// nothing for good.

// saveEvery is how many pages are read before what was found in them is saved: a pass that dies has
// lost no more than that.
const saveEvery = 10

const (
	// young is how old a part may be whose payments every pass settles again: a checkout may not
	// have been visible here.
	young = Rest + time.Minute
	// restsAfter is how long after the last checkout has ended the parts are settled once more: they
	// have rested then, whoever else was sweeping.
	restsAfter = Overlap + young
	// heldFor is how long a part stays because a payment in it cannot be settled.
	heldFor = time.Hour
	// maxCatchUps is how many accounts one pass reads for money that came while they were idle and
	// the feed was not read.
	maxCatchUps = 3
	// coveredEvery is how often the cursor tells up to when was read, though nothing came.
	coveredEvery = 2 * time.Minute
	// writtenAtOnce is how many outcomes are written at once.
	writtenAtOnce = 24
	// settledAtOnce is how many checkouts are read from the store at once.
	settledAtOnce = 100
)

// feedPass is a sweep of a network by its feed.
type feedPass struct {
	*Watcher
	network
	report *Report
	found  map[checkout.ID][]horizon.Operation   // payments since From, by the checkout that their memo can mean
	muxed  map[horizon.Muxed][]horizon.Operation // or by the muxed address that they went to
	merged map[int64]stellar.Amount              // amounts of merges that were read
	failed map[checkout.ID]bool                  // could not be settled in this pass
	ended  []checkout.ID
	errs   []error

	// The part that is being read is in no cursor yet.
	part    store.Part
	after   store.Checkpoint    // where it begins
	inside  []horizon.Operation // what was found in it
	next    int64               // the operation after which the next page begins
	partial []horizon.Operation // found in a ledger that was not read to its end
	moved   bool                // something is not saved
	pages   int                 // that were read
}

// beginFeed begins a pass with what the last ones found.
func (w *Watcher) beginFeed(ctx context.Context, n network, report *Report) (*feedPass, error) {
	f := &feedPass{Watcher: w, network: n, report: report, found: map[checkout.ID][]horizon.Operation{}, muxed: map[horizon.Muxed][]horizon.Operation{},
		merged: map[int64]stellar.Amount{}, failed: map[checkout.ID]bool{}}
	return f, f.recall(ctx)
}

// settleRested settles what the parts of the feed have once more when nothing is open: the last pass
// may have written what a Horizon that lags showed to it, over what another one knew better. It
// reports whether all of them have rested.
func (w *Watcher) settleRested(ctx context.Context, mode stellar.Mode) (bool, error) {
	stored, err := w.Store.Cursor(ctx, mode)
	if err != nil || stored.Feed == nil {
		return true, err
	}
	client, root, err := w.pool(mode).Connect(ctx, horizon.ForSweep)
	if err != nil {
		return false, err
	}
	n := network{mode: mode, client: client, root: root, stored: stored, cursor: current(stored, root)}
	if n.cursor.Feed == nil {
		return true, nil // of a history that ended
	}
	f, err := w.beginFeed(ctx, n, &Report{})
	if err != nil {
		return false, err
	}
	f.moved = !sameFeed(f.cursor, stored)
	err = errors.Join(f.leave(ctx), f.finish(ctx))
	return !slices.ContainsFunc(f.cursor.Feed.Parts, func(p store.Part) bool { return p.Found }), err
}

// sweepFeed reads the network's feed on from where it was left, and settles what it finds and what
// fell due.
func (w *Watcher) sweepFeed(ctx context.Context, n network, open listing, report *Report) (*feedPass, error) {
	f, err := w.beginFeed(ctx, n, report)
	if err != nil {
		return nil, err
	}
	coverage, err := f.readOn(ctx)
	f.errs = append(f.errs, err)
	waiting, err := f.settleDue(ctx, open, coverage)
	f.errs = append(f.errs, err)
	if len(f.failed) == 0 && coverage.Equal(n.root.ClosedAt) {
		w.Recent.Keep(ctx, sweptKey(n.mode), store.Encode(newestOf(n.root)), rememberSweep)
	}
	if coverage.After(f.cursor.Covered.ClosedAt) {
		f.cursor.Covered = store.Checkpoint{Ledger: f.part.Through.Ledger, ClosedAt: coverage}
	}
	f.moved = waiting || !sameFeed(f.withPart(), n.stored) || coverage.Sub(n.stored.Covered.ClosedAt) >= coveredEvery
	if waiting || f.pages >= saveEvery || w.Limits.Stay == 0 { // else it is saved when the sweep leaves
		f.errs = append(f.errs, f.leave(ctx))
	}
	return f, f.finish(ctx)
}

// finish tells what ended, and returns what went wrong.
func (f *feedPass) finish(ctx context.Context) error {
	if len(f.ended) > 0 {
		f.Ended(ctx, f.ended)
	}
	err := errors.Join(f.errs...)
	f.ended, f.errs = nil, nil
	return err
}

// withPart is the cursor with the part that is being read.
func (f *feedPass) withPart() store.Cursor {
	c := f.cursor
	if f.part.Through.Ledger > f.after.Ledger {
		feed := *c.Feed
		feed.Parts = joined(feed.Parts, f.part)
		c.Feed = &feed
	}
	return c
}

// save leaves a record of what was found in the part, and a cursor that names it.
func (f *feedPass) save(ctx context.Context) error {
	if f.part.Found {
		found := store.Found{Operations: f.inside}
		if err := f.Store.PutFound(ctx, f.mode, f.after.Ledger, f.part.Through.Ledger, found, f.Now()); err != nil {
			return err
		}
	}
	return f.Store.PutCursor(ctx, f.mode, f.withPart())
}

// close begins another part.
func (f *feedPass) close() {
	f.cursor = f.withPart()
	f.after = f.cursor.Through()
	f.part, f.inside = store.Part{Through: f.after}, nil
}

// sameFeed reports whether there is nothing in a that is not in b but how far it covers.
func sameFeed(a, b store.Cursor) bool {
	return a.From == b.From && b.Feed != nil && a.Feed.Since == b.Feed.Since && a.Feed.Due == b.Feed.Due && slices.Equal(a.Feed.Parts, b.Feed.Parts) && sameBehind(a.Behind, b.Behind)
}

// recall fetches what the last passes found, settles again what may need it, and forgets what has
// rested. Where a record is missing, the feed is read again.
func (f *feedPass) recall(ctx context.Context) error {
	feed := *f.cursor.Feed
	found, err := f.Store.FoundIn(ctx, f.mode, f.cursor.From.Ledger, feed.Parts)
	if err != nil {
		return err
	}
	if missing := slices.Index(found, nil); missing >= 0 {
		found, feed.Parts = found[:missing], feed.Parts[:missing]
	}
	parts := make([][]checkout.ID, len(feed.Parts))
	for i := range feed.Parts {
		if parts[i], err = f.note(ctx, found[i].Operations); err != nil {
			return err
		}
	}
	feed.Parts = slices.Clone(feed.Parts)
	leaving := true // the parts before this one have left
	for i := range feed.Parts {
		part := &feed.Parts[i]
		age := f.root.ClosedAt.Sub(part.Through.ClosedAt)
		rested := leaving && age >= Overlap
		if part.Found && (rested || part.Failed || age < young) {
			part.Failed = !f.settleFound(ctx, parts[i], part.Failed)
		}
		if leaving = rested && (!part.Failed || age >= Overlap+heldFor); leaving {
			f.cursor.From = part.Through
		}
	}
	for len(feed.Parts) > 0 && feed.Parts[0].Through.Ledger <= f.cursor.From.Ledger {
		feed.Parts = feed.Parts[1:]
	}
	f.cursor.Feed = &feed
	f.close()
	f.next = horizon.CursorAfter(f.after.Ledger)
	if f.after.Ledger+1 < f.root.ElderLedger {
		f.Log(ctx, "history_gap", map[string]any{"after_ledger": f.after.Ledger, "elder_ledger": f.root.ElderLedger})
	}
	return nil
}

// note adds operations to what was found, and returns the checkouts that they can be for, as far as
// it can be seen here. The error is the store's: then it is not known what muxed addresses stand
// for.
func (f *feedPass) note(ctx context.Context, operations []horizon.Operation) ([]checkout.ID, error) {
	var ids []checkout.ID
	var muxed []horizon.Muxed
	for _, o := range operations {
		memo, err := o.Memo()
		if err != nil {
			f.errs = append(f.errs, err)
		}
		named := f.Memos.Open(memo, f.Now())
		for _, id := range named {
			f.found[id] = append(f.found[id], o)
			ids = append(ids, id)
		}
		if len(named) > 0 {
			continue // by its memo alone
		}
		for _, m := range f.muxedTo(o) {
			f.muxed[m] = append(f.muxed[m], o)
			muxed = append(muxed, m)
		}
	}
	of, err := f.Store.Muxed(ctx, muxed...)
	for _, m := range muxed {
		if id, ok := of[m]; ok {
			ids = append(ids, id)
		}
	}
	return ids, err
}

// readOn reads the feed to its end, or as far as the pass may, settles what it finds, and saves as
// it goes. It returns the time up to which everything that closed was read; zero if nothing is
// known of it.
func (f *feedPass) readOn(ctx context.Context) (coverage time.Time, err error) {
	begun := f.part.Through.Ledger
	end := false
	spent := func() bool { return f.spent() && f.next>>32 > begun+1 } // a pass reads a whole ledger at least
	for !end && err == nil && !spent() {
		read := f.part.Through
		for n := 0; n < saveEvery && !end && !spent(); n++ {
			var page horizon.FeedPage
			if page, err = f.readPage(ctx); err != nil {
				break
			}
			f.pages++
			f.report.Pages++
			end = !page.More
			if page.Records > 0 {
				read = store.Checkpoint{Ledger: page.Last>>32 - 1, ClosedAt: page.LastClosedAt} // the page may end inside its last ledger
				if end {
					read.Ledger++ // a ledger is shown as a whole or not at all
				}
			} else if read.Ledger+1 == f.next>>32 && f.Now().Sub(read.ClosedAt) >= f.Margin {
				read.Ledger++ // no Horizon lags so far behind that it would not show the rest of the ledger
			}
		}
		f.settleUpTo(ctx, read)
		if !end && err == nil && !spent() && f.part.Through.Ledger > f.after.Ledger {
			if err = f.save(ctx); err == nil {
				f.close()
			}
		}
	}
	switch through := f.part.Through; {
	case err != nil:
		return time.Time{}, fmt.Errorf("the feed after ledger %d: %w", through.Ledger, err)
	case end:
		return f.root.ClosedAt, nil
	case through.Ledger == begun:
		return time.Time{}, nil
	default:
		return through.ClosedAt.Add(-time.Second), nil // ledgers close at different seconds: the last one may be read in part
	}
}

// spent reports whether the pass has read as many pages as it may.
func (f *feedPass) spent() bool { return f.pages >= f.Limits.Pages }

// readPage reads the next page.
func (f *feedPass) readPage(ctx context.Context) (horizon.FeedPage, error) {
	page, err := f.client.Feed(ctx, f.next)
	if err == nil && page.Records > 0 && page.Last <= f.next {
		err = fmt.Errorf("%w: a page that repeats what came before it", horizon.ErrAnswer)
	}
	if err != nil {
		return page, err
	}
	f.report.Records += page.Records
	f.next = max(f.next, page.Last)
	for _, o := range page.Operations {
		if memo, err := o.Memo(); err != nil || len(f.Memos.Open(memo, f.Now())) > 0 || len(f.muxedTo(o)) > 0 {
			f.partial = append(f.partial, o)
		}
	}
	return page, nil
}

// settleUpTo takes what was found up to a ledger into the part, and settles it.
func (f *feedPass) settleUpTo(ctx context.Context, through store.Checkpoint) {
	if through.Ledger <= f.part.Through.Ledger {
		return
	}
	f.part.Through = through
	var found, partial []horizon.Operation
	for _, o := range f.partial {
		if o.Ledger() <= through.Ledger {
			found = append(found, o)
		} else {
			partial = append(partial, o)
		}
	}
	f.partial = partial
	if len(found) == 0 {
		return
	}
	f.report.Payments += len(found)
	f.inside, f.part.Found = append(f.inside, found...), true
	ids, err := f.note(ctx, found)
	f.errs = append(f.errs, err)
	if !f.settleFound(ctx, ids, true) || err != nil {
		f.part.Failed = true
	}
}

// joined adds a part, to the last one if both are empty and close to each other.
func joined(parts []store.Part, part store.Part) []store.Part {
	parts = slices.Clone(parts)
	if n := len(parts); n > 1 && !part.Found && !parts[n-1].Found && part.Through.ClosedAt.Sub(parts[n-2].Through.ClosedAt) < Overlap/4 {
		parts[n-1] = part
		return parts
	}
	return append(parts, part)
}

// settleFound settles checkouts for which payments were found, and reports whether it could. Those
// that it ends leave the index of open ones; the first time, also those that somebody else has
// ended. What is left there by mistake leaves when it falls due.
func (f *feedPass) settleFound(ctx context.Context, ids []checkout.ID, first bool) bool {
	ok := true
	for some := range slices.Chunk(unique(ids), settledAtOnce) {
		all, err := f.facts(ctx, some)
		if err != nil {
			ok = false
		}
		var gone []store.OpenEntry
		for _, d := range f.settleAll(ctx, all, func(*checkout.Facts) time.Time { return time.Time{} }) {
			if f.failed[d.facts.Checkout.ID] {
				ok = false
			} else if d.out.Status.Terminal() && (first || d.facts.Ended) {
				gone = append(gone, store.OpenEntries(d.facts)...)
			}
		}
		ok = f.retire(ctx, gone) && ok
	}
	return ok
}

func unique(ids []checkout.ID) []checkout.ID {
	seen := map[checkout.ID]bool{}
	var once []checkout.ID
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			once = append(once, id)
		}
	}
	return once
}

// facts reads checkouts; if some cannot be read, as many as can.
func (f *feedPass) facts(ctx context.Context, ids []checkout.ID) ([]*checkout.Facts, error) {
	all, err := f.Store.Facts(ctx, ids...)
	if err == nil || len(ids) == 1 {
		if err != nil {
			f.failed[ids[0]] = true
			f.errs = append(f.errs, fmt.Errorf("settling %s: %w", ids[0], err))
			all = []*checkout.Facts{nil}
		}
		return all, err
	}
	half := len(ids) / 2
	first, err1 := f.facts(ctx, ids[:half])
	second, err2 := f.facts(ctx, ids[half:])
	return append(first, second...), errors.Join(err1, err2)
}

// settleAll settles checkouts by all that was found for them, and returns what became of those that
// are of this network. What is new is written at once, or, if that fails, one by one.
func (f *feedPass) settleAll(ctx context.Context, all []*checkout.Facts, proven func(*checkout.Facts) time.Time) []*decision {
	var decisions []*decision
	fail := func(s *checkout.Facts, err error) {
		if err != nil {
			f.failed[s.Checkout.ID] = true
			f.report.Failed++
			f.errs = append(f.errs, fmt.Errorf("settling %s: %w", s.Checkout.ID, err))
		}
	}
	for _, s := range all {
		if s == nil || s.Checkout.Mode != f.mode {
			continue
		}
		// What came before the feed was read is not known yet of an account that is behind, or in the
		// first reading of a network, so a payment that the feed shows might seem to be the first
		// one. The part is settled again later.
		behind, ok := f.cursor.Behind[s.Checkout.Account]
		if ok && !behind.Caught || f.unread(s, f.cursor.From.ClosedAt) {
			f.failed[s.Checkout.ID] = true
			decisions = append(decisions, &decision{facts: s, out: s.Outcome(f.Now())})
			continue
		}
		payments, err := f.paymentsTo(ctx, s)
		if err != nil {
			fail(s, err)
			decisions = append(decisions, &decision{facts: s, out: s.Outcome(f.Now())})
			continue
		}
		d := f.decide(s, payments, proven(s))
		decisions = append(decisions, &d)
	}
	for some := range slices.Chunk(decisions, writtenAtOnce) {
		if f.record(ctx, some...) != nil {
			for _, d := range some {
				fail(d.facts, f.record(ctx, d))
			}
		}
		for _, d := range some {
			if d.facts.Ended {
				f.report.Terminal++
				f.ended = append(f.ended, d.facts.Checkout.ID)
			}
		}
	}
	return decisions
}

// paymentsTo returns what a checkout's account received by the operations that were found for it.
func (f *feedPass) paymentsTo(ctx context.Context, s *checkout.Facts) ([]checkout.Payment, error) {
	var payments []checkout.Payment
	operations := f.found[s.Checkout.ID]
	muxed := f.muxed[horizon.Muxed{Account: s.Checkout.Account, ID: s.Checkout.Muxed}]
	for _, o := range append(operations[:len(operations):len(operations)], muxed...) {
		received, err := o.Received(s.Checkout.Account)
		if err != nil {
			return nil, err
		}
		for _, p := range received {
			if named := f.nameOf(p); !named.names(&s.Checkout) {
				continue // of another checkout, which the operation paid as well
			}
			if p.AmountInEffects {
				amount, known := f.merged[p.Operation]
				if !known {
					if amount, err = f.client.MergedAmount(ctx, p.Operation, s.Checkout.Account); err != nil {
						return nil, err
					}
					f.merged[p.Operation] = amount
				}
				p.Amount = amount
			}
			payments = append(payments, p.Payment)
		}
	}
	return payments, nil
}

// settleDue ends what fell due before coverage, of all accounts in turn. It reports whether
// something waits for another pass. Only what is due is listed, and of that as much loaded as ends,
// whatever else is open.
func (f *feedPass) settleDue(ctx context.Context, open listing, coverage time.Time) (waiting bool, err error) {
	if coverage.IsZero() {
		return false, nil
	}
	if open.more && open.next == "" && !coverage.Before(open.last().Due) {
		if open, err = f.list(ctx, f.mode, ""); err != nil {
			return false, err
		}
	}
	due := turns{of: map[stellar.Address][]store.OpenEntry{}}
	goOn := f.cursor.Feed.Due // after those that wait longest
	f.cursor.Feed.Due = ""
	for page := 1; ; page++ {
		for _, e := range open.entries {
			behind, alone := f.cursor.Behind[e.Account]
			alone = alone && !behind.Caught // it is read by itself, and ends by that
			if alone || coverage.Before(e.Due.Add(-time.Minute)) {
				continue
			}
			proven := f.proven(f.cursor, e.Account, coverage)
			if proven.Before(e.Due.Add(-time.Minute)) {
				waiting = true
				continue
			}
			due.add(e)
		}
		if open.next == "" || coverage.Before(open.last().Due) {
			break
		}
		if page == maxDuePages {
			f.cursor.Feed.Due, waiting = open.next, true
			break
		}
		if goOn == "" {
			goOn = open.next
		}
		if open, err = f.list(ctx, f.mode, goOn); err != nil {
			break // for the next pass it begins with those that wait longest
		}
		goOn = ""
	}
	ending := due.take(maxDue)
	for some := range slices.Chunk(ending, settledAtOnce) {
		waiting = f.endDue(ctx, some, coverage) || waiting
	}
	return waiting || due.all > len(ending), err
}

// turns are entries that are due, by accounts in the order in which they were found.
type turns struct {
	accounts []stellar.Address
	of       map[stellar.Address][]store.OpenEntry // at most maxDue
	all      int
}

func (t *turns) add(e store.OpenEntry) {
	t.all++
	switch of := t.of[e.Account]; {
	case len(of) == 0:
		t.accounts = append(t.accounts, e.Account)
		fallthrough
	case len(of) < maxDue:
		t.of[e.Account] = append(of, e)
	}
}

// take takes one entry of each account in turn, until it has as many as it may: accounts have equal
// shares, and share what some do not need.
func (t *turns) take(most int) (taken []store.OpenEntry) {
	for round := 0; round < maxDue; round++ {
		for _, account := range t.accounts {
			if len(taken) == most {
				return taken
			}
			if of := t.of[account]; round < len(of) {
				taken = append(taken, of[round])
			}
		}
	}
	return taken
}

// endDue ends those of a few checkouts that can end. A cancelled one may have two entries.
func (f *feedPass) endDue(ctx context.Context, due []store.OpenEntry, coverage time.Time) (waiting bool) {
	ids := make([]checkout.ID, len(due))
	for i, e := range due {
		ids[i] = e.ID
	}
	all, _ := f.facts(ctx, unique(ids)) // what could not be read is in f.errs
	ended := map[checkout.ID]bool{}
	for _, d := range f.settleAll(ctx, all, func(s *checkout.Facts) time.Time {
		if f.failed[s.Checkout.ID] {
			return time.Time{}
		}
		return f.proven(f.cursor, s.Checkout.Account, coverage)
	}) {
		id := d.facts.Checkout.ID
		ended[id] = d.out.Status.Terminal() && !f.failed[id]
		waiting = waiting || !ended[id] && !coverage.Before(d.facts.Deadline())
	}
	var gone []store.OpenEntry
	for _, e := range due {
		if ended[e.ID] || f.Now().Sub(e.Due) > orphanAge {
			gone = append(gone, e)
		}
	}
	f.retire(ctx, gone)
	return waiting
}

// retire removes entries from the index of open checkouts. Where their accounts must be read from,
// when they are read one by one again, is written down first, and what came to them while they were
// idle and the feed was not read yet is read.
func (f *feedPass) retire(ctx context.Context, gone []store.OpenEntry) bool {
	if len(gone) == 0 {
		return true
	}
	of := map[stellar.Address]store.OpenEntry{}
	for _, e := range gone {
		of[e.Account] = e
	}
	err := f.markIdle(ctx, of)
	if err == nil {
		err = f.Store.DeleteOpen(ctx, gone...)
	}
	f.errs = append(f.errs, err)
	return err == nil
}

// markIdle marks accounts of which an entry is removed each. One that must catch up first falls due
// once more when the overlap is over.
func (f *feedPass) markIdle(ctx context.Context, of map[stellar.Address]store.OpenEntry) error {
	accounts := slices.Sorted(maps.Keys(of))
	marks, err := f.Store.IdleMarks(ctx, f.mode, accounts)
	if err != nil {
		return err
	}
	since, catchUps := f.cursor.Feed.Since, 0
	var idle []stellar.Address // those that have no mark of the feed yet
	for _, account := range accounts {
		mark, marked := marks[account]
		again := !mark.Caught.IsZero()
		switch {
		case marked && mark.Ledger >= since && mark.Ledger <= f.root.LatestLedger:
			continue
		case marked && mark.Ledger < since:
			if again && f.Now().Sub(mark.Caught) < Overlap {
				continue
			}
			if catchUps++; catchUps > maxCatchUps {
				continue
			}
			if err := f.catchUp(ctx, account, mark.Ledger); err != nil {
				return err
			}
			if !again {
				mark.Caught = f.Now().UTC()
				if err := f.Store.Postpone(ctx, of[account], mark.Caught.Add(restsAfter)); err != nil {
					return err
				}
				if err := f.Store.PutIdleMarks(ctx, f.mode, mark, account); err != nil {
					return err
				}
				continue
			}
		}
		idle = append(idle, account)
	}
	for some := range slices.Chunk(idle, writtenAtOnce) {
		if err := f.Store.PutIdleMarks(ctx, f.mode, store.IdleMark{Ledger: max(f.cursor.From.Ledger, since)}, some...); err != nil {
			return err
		}
	}
	return nil
}

// catchUp reads what an account received from a ledger on until the feed was read.
func (f *feedPass) catchUp(ctx context.Context, account stellar.Address, after int64) error {
	p := f.read(ctx, f.client, account, after, true, maxPages)
	payments := byName(p.payments)
	ids, err := f.checkoutsOf(ctx, account, p.payments)
	if err != nil {
		return err
	}
	all, err := f.Store.Facts(ctx, ids...)
	if err != nil {
		return err
	}
	for i, s := range all {
		if s != nil && s.Checkout.Account == account && s.Checkout.Mode == f.mode {
			_, err := f.settle(ctx, s, payments.of(&s.Checkout), time.Time{})
			p.err = errors.Join(p.err, err)
			if s.Ended {
				f.ended = append(f.ended, ids[i])
			}
		}
	}
	if !p.complete && p.err == nil {
		p.err = fmt.Errorf("account %s has more payments than a pass reads", account)
		p.err = errors.Join(p.err, f.Store.PutIdleMarks(ctx, f.mode, store.IdleMark{Ledger: p.read}, account))
	}
	return p.err
}
