package watch_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/kv/kvtest"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
	"edgecheckout/worker/watch"
	"edgecheckout/worker/watch/watchtest"
)

var (
	alwaysByFeed    = watch.Limits{Accounts: 0, Pages: 28}
	alwaysByAccount = watch.Limits{Accounts: 100, Pages: 28}
)

// feed is how far the network's feed was read; nil while accounts are read one by one.
func (s *shop) feed() *store.Feed {
	s.t.Helper()
	cursor, err := s.edge().Store.Cursor(context.Background(), stellar.Test)
	if err != nil {
		s.t.Fatal(err)
	}
	return cursor.Feed
}

// day plays a few minutes with some shops that are paid in many ways. Everything is drawn from the
// seed but the way in which the ledger is read, which is given for each minute.
func day(t *testing.T, seed uint64, limits func(minute int) watch.Limits) []string {
	s := openWith(t, limits(0))
	random := rand.New(rand.NewPCG(seed, 7))
	var shops []*keypair.Full
	for range 3 {
		shops = append(shops, s.Merchant())
	}
	var made []checkout.Checkout
	for minute := range 25 {
		s.merchant = shops[random.IntN(len(shops))]
		if minute < 14 {
			made = append(made, s.checkout())
		}
		for range random.IntN(4) {
			c := made[random.IntN(len(made))]
			asset, amount, memo := c.Asset, []string{"50", "25", "20", "60", "0.5"}[random.IntN(5)], c.Memo
			switch random.IntN(8) {
			case 0:
				asset = stellar.XLM
			case 1:
				memo = strings.ToUpper(memo)
			case 2:
				memo = "invoice"
			}
			s.Pay(s.customer, c.Account, amount, asset, memo)
			s.Advance(watchtest.LedgerTime + time.Duration(random.IntN(20))*time.Second)
		}
		s.cron.Limits = limits(minute)
		s.minute()
	}
	// Read one by one, what came late is found when something else is sold.
	for _, s.merchant = range shops {
		s.checkout()
	}
	for range 14 {
		s.minute()
	}
	var outcomes []string
	for _, c := range made {
		outcomes = append(outcomes, s.outcome(c))
	}
	return outcomes
}

func TestBothWaysOfReadingGiveTheSameOutcomes(t *testing.T) {
	for seed := range uint64(12) {
		want := day(t, seed, func(int) watch.Limits { return alwaysByAccount })
		changes := rand.New(rand.NewPCG(seed, 8))
		for name, way := range map[string]func(int) watch.Limits{
			"by the feed": func(int) watch.Limits { return alwaysByFeed },
			"in both ways by turns": func(minute int) watch.Limits {
				return watch.Limits{Accounts: changes.IntN(7), Pages: 28}
			},
		} {
			if diff := cmp.Diff(want, day(t, seed, way)); diff != "" {
				t.Errorf("seed %d, %s (-by account +%s):\n%s", seed, name, name, diff)
			}
		}
	}
}

// Accounts with something open are counted; what the feed costs does not depend on them.
func TestTheCheaperWayIsTakenByItself(t *testing.T) {
	s := openWith(t, watch.Limits{Accounts: 4, Pages: 28})
	perMinute := func() int {
		before := s.Requests
		s.minute()
		return s.Requests - before
	}
	var made []checkout.Checkout
	more := func(n int) {
		for range n {
			s.merchant = s.Merchant()
			made = append(made, s.checkout())
		}
	}
	more(3)
	if n := perMinute(); n > 7 || s.feed() != nil {
		t.Errorf("three accounts: %d requests, feed %+v", n, s.feed())
	}
	more(3)
	s.minute()
	if s.feed() == nil {
		t.Fatal("six accounts are read one by one")
	}
	more(40)
	for range 12 { // until those that were handed over have rested
		s.minute()
	}
	more(10)
	if n := perMinute(); n > 3 {
		t.Errorf("ten accounts: %d requests a minute", n)
	}
	for range 14 {
		s.minute()
	}
	more(1)
	s.pay(made[len(made)-1], "50")
	s.minute()
	if s.feed() != nil {
		t.Errorf("one account is read by the feed: %+v", s.feed())
	}
	expect(t, s.outcome(made[len(made)-1]), "completed 50")
}

// crowdOf are so many people.
func (s *shop) crowdOf(n int) []*keypair.Full {
	s.t.Helper()
	for len(s.crowd) < n {
		s.crowd = append(s.crowd, s.Merchant())
	}
	return s.crowd[:n]
}

