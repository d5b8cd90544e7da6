package watch_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/watch"
	"edgecheckout/worker/watch/watchtest"
)

// crumbs are so many payments of one unit each to a checkout, for one transaction.
func crumbs(c checkout.Checkout, n int) (all []txnbuild.Operation) {
	for range n {
		all = append(all, &txnbuild.Payment{Destination: string(c.Account), Amount: "1", Asset: watchtest.Asset(c.Asset)})
	}
	return all
}

// looks lets somebody look again and again until the answer is another one than before, and returns
// it with how many looks that took.
func (s *shop) looks(edge *watch.Watcher, c checkout.Checkout, before string) (string, int) {
	s.t.Helper()
	for n := 1; n <= 20; n++ {
		s.Advance(watch.LookWindow)
		if got := s.look(edge, c); got != before {
			return got, n
		}
	}
	return before, 20
}

// TestALedgerThatNoLookReadsWholeCompletesWhole pays a checkout by more payments of one ledger than
// a look may read, and by the first of them already.
func TestALedgerThatNoLookReadsWholeCompletesWhole(t *testing.T) {
	s := open(t)
	c, other := s.checkout(), s.checkout()
	s.Submit(s.customer, c.Memo, crumbs(c, 80)...)
	s.Advance(watchtest.LedgerTime)
	got, n := s.looks(s.here, c, "open 0")
	if !strings.HasPrefix(got, "completed 80 overpaid") || n < 2 {
		t.Errorf("after %d looks: %.80s", n, got)
	}
	s.pay(other, "50")
	if got, n := s.looks(s.here, other, "open 0"); !strings.HasPrefix(got, "completed 50") || n > 3 {
		t.Errorf("after %d looks: %.80s", n, got)
	}
}

// TestALedgerThatEndsWithAPageIsWholeAfterAWhile pays by as many payments as a look reads.
func TestALedgerThatEndsWithAPageIsWholeAfterAWhile(t *testing.T) {
	s := open(t)
	c := s.checkout()
	people := []*keypair.Full{s.customer, s.Person(), s.Person(), s.Person(), s.Person()}
	s.Advance(time.Minute)
	for _, person := range people {
		s.Submit(person, c.Memo, crumbs(c, 10)...)
	}
	s.Advance(watchtest.LedgerTime)
	expect(t, s.look(s.here, c), "open 0")
	s.Advance(watch.LookWindow)
	expect(t, s.look(s.here, c), "open 0") // a Horizon that lags could show no more than that
	s.Advance(s.here.Margin)
	if got := s.look(s.here, c); !strings.HasPrefix(got, "completed 50") {
		t.Errorf("%.80s", got)
	}
}

// TestACheckoutThatCannotEndHidesNoPayment has somebody look at a checkout whose time is over, which
// no look can end, as often as others look at one that is paid.
func TestACheckoutThatCannotEndHidesNoPayment(t *testing.T) {
	s := open(t)
	over := s.checkout()
	over.ExpiresAt = s.Now().Add(30 * time.Second)
	s.put(over)
	c := s.checkout()
	s.Submit(s.customer, "", crumbs(c, 100)...)
	s.Advance(watchtest.LedgerTime)
	for range 10 {
		s.Advance(watch.LookWindow)
		expect(t, s.look(s.here, c), "open 0")
	}
	for _, amount := range []string{"20", "30"} {
		s.pay(c, amount)
		s.Advance(watchtest.LedgerTime)
		expect(t, s.look(s.here, over), "open 0")
		s.Advance(watch.LookWindow)
		expect(t, s.look(s.here, over), "open 0")
		if got := s.look(s.here, c); got == "open 0" {
			t.Errorf("the payment of %s is hidden", amount)
		}
	}
	expect(t, s.outcome(c)[:12], "completed 50")
	for range 12 {
		s.minute()
	}
	expect(t, s.outcome(over), "expired 0")
}

// TestALookThatCarriesEnoughWaitsForTheSweeps sends more payments that a look has to remember than
// it may.
func TestALookThatCarriesEnoughWaitsForTheSweeps(t *testing.T) {
	s := open(t)
	flooded, c := s.checkout(), s.checkout()
	s.Submit(s.customer, flooded.Memo, crumbs(flooded, 49)...)
	for range 10 {
		s.Advance(watchtest.LedgerTime)
		s.Submit(s.customer, flooded.Memo, crumbs(flooded, 100)...)
	}
	s.Advance(watchtest.LedgerTime)
	s.pay(c, "50")
	for range 100 {
		s.Advance(watch.LookWindow)
		s.look(s.here, c)
	}
	expect(t, s.look(s.here, c), "open 0")
	s.Fault = func(url string) (horizon.Response, error, bool) {
		if strings.Contains(url, "/payments") {
			t.Errorf("a look asks for %s", url)
		}
		return horizon.Response{}, nil, false
	}
	s.Advance(watch.LookWindow)
	s.look(s.here, c)
	expect(t, s.look(s.here, flooded), "open 0") // more payments than a look settles
	s.Fault = nil
	s.minute()
	for _, c := range []checkout.Checkout{c, flooded} {
		if got := s.outcome(c); !strings.HasPrefix(got, "completed") {
			t.Errorf("%.80s", got)
		}
	}
}

// TestPagesThatAreTooLargeStopNobody has a Horizon whose pages of more than a few records are larger
// than an answer may be, for whoever reads it.
func TestPagesThatAreTooLargeStopNobody(t *testing.T) {
	for _, accounts := range []int{10, 0} { // read one by one, or by the feed
		s := openWith(t, watch.Limits{Accounts: accounts, Pages: 28})
		var all []checkout.Checkout
		for range 10 {
			all = append(all, s.checkout())
		}
		for _, c := range all {
			s.pay(c, "50")
			s.Advance(time.Second)
		}
		s.Advance(watchtest.LedgerTime)
		s.Cut = 20_000
		last := all[len(all)-1]
		if got, n := s.looks(s.here, last, "open 0"); !strings.HasPrefix(got, "completed 50") {
			t.Errorf("after %d looks: %.80s", n, got)
		}
		for range 3 {
			s.minute()
		}
		for i, c := range all {
			if got := s.outcome(c); !strings.HasPrefix(got, "completed 50") {
				t.Errorf("%d accounts, checkout %d: %.80s", accounts, i, got)
			}
		}
	}
}

// forgetful is a data centre whose cache keeps nothing, as that of workers.dev.
type forgetful struct{ watch.Recent }

func (forgetful) Keep(context.Context, string, []byte, time.Duration) {}

// TestAReadingThatSomebodyElseClaimedIsNoSilence has two people look at the same time.
func TestAReadingThatSomebodyElseClaimedIsNoSilence(t *testing.T) {
	s := open(t)
	c := s.checkout()
	s.Advance(time.Minute)
	edge := s.edge()
	edge.Recent = forgetful{edge.Recent}
	for i, want := range []time.Time{s.Now(), s.Now(), s.Now().Add(watch.LookWindow)} {
		all, err := edge.Store.Facts(context.Background(), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := edge.Look(context.Background(), all[0]); err != nil {
			t.Fatal(err)
		}
		if !all[0].ReadAt.Equal(want) {
			t.Errorf("look %d: the ledger was read at %v, want %v", i, all[0].ReadAt, want)
		}
		if i == 1 {
			s.Advance(watch.LookWindow)
		}
	}
}
