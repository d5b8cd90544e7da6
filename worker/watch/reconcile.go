package watch

import (
	"context"
	"errors"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/record"
)

// reconcilePages bounds one reconciliation: 20,000 operations of an account. It says how far it came, and is called again from there.
const reconcilePages = 100

// maxReconciled bounds the sessions of one reconciliation.
const maxReconciled = 1000

// Reconciliation says what was read again and what was put right.
type Reconciliation struct {
	Payments int // payments read whose memo names a session
	Checked  int // sessions compared with the ledger
	Repaired int // sessions of which the store knew less than the ledger says
	// Through is up to when the ledger has been read. Complete says that this is all there is.
	Through  time.Time
	Complete bool
}

// Reconcile reads an account again from a time on and rebuilds from the ledger what the store should know of its sessions: those that payments
// name, and those given, which the store lists. Nothing that is recorded is needed for it but the sessions themselves.
func (w *Watcher) Reconcile(ctx context.Context, mode record.Mode, account checkout.Address, since time.Time, sessions []checkout.ID) (Reconciliation, error) {
	client, root, err := w.connect(ctx, mode)
	if err != nil {
		return Reconciliation{}, err
	}
	p := w.read(ctx, client, account, root.LedgerBefore(since), true, reconcilePages)
	r := Reconciliation{Payments: len(p.payments), Complete: p.complete, Through: root.ClosedAt}
	var coverage time.Time
	if p.complete {
		coverage = root.ClosedAt.Add(-Overlap) // one pass, without a second one that agrees
	} else {
		r.Through = closedBy(p, root, since)
	}
	payments := paymentsOf(p.payments)
	concerned := map[checkout.ID]bool{}
	for id := range payments {
		concerned[id] = true
	}
	for _, id := range sessions[:min(len(sessions), maxReconciled)] {
		concerned[id] = true
	}
	failed := []error{p.err}
	var ended []checkout.ID
	for id := range concerned {
		repaired, checked, err := w.reconcileOne(ctx, mode, account, since, id, payments[id], coverage, &ended)
		failed = append(failed, err)
		if checked {
			r.Checked++
		}
		if repaired {
			r.Repaired++
		}
	}
	if len(ended) > 0 {
		w.Ended(ctx, ended)
	}
	return r, errors.Join(failed...)
}

// closedBy is up to when an unfinished pass had read: the newest payment it kept, or where it began.
func closedBy(p pass, root horizon.Root, since time.Time) time.Time {
	through := since
	for _, f := range p.payments {
		if f.ClosedAt.After(through) && f.ClosedAt.Before(root.ClosedAt) {
			through = f.ClosedAt
		}
	}
	return through
}

func (w *Watcher) reconcileOne(ctx context.Context, mode record.Mode, account checkout.Address, since time.Time, id checkout.ID,
	payments []checkout.Payment, coverage time.Time, ended *[]checkout.ID) (repaired, checked bool, err error) {

	standings, err := w.Load(ctx, id)
	if err != nil || standings[0] == nil {
		return false, false, err
	}
	s := standings[0]
	if s.Session.Account != account || record.ModeOf(s.Session.Livemode) != mode {
		return false, false, nil
	}
	if s.Session.CreatedAt.Before(since) {
		if s.Recorded == nil {
			return false, false, nil // what was read began too late: an earlier payment may be missing
		}
		coverage = time.Time{}
	}
	before, seen := s.Recorded != nil, len(s.Outcome(w.Now()).Payments)
	out, err := w.settle(ctx, s, payments, coverage)
	if err != nil {
		return false, true, err
	}
	if s.Ended {
		*ended = append(*ended, id)
	}
	repaired = before != out.Status.Terminal() || seen != len(out.Payments)
	if !out.Status.Terminal() {
		// Put it back into the index of open ones, in case it fell out: the entry is the same as ever.
		expiry := s.Session.ExpiresAt.Add(record.KeepAfterExpiry)
		err = w.Store.Put(ctx, kv.Entry{Key: record.EntryOf(&s.Session, s.Deadline()).Key(), ExpiresAt: expiry, Derived: true})
	}
	return repaired, true, err
}