// flood has the customer pay somebody a hundred times in each of so many ledgers.
func (s *shop) flood(ledgers int) {
	s.t.Helper()
	for range ledgers {
		s.floodOne(100)
	}
}

// floodOne is a ledger with so many payments, by people of whom each pays a hundred times at most.
func (s *shop) floodOne(payments int) {
	s.t.Helper()
	for i := 0; payments > 0; i++ {
		s.crowdOf(i + 1)
		var many []txnbuild.Operation
		for range min(payments, 100) {
			many = append(many, &txnbuild.Payment{Destination: s.customer.Address(), Amount: "0.0000001", Asset: txnbuild.NativeAsset{}})
		}
		s.Submit(s.crowd[i], "invoice", many...)
		payments -= len(many)
	}
	s.Advance(watchtest.LedgerTime)
}

// A sweep that is killed after any request has saved nearly all that it read, and the next one goes
// on there.
func TestASweepOfTheFeedCanDieAnywhere(t *testing.T) {
	s := openWith(t, watch.Limits{Accounts: 0, Pages: 1000})
	first := s.checkout()
	s.pay(first, "50")
	s.sweep()
	s.flood(80) // 40 pages
	c := s.checkout()
	s.pay(c, "50")
	s.Advance(watchtest.LedgerTime)
	asked, deaths := 0, 0
	for {
		left := 15
		s.Fault = func(url string) (horizon.Response, error, bool) {
			if left--; left < 0 {
				panic("killed")
			}
			asked++
			return horizon.Response{}, nil, false
		}
		if func() (died bool) {
			defer func() { died = recover() != nil }()
			s.sweep()
			return false
		}() {
			deaths++
			if deaths > 10 {
				t.Fatalf("the sweeps do not come to the end; feed %+v", s.feed())
			}
			continue
		}
		break
	}
	expect(t, s.outcome(first), "completed 50")
	expect(t, s.outcome(c), "completed 50")
	if deaths < 2 || asked > 80 {
		t.Errorf("%d sweeps were killed and %d requests made for 42 pages", deaths, asked)
	}
}

// What a part has found stands in a record of its own. If it cannot be seen, the part is read
// again.
func TestAFoundPaymentThatIsNotVisibleIsReadAgain(t *testing.T) {
	s := openWith(t, alwaysByFeed)
	c := s.checkout()
	s.pay(c, "20")
	s.minute()
	keys := s.Store.Keys("found/")
	if len(keys) != 1 {
		t.Fatalf("found: %v", keys)
	}
	if err := errors.Join(s.kv.Delete(context.Background(), keys[0]), s.kv.Delete(context.Background(), store.SeenKey(c.ID).String())); err != nil {
		t.Fatal(err)
	}
	s.Sleep(2 * time.Minute)
	s.pay(c, "30")
	s.minute()
	expect(t, s.outcome(c), "completed 50")
}

// The payment is found while the checkout cannot be seen, and everything that is written of it is
// lost. It is settled all the same.
func TestTheFeedHealsWhatTheStoreLost(t *testing.T) {
	s := openWith(t, alwaysByFeed)
	c := s.checkout()
	s.pay(c, "20")
	s.Advance(watchtest.LedgerTime)
	key := store.CheckoutKey(c.ID).String()
	if err := s.kv.Delete(context.Background(), key); err != nil {
		t.Fatal(err)
	}
	s.sweep()
	s.put(c)
	s.Sleep(time.Minute)
	s.minute()
	expect(t, s.outcome(c), "open 20 underpaid")
	for range 5 {
		s.minute()
	}
	if err := s.kv.Delete(context.Background(), store.SeenKey(c.ID).String()); err != nil {
		t.Fatal(err)
	}
	c.ExpiresAt = s.Now().Add(20 * time.Minute)
	s.put(c)
	for range 14 { // until the overlap is over
		s.minute()
	}
	expect(t, s.outcome(c), "open 20 underpaid")
}

