package watch_test

import (
	"context"
	"testing"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/watch"
	"edgecheckout/worker/watch/watchtest"
)

// ways are the ways in which a sweep stays.
var ways = map[string]watch.Limits{
	"by account":  {Accounts: 10, Pages: 28, Stay: 55 * time.Second},
	"by the feed": {Accounts: 0, Pages: 28, Stay: 55 * time.Second},
}

// during has the sweep do something while it sleeps for so many times.
func (s *shop) during(sweeps func(round int)) {
	round := 0
	s.cron.Sleep = func(_ context.Context, d time.Duration) {
		sweeps(round)
		round++
		s.Advance(d)
	}
}

func TestAStayingSweepSettlesAPaymentWithItsLedger(t *testing.T) {
	for name, limits := range ways {
		t.Run(name, func(t *testing.T) {
			s := openWith(t, limits)
			var made []checkout.Checkout
			for range 9 {
				made = append(made, s.checkout())
			}
			s.Advance(watchtest.LedgerTime)
			s.during(func(round int) {
				if round > 0 && round < 8 { // its payment closed before the last round
					expect(t, s.outcome(made[round-1]), "completed 50")
				}
				if round < 8 {
					s.pay(made[round], "50")
				}
			})
			began := s.Now()
			s.sweep()
			if stayed := s.Now().Sub(began); stayed < 45*time.Second || stayed > 55*time.Second {
				t.Errorf("it stayed for %v", stayed)
			}
			expect(t, s.outcome(made[7]), "completed 50")
			expect(t, s.outcome(made[8]), "open 0")
			s.cron.Limits.Stay = 0
			for range 12 {
				s.minute()
			}
			expect(t, s.outcome(made[8]), "expired 0")
			if left := s.Store.Keys("open/"); len(left) != 0 {
				t.Errorf("still listed as open: %v", left)
			}
		})
	}
}

func TestASweepLeavesWhenNothingIsOpen(t *testing.T) {
	for name, limits := range ways {
		t.Run(name, func(t *testing.T) {
			s := openWith(t, limits)
			c := s.checkout()
			s.Advance(watchtest.LedgerTime)
			s.during(func(round int) {
				if round == 1 {
					s.pay(c, "50")
				}
			})
			began := s.Now()
			s.sweep()
			if stayed := s.Now().Sub(began); stayed != 2*watchtest.LedgerTime {
				t.Errorf("it stayed for %v, and everything had ended after 10s", stayed)
			}
			before := s.Now()
			s.sweep()
			if !s.Now().Equal(before) {
				t.Error("it stayed although nothing was open")
			}
		})
	}
}

// On a network with 3,000 payments a minute, a minute costs no more than 30 requests, and a sweep
// that takes over goes on where the last one was.
func TestAStayingSweepKeepsToItsRequests(t *testing.T) {
	s := openWith(t, watch.Limits{Accounts: 2, Pages: 28, Stay: 55 * time.Second})
	for range 5 {
		s.merchant = s.Merchant()
		c := s.checkout()
		c.ExpiresAt = s.Now().Add(time.Hour)
		s.put(c)
		s.list(c)
	}
	flooded := func(context.Context, time.Duration) { s.floodOne(250) }
	for range 12 {
		flooded(context.Background(), watchtest.LedgerTime)
	}
	s.sweep()
	s.cron.Sleep = flooded
	for range 3 {
		before, began := s.Requests, s.Now()
		s.sweep()
		for s.Now().Sub(began) < time.Minute {
			s.floodOne(250)
		}
		if n := s.Requests - before; n > 30 {
			t.Errorf("%d requests in a minute", n)
		}
	}
}

// Whatever goes wrong while it stays is left to the next sweep.
func TestAStayThatFailsLosesNothing(t *testing.T) {
	for name, limits := range ways {
		t.Run(name, func(t *testing.T) {
			s := openWith(t, limits)
			c := s.checkout()
			s.Advance(watchtest.LedgerTime)
			s.during(func(round int) {
				if round == 1 {
					s.pay(c, "50")
					s.Fault = func(string) (horizon.Response, error, bool) {
						return horizon.Response{Status: 503}, nil, true
					}
				}
			})
			if _, err := s.cron.Sweep(context.Background(), stellar.Modes...); err == nil {
				t.Error("it did not say that anything was wrong")
			}
			s.Fault = nil
			s.cron.Limits.Stay = 0
			s.minute()
			expect(t, s.outcome(c), "completed 50")
		})
	}
}
