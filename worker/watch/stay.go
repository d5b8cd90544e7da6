package watch

import (
	"context"
	"errors"
	"slices"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// ledgerTime is how far apart ledgers close, about.
const ledgerTime = 5 * time.Second

// stay is what a sweep goes on with after it has read a network to its end: it only looks for
// payments. Nothing ends unpaid by that, and whatever goes wrong is left to the next sweep.
type stay interface {
	// round reads what came since, and returns the checkouts that it ended.
	round(ctx context.Context) ([]checkout.ID, error)
	// leave saves what the rounds have found.
	leave(ctx context.Context) error
}

// stayOn reads on at each ledger until the next sweep takes over, or until all that was open has
// ended.
func (w *Watcher) stayOn(ctx context.Context, begun time.Time, open map[stellar.Mode]listing, stays []stay) error {
	left, unlisted := map[checkout.ID]bool{}, false
	for _, l := range open {
		for _, e := range l.entries {
			left[e.ID] = true
		}
		unlisted = unlisted || l.more
	}
	var failed []error
	going := slices.Clone(stays)
	w.Told(ctx)
	for until := begun.Add(w.Limits.Stay); len(going) > 0 && w.Now().Add(ledgerTime).Before(until); {
		if len(left) == 0 && !unlisted {
			break
		}
		w.Sleep(ctx, ledgerTime)
		going = slices.DeleteFunc(going, func(s stay) bool {
			ended, err := s.round(ctx)
			failed = append(failed, err)
			for _, id := range ended {
				delete(left, id)
			}
			return err != nil
		})
		w.Told(ctx)
	}
	if w.Limits.Stay > 0 {
		for _, s := range stays {
			failed = append(failed, s.leave(ctx))
		}
	}
	return errors.Join(failed...)
}

// round implements stay.
func (f *feedPass) round(ctx context.Context) ([]checkout.ID, error) {
	if f.spent() {
		return nil, nil
	}
	before := f.part.Through
	_, err := f.readOn(ctx)
	f.errs = append(f.errs, err)
	ended := f.ended
	f.moved = f.moved || f.part.Through != before
	return ended, f.finish(ctx)
}

// leave implements stay.
func (f *feedPass) leave(ctx context.Context) error {
	if !f.moved {
		return nil
	}
	f.moved = false
	return f.save(ctx)
}

// accountStay is a stay with a few accounts that are read one by one.
type accountStay struct {
	*Watcher
	network
	open   map[stellar.Address][]store.OpenEntry // what is open of each account, as far as it was listed
	read   []*reading                            // of accounts that were read to the end
	report *Report
}

// round implements stay. The checkouts of an account are settled by all that was read of it, but
// only those for which something came.
func (a *accountStay) round(ctx context.Context) ([]checkout.ID, error) {
	var ended []checkout.ID
	var failed []error
	for some := range slices.Chunk(slices.Clone(a.read), horizon.MaxBatch) {
		histories := make([]horizon.History, len(some))
		for i, r := range some {
			histories[i] = horizon.History{Account: r.account, Cursor: r.cursor}
		}
		for i, result := range a.client.PaymentsOf(ctx, histories) {
			r := some[i]
			known := len(r.payments)
			r.untilEmpty, r.complete, r.done, r.left = false, false, false, 1
			a.take(ctx, a.client, r, result.Page, result.Err)
			if !r.complete { // the page may have ended inside a ledger
				a.read = slices.DeleteFunc(a.read, func(other *reading) bool { return other == r })
				failed = append(failed, r.err)
				continue
			}
			if len(r.payments) == known {
				continue
			}
			p := r.pass
			p.complete = false // nothing ends unpaid by a round
			p.payments = concerning(r.payments, r.payments[known:])
			_, swept, err := a.settleAccount(ctx, a.network, r.account, a.open[r.account], 0, p)
			failed = append(failed, err)
			ended = append(ended, swept.ended...)
			a.open[r.account] = without(a.open[r.account], swept.gone)
			a.report.Payments += len(r.payments) - known
			a.report.Terminal += len(swept.ended)
		}
	}
	if len(ended) > 0 {
		a.Ended(ctx, ended)
	}
	return ended, errors.Join(failed...)
}

// without returns the entries that are not among some.
func without(entries, some []store.OpenEntry) []store.OpenEntry {
	return slices.DeleteFunc(slices.Clone(entries), func(e store.OpenEntry) bool { return slices.Contains(some, e) })
}

// leave implements stay: the next sweep reads everything again.
func (*accountStay) leave(context.Context) error { return nil }

// concerning returns those payments that may be for the same checkouts as some.
func concerning(payments, some []found) []found {
	ids := map[checkout.ID]bool{}
	for _, f := range some {
		for _, id := range f.IDs {
			ids[id] = true
		}
	}
	var all []found
	for _, f := range payments {
		if f.MuxedTo != "" || slices.ContainsFunc(f.IDs, func(id checkout.ID) bool { return ids[id] }) {
			all = append(all, f)
		}
	}
	return all
}
