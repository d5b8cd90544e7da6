package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"edgecheckout/e2e/workerd"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// The size of a sweep: accounts, and new payments to each, one of which pays its checkout while the
// others are unrelated.
const (
	sweepAccounts = 1000
	sweepPayments = 10
)

// sweepState has what a round's sweeps share, and the KV operations they made.
type sweepState struct {
	ledger  *busyLedger
	world   world
	entries []kv.Entry
	extra   map[string]workerd.Operations // operations beyond those that settle a checkout, by peer
}

var sweepRow = row{
	name: "sweep", unit: "ms/payment", aim: "at most 15 writes and 1 list beyond what settles", fewer: true, without: []string{js},
	what: fmt.Sprintf("processor time of workerd for the cron over %d active accounts with %d new payments each, of which one pays a checkout; "+
		"KV's operations are counted by the store", sweepAccounts, sweepPayments),
	begin: func(_ context.Context, b *bench) error { return b.prepareSweep(b.accounts) },
	measure: func(ctx context.Context, b *bench, p *peer) (float64, error) {
		return b.sweepOnce(ctx, p)
	},
	note: func(b *bench) string {
		var said []string
		for name, extra := range b.sweep.extra {
			said = append(said, fmt.Sprintf("%s: %d writes, %d lists and %d deletes beyond what ends a checkout "+
				"(its outcome, the mark from where to read its account once nothing else is open on it, the deletion of its entry)",
				name, extra.Put, extra.List, extra.Delete))
		}
		slices.Sort(said)
		return strings.Join(said, "; ") + "."
	},
}

// prepareSweep makes a ledger on which every one of the accounts was just paid.
func (b *bench) prepareSweep(accounts int) error {
	b.sweep.stop()
	b.sweep = sweepState{}
	l, err := startBusyLedger(accounts)
	if err != nil {
		return err
	}
	w, err := newWorld(&l.horizonServer)
	if err != nil {
		return err
	}
	w.vars["SWEEP_PAGES"], w.vars["SWEEP_STAY"], w.vars["SETTLE_MARGIN"] = "1000", "0", "0"
	b.sweep = sweepState{ledger: l, world: w, entries: w.entries, extra: map[string]workerd.Operations{}}
	memos := make([]string, accounts)
	for i, account := range l.accounts {
		s, err := w.checkout(stellar.Address(account), l.begun)
		if err != nil {
			return err
		}
		s.Asset = stellar.XLM
		memos[i] = s.Memo
		expiry := s.ExpiresAt.Add(store.KeepAfterExpiry)
		b.sweep.entries = append(b.sweep.entries,
			kv.Entry{Key: store.CheckoutKey(s.ID).String(), Value: store.Encode(&s), ExpiresAt: expiry},
			kv.Entry{Key: store.OpenKey(&s, s.ExpiresAt).String(), ExpiresAt: expiry})
	}
	return l.pay(sweepPayments, 12_5000000, func(account, payment int) string {
		if payment == account%sweepPayments {
			return memos[account]
		}
		return fmt.Sprintf("invoice %d/%d", account, payment)
	})
}

// sweepOnce measures one cron event in a fresh process, after a cron event that found no checkouts.
func (b *bench) sweepOnce(ctx context.Context, p *peer) (float64, error) {
	config := *p
	config.config.Vars = b.sweep.world.vars
	fresh, err := config.start(ctx, b.sweep.world)
	if err != nil {
		return 0, err
	}
	defer fresh.Stop()
	if err := fresh.Store.Cron(ctx, "ok"); err != nil {
		return 0, err
	}
	if err := fresh.Store.Put(ctx, b.sweep.entries...); err != nil {
		return 0, err
	}
	before, err := fresh.Store.Counts(ctx)
	if err != nil {
		return 0, err
	}
	begun, err := fresh.CPUTime()
	if err != nil {
		return 0, err
	}
	if err := fresh.Store.Cron(ctx, "ok"); err != nil {
		return 0, fmt.Errorf("%w\n%s", err, fresh.Log)
	}
	ended, err := fresh.CPUTime()
	if err != nil {
		return 0, err
	}
	after, err := fresh.Store.Counts(ctx)
	if err != nil {
		return 0, err
	}
	idle, err := b.settled(ctx, fresh)
	if err != nil {
		return 0, fmt.Errorf("%w\n%s", err, fresh.Log)
	}
	asked := after.Since(before)
	b.sweep.extra[p.name] = workerd.Operations{
		Put:    asked.Put - b.accounts - idle,
		Delete: asked.Delete - b.accounts,
		List:   asked.List,
	}
	return milliseconds(ended-begun) / float64(b.accounts*sweepPayments), nil
}

// settled returns an error unless every checkout is completed and none is in the index of open
// ones. It returns how many accounts were marked as idle.
func (b *bench) settled(ctx context.Context, d *workerd.Process) (idle int, err error) {
	values, err := d.Store.Values(ctx)
	if err != nil {
		return 0, err
	}
	completed, open := 0, 0
	for key, value := range values {
		if strings.HasPrefix(key, "outcome/") && strings.Contains(value, `"status":"completed"`) {
			completed++
		}
		if store.IsOpenKey(key) {
			open++
		}
		if strings.HasPrefix(key, "idle/") {
			idle++
		}
	}
	if completed != b.accounts || open != 0 || idle > b.accounts {
		return idle, fmt.Errorf("the sweep completed %d of %d checkouts and left %d open", completed, b.accounts, open)
	}
	return idle, nil
}

func (s sweepState) stop() {
	if s.ledger != nil {
		s.ledger.stop()
	}
}

// sweepAge is how long before the sweep its checkouts were created, so that all payments are later.
const sweepAge = 5 * time.Minute
