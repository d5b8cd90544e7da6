package watch

import (
	"context"
	"errors"
	"slices"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
)

// A step of a reconciliation reads at most reconcilePages of Horizon and compares at most
// reconciledAtOnce checkouts, for each of which it writes at most two keys: with the root, a list
// or two and one read that is less than the 50 subrequests that Cloudflare's Free plan has for an
// invocation.
const (
	reconcilePages   = 20
	reconciledAtOnce = 12
)

// Step is where a reconciliation goes on.
type Step struct {
	After int64     // the ledger after which is read; 0 to begin
	From  time.Time // what closed from then on is read
	Skip  int       // how many of the checkouts that it concerns were compared by steps before this one
	// Gap says that a step before this one could not read as much at once as a checkout can last,
	// so that some could not be found to be unpaid.
	Gap bool
}

// Reconciliation says what a step read and put right.
type Reconciliation struct {
	Payments int // payments read whose memo names a checkout
	Checked  int // checkouts compared with the ledger
	Repaired int // checkouts of which the store knew less than the ledger says
	// Through is up to when the ledger has been read. Complete says that this is all there is, and
	// that nothing was left out.
	Through  time.Time
	Complete bool
	Next     *Step // nil after the last one
}

// Reconcile does a step of reading an account again, and rebuilds from the ledger what the store
// should know of its checkouts: those that payments name, and those that list returns, which were
// made in a time. Nothing that is recorded is needed for it but the checkouts themselves. A step
// may be repeated.
//
// A checkout is judged by one step alone, which has read all of its time; so the next step begins
// as much earlier as a checkout can last.
func (w *Watcher) Reconcile(ctx context.Context, mode stellar.Mode, account stellar.Address, step Step, longest time.Duration,
	list func(from, to time.Time) ([]checkout.ID, error)) (Reconciliation, error) {

	client, root, err := w.pool(mode).Connect(ctx, horizon.ForVisitors)
	if err != nil {
		return Reconciliation{}, err
	}
	if step.After == 0 {
		step.After = root.LedgerBefore(step.From)
	}
	p := w.read(ctx, client, account, step.After, true, reconcilePages)
	if p.err != nil {
		return Reconciliation{}, p.err
	}
	r := Reconciliation{Payments: len(p.payments), Through: root.ClosedAt}
	coverage := root.ClosedAt.Add(-Overlap) // one pass, without a second one that agrees
	if !p.complete {
		// Ledgers close at different seconds: all that closed before the last one that was met have
		// been read.
		if r.Through = p.pages[len(p.pages)-1].ClosedAt.Add(-time.Second); r.Through.Before(coverage) {
			coverage = r.Through
		}
	}
	listed, err := list(step.From, r.Through)
	if err != nil {
		return r, err
	}
	payments := byName(p.payments)
	paid, err := w.checkoutsOf(ctx, account, p.payments)
	if err != nil {
		return r, err
	}
	concerned := map[checkout.ID]bool{}
	for _, id := range paid {
		concerned[id] = true
	}
	for _, id := range listed {
		concerned[id] = true
	}
	ids := idsOf(concerned)
	ids = ids[min(step.Skip, len(ids)):]
	all, err := w.Store.Facts(ctx, ids[:min(len(ids), reconciledAtOnce)]...)
	if err != nil {
		return r, err
	}
	var failed []error
	var ended []checkout.ID
	var open []*checkout.Facts
	for i, s := range all {
		if s == nil || s.Checkout.Account != account || s.Checkout.Mode != mode {
			continue
		}
		repaired, checked, isOpen, err := w.reconcileOne(ctx, s, payments.of(&s.Checkout), step.From, coverage, p.complete)
		failed = append(failed, err)
		if checked {
			r.Checked++
		}
		if repaired {
			r.Repaired++
		}
		if s.Ended {
			ended = append(ended, ids[i])
		}
		if isOpen {
			open = append(open, s)
		}
	}
	// They are put back into the index of open ones, in case they fell out: the entries are the same
	// as ever.
	failed = append(failed, w.Store.PutOpen(ctx, open...))
	if len(ended) > 0 {
		w.Ended(ctx, ended)
	}
	switch {
	case len(ids) > len(all):
		step.Skip += len(all)
		r.Next = &step
	case !p.complete:
		next := step.next(p, longest)
		r.Next = &next
	default:
		r.Complete = !step.Gap
	}
	return r, errors.Join(failed...)
}

// next is the step that follows one which has read p: it begins where the last page ended that lies
// as much before the end of p as a checkout can last.
func (s Step) next(p pass, longest time.Duration) Step {
	last := p.pages[len(p.pages)-1]
	if last.ClosedAt.Before(s.From) {
		return Step{After: last.Ledger, From: s.From, Gap: s.Gap} // what was read lies before what is asked for
	}
	for _, page := range slices.Backward(p.pages) {
		if page.Ledger > s.After && !page.ClosedAt.After(last.ClosedAt.Add(-longest)) {
			if page.ClosedAt.After(s.From) {
				s.From = page.ClosedAt
			}
			return Step{After: page.Ledger, From: s.From, Gap: s.Gap}
		}
	}
	return Step{After: last.Ledger, From: last.ClosedAt, Gap: true}
}

// reconcileOne compares a checkout with payments of the ledger that were read from since on, up to
// coverage or, if all is told, to its end. It is open if all that was paid so far was read and did
// not complete it: a sweep may end it then.
func (w *Watcher) reconcileOne(ctx context.Context, s *checkout.Facts, payments []checkout.Payment, since, coverage time.Time, all bool) (repaired, checked, isOpen bool, err error) {
	if s.Checkout.CreatedAt.Before(since) {
		if s.Recorded == nil {
			return false, false, false, nil // what was read began too late: an earlier payment may be missing
		}
		coverage = time.Time{}
	}
	before, seen := s.Recorded != nil, len(s.Outcome(w.Now()).Payments)
	out, err := w.settle(ctx, s, payments, coverage)
	if err != nil {
		return false, true, false, err
	}
	repaired = before != out.Status.Terminal() || seen != len(out.Payments)
	return repaired, true, all && !out.Status.Terminal(), nil
}
