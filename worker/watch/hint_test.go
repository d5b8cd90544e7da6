package watch_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"edgecheckout/sandbox/ledger"
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/watch"
	"edgecheckout/worker/watch/watchtest"
)

// lastHash is the hash of the newest transaction on the ledger.
func (s *shop) lastHash() string {
	s.t.Helper()
	operations, _ := s.Ledger.Payments("", ledger.Page{Limit: 1, Descending: true, Cursor: math.MaxInt64})
	if len(operations) == 0 {
		s.t.Fatal("the ledger is empty")
	}
	return operations[0].Transaction.Hash
}

func (s *shop) lookFor(edge *watch.Watcher, c checkout.Checkout, hash string) string {
	s.t.Helper()
	all, err := edge.Store.Facts(context.Background(), c.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := edge.LookFor(context.Background(), all[0], hash)
	if err != nil {
		s.t.Log(err)
	}
	return describe(out)
}

func TestAHintSettlesWithinTheWindowOfALook(t *testing.T) {
	s := open(t)
	c := s.checkout()
	s.pay(c, "50")
	expect(t, s.look(s.here, c), "open 0")
	s.Advance(time.Second) // less than a LookWindow
	expect(t, s.look(s.here, c), "open 0")
	before := s.Requests
	expect(t, s.lookFor(s.here, c, s.lastHash()), "completed 50")
	if got := s.Requests - before; got != 2 { // the transaction, and the account
		t.Errorf("%d requests to Horizon, want 2", got)
	}
	expect(t, s.outcome(c), "completed 50")
}

// What came before the transaction of the hint is part of the outcome, whoever hints first.
func TestAHintReadsWhatLiesBeforeItsTransaction(t *testing.T) {
	s := open(t)
	c := s.checkout()
	expect(t, s.look(s.here, c), "open 0")
	s.pay(c, "50")
	s.Advance(time.Second)
	s.pay(c, "50")
	s.Advance(time.Second)
	expect(t, s.lookFor(s.here, c, s.lastHash()), "completed 50 +50 duplicate")
}

func TestAHintThatIsNotTrueReadsNoAccount(t *testing.T) {
	s := open(t)
	c, other := s.checkout(), s.checkout()
	expect(t, s.look(s.here, c), "open 0")
	s.pay(c, "50")
	s.Advance(time.Second)
	asked := map[string]int{}
	s.Fault = func(url string) (horizon.Response, error, bool) {
		path, _, _ := strings.Cut(strings.TrimPrefix(url, "https://one.example/"), "/")
		asked[path]++
		return horizon.Response{}, nil, false
	}
	expect(t, s.lookFor(s.here, other, s.lastHash()), "open 0") // it pays another checkout
	s.Sleep(1500 * time.Millisecond)                            // less than a LookWindow
	expect(t, s.lookFor(s.here, c, strings.Repeat("0", 64)), "open 0")
	if asked["accounts"] != 0 || asked["transactions"] != 2 {
		t.Errorf("Horizon was asked for %v", asked)
	}
	expect(t, s.outcome(c), "open 0")
}

// Whoever knows the address of a page can send any number of hints.
func TestHintsAreBounded(t *testing.T) {
	s := open(t)
	var all []checkout.Checkout
	for range 20 {
		all = append(all, s.checkout())
	}
	s.pay(all[0], "1")
	s.Advance(watchtest.LedgerTime)
	hash := s.lastHash()
	before := s.Requests
	for range 100 {
		for _, c := range all {
			s.lookFor(s.here, c, hash)
		}
		s.Sleep(100 * time.Millisecond)
	}
	// In each LookWindow of ten seconds: three transactions, each perhaps with an account, and an
	// account; and a root.
	if got, most := s.Requests-before, 4*(2*3+1)+1; got > most {
		t.Errorf("%d requests to Horizon in ten seconds, want at most %d", got, most)
	}
}

// Whoever sends hints for one page, ten times a second, does not keep those for another page of the
// account from being read.
func TestHintsForOnePageLeaveRoomForThoseForOthers(t *testing.T) {
	s := open(t)
	attacked, other := s.checkout(), s.checkout()
	hash := strings.Repeat("1", 64)
	asked := 0
	s.Fault = func(url string) (horizon.Response, error, bool) {
		if strings.Contains(url, hash) {
			asked++
		}
		return horizon.Response{}, nil, false
	}
	for i := range 100 {
		s.lookFor(s.here, attacked, strings.Repeat("0", 64))
		if i%10 == 5 {
			s.lookFor(s.here, other, hash)
		}
		s.Sleep(100 * time.Millisecond)
	}
	if asked < 3 {
		t.Errorf("in ten seconds Horizon was asked %d times for the other page's transaction", asked)
	}
}

func TestAHintWithoutHorizonSaysWhatIsKnown(t *testing.T) {
	s := open(t)
	c := s.checkout()
	s.pay(c, "50")
	s.Advance(watchtest.LedgerTime)
	hash := s.lastHash()
	s.Fault = func(string) (horizon.Response, error, bool) { return horizon.Response{Status: 504}, nil, true }
	expect(t, s.lookFor(s.here, c, hash), "open 0")
	s.Fault = nil
	s.Sleep(time.Minute)
	expect(t, s.lookFor(s.here, c, hash), "completed 50")
}
