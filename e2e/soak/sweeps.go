package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"edgecheckout/e2e/workerd"
	"edgecheckout/sandbox/horizon"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/store"
)

const (
	sweptAccounts = 10 // with a checkout that stays open
	// Number of sweeps from one payment to the next; each completes a checkout created for it.
	payEvery     = 10
	horizonFails = 100        // sweeps from one with a broken Horizon to the next
	farEvery     = 20         // sweeps from one with a distant KV and Horizon to the next
	warmSweeps   = 200        // before the first mark
	price        = 12_5000000 // stroops
)

// brokenHorizons are the faults of Horizon, in turn. Rate limiting is not among them: the service
// then pauses for seconds, and the sweeps would read nothing.
var brokenHorizons = []string{horizon.Down, horizon.Garbage, horizon.Truncated, horizon.StaleHistory}

// soakSweeps runs the cron's handler count times in sequence.
func soakSweeps(ctx context.Context, c workerd.Config, count int) ([]mark, error) {
	s, err := startShop(sweptAccounts, (warmSweeps+count)/payEvery)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	c.Vars = s.vars
	w, err := start(ctx, c)
	if err != nil {
		return nil, err
	}
	defer w.Stop()
	for _, account := range s.accounts {
		if _, err := s.open(ctx, w.Store, account); err != nil {
			return nil, err
		}
	}
	var marks []mark
	failures := 0
	for part := range parts + 1 {
		from, to := warmSweeps+(part-1)*count/parts, warmSweeps+part*count/parts
		if part == 0 {
			from = 0
		}
		for n := from; n < to; n++ {
			failed, err := s.sweep(ctx, w, n)
			if err != nil {
				return marks, fmt.Errorf("sweep %d: %w\nworkerd's log ends with:\n%s", n, err, w.Log)
			}
			if failed {
				failures++
			}
		}
		m, err := w.measure(ctx, to, failures)
		if err != nil {
			return marks, err
		}
		marks = append(marks, m)
	}
	return marks, s.settled(ctx, w.Store)
}

// sweep runs the handler once and requires it to fail if Horizon does.
func (s *shop) sweep(ctx context.Context, w worker, n int) (failed bool, err error) {
	if n%payEvery == 0 {
		account := n / payEvery % len(s.accounts)
		memo, err := s.open(ctx, w.Store, s.accounts[account])
		if err != nil {
			return false, err
		}
		if err := s.pay(account, memo); err != nil {
			return false, err
		}
	}
	far := n%farEvery == farEvery/2
	if far {
		s.distance.Far(uint32(n))
		defer s.distance.Near()
		if err := w.Store.Far(ctx, uint32(n)); err != nil {
			return false, err
		}
		defer func() { err = errors.Join(err, w.Store.Near(ctx)) }()
	}
	want := []string{"ok"}
	if far { // an answer that takes 5 s is given up
		want = append(want, "exception")
	}
	if (n+1)%horizonFails == 0 {
		want, failed = []string{"exception"}, true
		if err := s.faults.Set(horizon.Fault{Mode: brokenHorizons[n/horizonFails%len(brokenHorizons)]}); err != nil {
			return failed, err
		}
		defer func() { err = errors.Join(err, s.faults.Set(horizon.Fault{Mode: horizon.Off})) }()
	}
	before := s.asked.Load()
	err = w.Store.Cron(ctx, want...)
	if asked := int(s.asked.Load() - before); err == nil && !failed && !far && asked <= len(s.accounts) {
		err = fmt.Errorf("it asked Horizon %d times; every account is to be read", asked)
	}
	return failed, err
}

// settled requires every paid checkout to be completed, and no other.
func (s *shop) settled(ctx context.Context, from workerd.Store) error {
	values, err := from.Values(ctx)
	if err != nil {
		return err
	}
	var completed, open []string
	for key, value := range values {
		if strings.HasPrefix(key, "outcome/") && strings.Contains(value, `"status":"completed"`) {
			completed = append(completed, key)
		}
		if store.IsOpenKey(key) {
			open = append(open, key)
		}
	}
	if len(completed) != s.paid || len(open) != len(s.accounts) {
		return fmt.Errorf("%d of %d paid checkouts are completed, and %d of %d others open", len(completed), s.paid, len(open), len(s.accounts))
	}
	return nil
}

// open creates a checkout for an account and returns its memo.
func (s *shop) open(ctx context.Context, to workerd.Store, account string) (memo string, err error) {
	opened, err := s.checkout(account)
	if err != nil {
		return "", err
	}
	expiry := opened.ExpiresAt.Add(store.KeepAfterExpiry)
	return opened.Memo, to.Put(ctx, slices.Concat(s.entries, []kv.Entry{
		{Key: store.CheckoutKey(opened.ID).String(), Value: store.Encode(&opened), ExpiresAt: expiry},
		{Key: store.OpenKey(&opened, opened.ExpiresAt).String(), ExpiresAt: expiry},
	})...)
}