// Two sweeps may end a checkout at the same time, and the one that knows less may write last. What
// the other one found is settled once more, although nothing is open.
func TestTheFeedSettlesOnceMoreWhenNothingIsOpen(t *testing.T) {
	s := openWith(t, alwaysByFeed)
	c, other := s.checkout(), s.checkout()
	s.pay(c, "50")
	s.minute()
	key := store.OutcomeKey(c.ID).String()
	early := s.Store.Peek(key)
	s.pay(c, "20")
	s.Advance(watchtest.LedgerTime)
	s.pay(other, "50")
	s.minute()
	for len(s.Store.Keys("open/")) > 0 {
		s.minute()
	}
	s.minute()
	expect(t, s.outcome(c), "completed 50 +20 duplicate")
	if err := errors.Join(s.kv.Put(context.Background(), kv.Entry{Key: key, Value: early}), s.kv.Delete(context.Background(), store.SeenKey(c.ID).String())); err != nil {
		t.Fatal(err)
	}
	asked := 0
	s.Fault = func(string) (horizon.Response, error, bool) {
		asked++
		return horizon.Response{}, nil, false
	}
	for range 15 {
		s.minute()
	}
	expect(t, s.outcome(c), "completed 50 +20 duplicate")
	expect(t, s.outcome(other), "completed 50")
	before := s.Store.Counts()
	s.minute()
	if diff := cmp.Diff(kvtest.Counts{Lists: before.Lists + 1, Reads: before.Reads + len(stellar.Modes), Writes: before.Writes, Deletes: before.Deletes}, s.Store.Counts()); diff != "" {
		t.Error("a minute after that", diff)
	}
	if asked > 2 {
		t.Errorf("%d requests to Horizon while nothing was open", asked)
	}
}

// The cursor has the same size whatever is open and however busy the network is.
func TestTheCursorStaysSmall(t *testing.T) {
	s := openWith(t, watch.Limits{Accounts: 8, Pages: 28})
	largest := 0
	for minute := range 40 {
		for range []int{1, 6, 0, 15}[minute%4] {
			if minute < 30 {
				s.merchant = s.Merchant()
				s.pay(s.checkout(), []string{"50", "20"}[minute%2])
			}
		}
		s.minute()
		largest = max(largest, len(s.Store.Peek("cursor/test")))
	}
	if largest == 0 || largest > 4096 {
		t.Errorf("the cursor has up to %d bytes", largest)
	}
}

// A minute lists and loads what is due, not what is open.
func TestAMinuteCostsWhatIsDue(t *testing.T) {
	s := openWith(t, watch.Limits{Accounts: 8, Pages: 28})
	const open, due = 5000, 20
	s.merchant = s.Merchant()
	for i := range open {
		c := s.checkoutUnlisted()
		c.ExpiresAt = s.Now().Add(time.Hour)
		if i < due {
			c.ExpiresAt = s.Now().Add(3 * time.Minute)
		}
		s.put(c)
		s.list(c)
	}
	for range 4 {
		s.minute()
	}
	before := s.Store.Counts()
	s.minute()
	after := s.Store.Counts()
	if left := len(s.Store.Keys("open/")); left != open-due {
		t.Errorf("%d are still open", left)
	}
	lists, reads := after.Lists-before.Lists, after.Reads-before.Reads
	if lists > 2 || reads > 4*due+20 {
		t.Errorf("%d lists and %d keys read for %d checkouts that fell due among %d", lists, reads, due, open)
	}
}

// Read one by one, an account that has nothing open is not read. What came to it meanwhile is found
// once its next checkout ended, though the feed is read by then.
func TestWhatCameBeforeTheFeedWasReadIsFound(t *testing.T) {
	s := openWith(t, watch.Limits{Accounts: 1, Pages: 28})
	idle := s.merchant
	c := s.checkout()
	s.pay(c, "50")
	s.minute()
	expect(t, s.outcome(c), "completed 50")
	for range 12 {
		s.minute()
	}
	s.pay(c, "20")
	s.Advance(5 * time.Minute)
	for range 2 {
		s.merchant = s.Merchant()
		s.checkout()
	}
	for range 3 {
		s.minute()
	}
	if s.feed() == nil {
		t.Fatal("the feed is not read")
	}
	expect(t, s.outcome(c), "completed 50")
	s.merchant = idle
	next := s.checkout()
	s.pay(next, "50")
	s.minute()
	expect(t, s.outcome(next), "completed 50")
	expect(t, s.outcome(c), "completed 50 +20 duplicate")

	// A sweep that knew nothing of that writes over it.
	if err := s.kv.Delete(context.Background(), store.SeenKey(c.ID).String()); err != nil {
		t.Fatal(err)
	}
	for range 15 {
		s.minute()
	}
	expect(t, s.outcome(c), "completed 50 +20 duplicate")
}

