package watch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
	"edgecheckout/worker/watch"
)

// unpaid makes checkouts of the merchant's account that fall due one minute after the other.
func (s *shop) unpaid(count int) []checkout.Checkout {
	s.t.Helper()
	made := make([]checkout.Checkout, count)
	for i := range made {
		made[i] = s.checkoutUnlisted()
		made[i].ExpiresAt = s.Now().Add(3*time.Minute + time.Duration(i)*time.Second)
		s.put(made[i])
		s.list(made[i])
	}
	return made
}

// Accounts have equal shares of what a sweep ends, and what some do not need is for the others.
// Within an account those end first that wait longest.
func TestDueCheckoutsOfAllAccountsEndInTurn(t *testing.T) {
	const most = 120
	for name, limits := range map[string]watch.Limits{"by feed": alwaysByFeed, "by account": {Accounts: 16, Pages: 28}} {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 2))
			for range 8 {
				s := openWith(t, limits)
				var accounts [][]checkout.Checkout
				for range 1 + random.IntN(5) {
					s.merchant = s.Merchant()
					accounts = append(accounts, s.unpaid([]int{1 + random.IntN(20), random.IntN(200)}[random.IntN(2)]))
				}
				due := func(of []checkout.Checkout) (left int) {
					var waits time.Time // the first one that did not end
					for _, c := range of {
						if s.Store.Peek(store.OutcomeKey(c.ID).String()) == nil {
							if left++; left == 1 {
								waits = c.ExpiresAt
							}
						} else if left > 0 && c.ExpiresAt.Sub(waits) >= time.Minute {
							t.Fatal("one ended before another one that waits for longer")
						}
					}
					return left
				}
				total := func() (left int) {
					for _, of := range accounts {
						left += due(of)
					}
					return left
				}
				s.Advance(9 * time.Minute) // all are due
				s.sweep()                  // from now on they may end
				for before := total(); before > 0; {
					was := make([]int, len(accounts))
					share := len(accounts)
					for i, of := range accounts {
						if was[i] = due(of); was[i] == 0 {
							share--
						}
					}
					s.minute()
					for i, of := range accounts {
						if ended := was[i] - due(of); ended < min(was[i], most/share) {
							t.Errorf("%d of the %d due checkouts of an account ended, with %d accounts", ended, was[i], share)
						}
					}
					after := total()
					if limits.Accounts == 0 && before-after != min(before, most) || before-after > most {
						t.Errorf("%d of %d due checkouts ended", before-after, before)
					}
					if t.Failed() || after == before {
						t.Fatalf("%d are left", after)
					}
					before = after
				}
			}
		})
	}
}

// More is due than a sweep lists. The next one lists further, and begins again at the end.
func TestASweepListsOnWhereTheLastOneStopped(t *testing.T) {
	s := openWith(t, alwaysByFeed)
	const many = 51_500 // entries; a sweep lists 50,000
	attacker := stellar.Address(s.merchant.Address())
	entries := make([]kv.Entry, many)
	for i := range entries {
		c := s.checkoutUnlisted()
		c.Account, c.ExpiresAt = attacker, s.Now().Add(3*time.Minute)
		entries[i].Key = store.OpenKey(&c, c.ExpiresAt).String()
	}
	if err := s.kv.Put(context.Background(), entries...); err != nil {
		t.Fatal(err)
	}
	s.merchant = s.Merchant()
	victim := s.checkoutUnlisted()
	victim.ExpiresAt = s.Now().Add(5 * time.Minute) // behind all others
	s.put(victim)
	s.list(victim)
	s.Advance(7 * time.Minute)
	before := s.Store.Counts().Lists
	for minutes := 1; s.Store.Peek(store.OutcomeKey(victim.ID).String()) == nil; minutes++ {
		s.minute()
		if size := len(s.Store.Peek("cursor/test")); size > 4096 {
			t.Errorf("the cursor has %d bytes", size)
		}
		if minutes > 4 {
			t.Fatal("the checkout behind 51,500 others does not end")
		}
	}
	expect(t, s.outcome(victim), "expired 0")
	if lists := s.Store.Counts().Lists - before; lists > 4*50 {
		t.Error(fmt.Sprint(lists, " lists"))
	}
}
