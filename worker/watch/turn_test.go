package watch_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
)

// A sweep that has subrequests for six of nine accounts, two each, leaves none of them out for
// good.
func TestASweepBeginsWithTheAccountsThatTheLastOneDidNotComeTo(t *testing.T) {
	s := open(t)
	var made []checkout.Checkout
	for range 9 {
		s.merchant = s.Merchant()
		made = append(made, s.checkout())
	}
	slices.SortFunc(made, func(a, b checkout.Checkout) int { return cmp.Compare(a.Account, b.Account) })
	asked := 0
	s.Fault = func(url string) (horizon.Response, error, bool) {
		if strings.Contains(url, "/payments?") {
			asked++
		}
		return horizon.Response{}, errors.New("too many subrequests"), asked > 12
	}
	sweep := func() {
		asked = 0
		if _, err := s.cron.Sweep(context.Background(), stellar.Modes...); err == nil {
			t.Error("the sweep did not say that anything was wrong")
		}
	}
	s.Advance(time.Minute)
	sweep()
	s.pay(made[8], "50") // the last in the order of addresses
	for range 2 {
		s.Advance(time.Minute)
		sweep()
	}
	expect(t, s.outcome(made[8]), "completed 50")
}