// The same, if its next checkout is open when the accounts are read one by one again.
func TestWhatCameBeforeTheFeedWasReadIsFoundAfterIt(t *testing.T) {
	s := openWith(t, watch.Limits{Accounts: 2, Pages: 28})
	idle := s.merchant
	c := s.checkout()
	s.pay(c, "50")
	s.minute()
	for range 12 {
		s.minute()
	}
	s.pay(c, "20")
	s.Advance(5 * time.Minute)
	long := func() checkout.Checkout {
		c := s.checkoutUnlisted()
		c.ExpiresAt = s.Now().Add(2 * time.Hour)
		s.put(c)
		s.list(c)
		return c
	}
	var others []checkout.Checkout
	for range 3 {
		s.merchant = s.Merchant()
		others = append(others, long())
	}
	for range 3 {
		s.minute()
	}
	s.merchant = idle
	long()
	for range 30 {
		s.pay(others[0], "1") // the cursor moves over what was found
		s.minute()
	}
	if s.feed() == nil {
		t.Fatal("the feed is not read")
	}
	for _, other := range others {
		s.pay(other, "50")
		s.Advance(watchtest.LedgerTime)
	}
	for range 15 {
		s.minute()
	}
	if s.feed() != nil {
		t.Fatal("the feed is still read")
	}
	expect(t, s.outcome(c), "completed 50 +20 duplicate")
}

func TestTheFeedSettlesNothingOfAnAccountThatIsBehind(t *testing.T) {
	s := openWith(t, watch.Limits{Accounts: 2, Pages: 28})
	c := s.checkout()
	s.pay(c, "30")
	s.Advance(3 * time.Minute) // the feed begins after that
	own := s.merchant
	for range 2 {
		s.merchant = s.Merchant()
		s.checkout()
	}
	s.merchant = own
	s.Fault = func(url string) (horizon.Response, error, bool) {
		return horizon.Response{}, horizon.ErrTimeout, strings.Contains(url, "/accounts/"+own.Address()+"/payments")
	}
	_, _ = s.cron.Sweep(context.Background(), stellar.Modes...)
	if s.feed() == nil {
		t.Fatal("the feed is not read")
	}
	s.pay(c, "50")
	s.Advance(watchtest.LedgerTime)
	_, _ = s.cron.Sweep(context.Background(), stellar.Modes...)
	expect(t, s.outcome(c), "open 0")
	s.Fault = nil
	s.minute()
	expect(t, s.outcome(c), "completed 80 overpaid")
}

// The last page is full, so that an empty one follows: the ledger may go on. Once no Horizon can be
// so far behind, it does not.
func TestALedgerThatFillsItsPageIsReadToItsEnd(t *testing.T) {
	s := openWith(t, alwaysByFeed)
	c := s.checkout()
	crowd := s.crowdOf(2)
	s.sweep()
	var many []txnbuild.Operation
	for range 100 {
		many = append(many, &txnbuild.Payment{Destination: s.customer.Address(), Amount: "0.0000001", Asset: txnbuild.NativeAsset{}})
	}
	s.Submit(crowd[0], "invoice", many...)
	s.Submit(crowd[1], "invoice", many[1:]...)
	s.pay(c, "50")
	s.Advance(watchtest.LedgerTime)
	s.sweep()
	s.sweep()
	expect(t, s.outcome(c), "open 0")
	s.Sleep(30 * time.Second)
	s.sweep()
	expect(t, s.outcome(c), "completed 50")
}

// A gap in Horizon's history is reported, and nothing waits for what is gone.
func TestTheFeedGoesOnAfterItsHistoryWasReaped(t *testing.T) {
	s := openWith(t, alwaysByFeed)
	c := s.checkout()
	for range 12 {
		s.minute()
	}
	var events []string
	s.cron.Log = func(_ context.Context, event string, _ map[string]any) { events = append(events, event) }
	inside := false
	s.Fault = func(url string) (horizon.Response, error, bool) {
		if inside || strings.Contains(url, "/payments") {
			return horizon.Response{}, nil, false
		}
		inside = true
		good, err := s.Get(context.Background(), url, time.Second)
		inside = false
		latest := fmt.Sprint(s.Ledger.Latest().Sequence)
		good.Body = []byte(strings.Replace(string(good.Body), `"history_elder_ledger":`, `"history_elder_ledger":`+latest+`,"x":`, 1))
		return good, err, true
	}
	other := s.checkout()
	s.pay(other, "50")
	s.minute()
	if !slices.Contains(events, "history_gap") {
		t.Errorf("nobody was told: %v", events)
	}
	expect(t, s.outcome(c), "expired 0")
	expect(t, s.outcome(other), "completed 50")
}
