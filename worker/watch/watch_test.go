package watch_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"

	"edgecheckout/sandbox/ledger"
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/kv/kvtest"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
	"edgecheckout/worker/watch"
	"edgecheckout/worker/watch/watchtest"
)

// shop is a merchant's view of a world: it makes checkouts and asks how they stand.
type shop struct {
	*watchtest.World
	t        *testing.T
	memos    checkout.MemoKeys
	merchant *keypair.Full
	customer *keypair.Full
	kv       kv.Store       // of the edge that creates checkouts
	here     *watch.Watcher // that edge
	cron     *watch.Watcher // the edge where the cron happens to run
	limits   watch.Limits
	crowd    []*keypair.Full // who flood the network
	ended    [][]checkout.ID // what the watchers said has ended, a call each
}

// limits are such that a test of a few accounts reads them one by one.
var limits = watch.Limits{Accounts: 10, Pages: 28}

func open(t *testing.T) *shop {
	t.Helper()
	return openWith(t, limits)
}

func openWith(t *testing.T, limits watch.Limits) *shop {
	t.Helper()
	memos, err := checkout.ParseMemoKeys(strings.Repeat("0123456789fedc5a", 4))
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{World: watchtest.New(t), t: t, memos: memos, limits: limits}
	s.merchant, s.customer = s.Merchant(), s.Person()
	s.kv = s.Store.Edge()
	s.here, s.cron = s.edgeOf(s.kv), s.edge()
	s.Advance(10 * time.Minute)
	return s
}

// network is the world's, behind two Horizons.
var network = horizon.Network{Passphrase: ledger.Passphrase, Horizons: []string{"https://one.example", "https://two.example"}}

func (s *shop) edge() *watch.Watcher { return s.edgeOf(s.Store.Edge()) }

func (s *shop) edgeOf(namespace kv.Store) *watch.Watcher {
	recent := watchtest.NewRecent(s.Now)
	return &watch.Watcher{
		Store: store.New(namespace), Recent: recent, Memos: s.memos, Now: s.Now, Sleep: func(_ context.Context, d time.Duration) { s.Advance(d) }, Margin: 30 * time.Second, Limits: s.limits,
		Horizons: map[stellar.Mode]*horizon.Pool{stellar.Test: horizon.NewPool(network, s.World, recent, s.Now)},
		Tell:     func(context.Context, *checkout.Facts, checkout.Outcome, checkout.Outcome) error { return nil },
		Told:     func(context.Context) {},
		Ended:    func(_ context.Context, ids []checkout.ID) { s.ended = append(s.ended, ids) },
		Log:      func(_ context.Context, event string, fields map[string]any) { s.t.Log(event, fields) },
	}
}

// checkout makes a checkout of 50 USDC that lives ten minutes.
func (s *shop) checkout() checkout.Checkout {
	s.t.Helper()
	c := s.checkoutUnlisted()
	s.put(c)
	s.list(c)
	return c
}

// checkoutUnlisted is one that is not stored yet.
func (s *shop) checkoutUnlisted() checkout.Checkout {
	s.t.Helper()
	text, err := checkout.NewID(checkout.KindCheckout, s.Now(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	id, err := checkout.ParseCheckoutID(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return checkout.Checkout{
		Mode: stellar.Test,
		ID:   id, Amount: 50 * stellar.StroopsPerUnit, Asset: s.USDC(), Account: stellar.Address(s.merchant.Address()),
		Memo: s.memos.Seal(id), CreatedAt: s.Now(), ExpiresAt: s.Now().Add(10 * time.Minute),
	}
}

// put writes a checkout, as it is now.
func (s *shop) put(c checkout.Checkout) {
	s.t.Helper()
	if err := s.kv.Put(context.Background(), kv.Entry{Key: store.CheckoutKey(c.ID).String(), Value: store.Encode(&c)}); err != nil {
		s.t.Fatal(err)
	}
}

// list puts a checkout into the index of open ones.
func (s *shop) list(c checkout.Checkout) {
	s.t.Helper()
	if err := s.here.Store.PutOpen(context.Background(), &checkout.Facts{Checkout: c}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) pay(c checkout.Checkout, amount string) {
	s.t.Helper()
	s.Pay(s.customer, c.Account, amount, c.Asset, c.Memo)
}

func (s *shop) sweep() watch.Report {
	s.t.Helper()
	report, err := s.cron.Sweep(context.Background(), stellar.Modes...)
	if err != nil {
		s.t.Fatal(err)
	}
	return report
}

// minute lets a minute pass and the cron run.
func (s *shop) minute() {
	s.t.Helper()
	s.Advance(time.Minute)
	s.sweep()
}

// facts says how a checkout is recorded, as somebody sees it who has never read its keys.
func (s *shop) outcome(c checkout.Checkout) string {
	s.t.Helper()
	all, err := s.edge().Store.Facts(context.Background(), c.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return describe(all[0].Outcome(s.Now()))
}

func describe(out checkout.Outcome) string {
	text := fmt.Sprintf("%s %s", out.Status, out.Received)
	if out.Exception != "" {
		text += " " + string(out.Exception)
	}
	for _, p := range out.Payments {
		if !p.Counted() {
			text += fmt.Sprintf(" +%s %s", p.Amount, p.Reason)
		}
	}
	return text
}

func (s *shop) look(edge *watch.Watcher, c checkout.Checkout) string {
	s.t.Helper()
	all, err := edge.Store.Facts(context.Background(), c.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := edge.Look(context.Background(), all[0])
	if err != nil {
		s.t.Log(err)
	}
	return describe(out)
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s; want %s", got, want)
	}
}

func TestSweepSettlesEveryKindOfPayment(t *testing.T) {
	fifty := "50.0000000"
	cases := map[string]struct {
		pay  func(s *shop, c checkout.Checkout)
		want string
	}{
		"payment":       {func(s *shop, c checkout.Checkout) { s.pay(c, fifty) }, "completed 50"},
		"too much":      {func(s *shop, c checkout.Checkout) { s.pay(c, "50.0000001") }, "completed 50.0000001 overpaid"},
		"a half":        {func(s *shop, c checkout.Checkout) { s.pay(c, "25") }, "open 25 underpaid"},
		"a stroop less": {func(s *shop, c checkout.Checkout) { s.pay(c, "49.9999999") }, "open 49.9999999 underpaid"},
		"upper-cased memo": {func(s *shop, c checkout.Checkout) {
			s.Pay(s.customer, c.Account, fifty, c.Asset, strings.ToUpper(c.Memo))
		}, "completed 50"},
		"two operations in a transaction": {func(s *shop, c checkout.Checkout) {
			half := &txnbuild.Payment{Destination: string(c.Account), Amount: "25", Asset: watchtest.Asset(c.Asset)}
			s.Submit(s.customer, c.Memo, half, half)
		}, "completed 50"},
		"path payment": {func(s *shop, c checkout.Checkout) {
			s.Submit(s.customer, c.Memo, &txnbuild.PathPaymentStrictReceive{SendAsset: txnbuild.NativeAsset{}, SendMax: "5000",
				Destination: string(c.Account), DestAsset: watchtest.Asset(c.Asset), DestAmount: fifty})
		}, "completed 50"},
		"muxed destination": {func(s *shop, c checkout.Checkout) {
			muxed := muxedAddress(s.t, c.Account, 7)
			s.Submit(s.customer, c.Memo, &txnbuild.Payment{Destination: muxed, Amount: fifty, Asset: watchtest.Asset(c.Asset)})
		}, "completed 50"},
		"no memo":       {func(s *shop, c checkout.Checkout) { s.Pay(s.customer, c.Account, fifty, c.Asset, "") }, "open 0"},
		"another memo":  {func(s *shop, c checkout.Checkout) { s.Pay(s.customer, c.Account, fifty, c.Asset, "order-1001") }, "open 0"},
		"another asset": {func(s *shop, c checkout.Checkout) { s.Pay(s.customer, c.Account, fifty, stellar.XLM, c.Memo) }, "open 0 +50 wrong_asset"},
		"another issuer": {func(s *shop, c checkout.Checkout) {
			other := s.OtherUSDC(s.customer)
			s.Trust(s.merchant, other)
			s.Pay(s.customer, c.Account, fifty, other, c.Memo)
		}, "open 0 +50 wrong_asset"},
		"another account": {func(s *shop, c checkout.Checkout) {
			s.Pay(s.customer, stellar.Address(s.Merchant().Address()), fifty, c.Asset, c.Memo)
		}, "open 0"},
		"a failed transaction": {func(s *shop, c checkout.Checkout) { s.Pay(s.customer, c.Account, "99000000", c.Asset, c.Memo) }, "open 0"},
		"the merchant's own payment": {func(s *shop, c checkout.Checkout) {
			s.Pay(s.merchant, stellar.Address(s.customer.Address()), "5", stellar.XLM, c.Memo)
		}, "open 0"},
		"the merchant to itself": {func(s *shop, c checkout.Checkout) { s.Pay(s.merchant, c.Account, "5", stellar.XLM, c.Memo) }, "open 0"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			made := s.checkout()
			c.pay(s, made)
			s.Advance(watchtest.LedgerTime)
			s.sweep()
			expect(t, s.outcome(made), c.want)
		})
	}
}

func muxedAddress(t *testing.T, account stellar.Address, id uint64) string {
	t.Helper()
	muxed, err := muxed(account, id)
	if err != nil {
		t.Fatal(err)
	}
	return muxed
}

func TestAccountMergeIsReadFromItsEffects(t *testing.T) {
	s := open(t)
	c := s.checkout()
	c.Asset = stellar.XLM
	c.Amount = 9_000 * stellar.StroopsPerUnit
	s.put(c)
	leaving := keypair.MustRandom()
	s.Submit(s.customer, "", &txnbuild.CreateAccount{Destination: leaving.Address(), Amount: "9000.5"})
	s.Advance(watchtest.LedgerTime)
	s.Submit(leaving, c.Memo, &txnbuild.AccountMerge{Destination: string(c.Account)})
	s.Advance(watchtest.LedgerTime)
	s.sweep()
	expect(t, s.outcome(c), "completed 9000.49999 overpaid") // less the fee of 100 stroops
}

func TestHalvesAnHourApartComeTogether(t *testing.T) {
	s := open(t)
	c := s.checkout()
	c.ExpiresAt = s.Now().Add(5 * time.Hour)
	s.put(c)
	s.list(c)
	s.pay(c, "20")
	for range 60 {
		s.minute()
	}
	expect(t, s.outcome(c), "open 20 underpaid")
	s.pay(c, "30")
	s.minute()
	expect(t, s.outcome(c), "completed 50")
}

func TestCheckoutsEndWhenTheLedgerWasReadPastTheirTime(t *testing.T) {
	s := open(t)
	nothing, half, wrong := s.checkout(), s.checkout(), s.checkout()
	s.pay(half, "25")
	s.Advance(watchtest.LedgerTime)
	s.Pay(s.customer, wrong.Account, "50", stellar.XLM, wrong.Memo)
	for range 9 {
		s.minute()
	}
	expect(t, s.outcome(nothing), "open 0")
	expect(t, s.outcome(half), "open 25 underpaid")
	for range 2 { // one past the deadline and its margin, and a second one that agrees
		s.minute()
	}
	expect(t, s.outcome(nothing), "open 0")
	for range 1 {
		s.minute()
	}
	expect(t, s.outcome(nothing), "expired 0")
	expect(t, s.outcome(half), "failed 25 underpaid")
	expect(t, s.outcome(wrong), "failed 0 wrong_asset +50 wrong_asset")
	if keys := s.Store.Keys("open/"); len(keys) != 0 {
		t.Errorf("still listed as open: %v", keys)
	}
	before := s.Requests
	s.Advance(3 * time.Minute)
	if report := s.sweep(); report != (watch.Report{}) || s.Requests != before {
		t.Errorf("nothing is open, yet %+v and %d requests", report, s.Requests-before)
	}
}

func TestLatePaymentLeavesExpiredUnchanged(t *testing.T) {
	s := open(t)
	c, other := s.checkout(), s.checkout()
	for range 12 {
		s.minute()
	}
	expect(t, s.outcome(c), "expired 0")
	s.pay(c, "50")
	s.checkout() // keeps the account active
	s.minute()
	expect(t, s.outcome(c), "expired 0 +50 late")
	expect(t, s.outcome(other), "expired 0")
}

func TestSecondPaymentIsADuplicate(t *testing.T) {
	s := open(t)
	c := s.checkout()
	s.checkout()
	s.pay(c, "50")
	s.minute()
	s.pay(c, "50")
	s.minute()
	expect(t, s.outcome(c), "completed 50 +50 duplicate")
}

func TestNothingEndsWhileHorizonIsSilent(t *testing.T) {
	s := open(t)
	paid, unpaid := s.checkout(), s.checkout()
	s.Advance(9 * time.Minute)
	s.pay(paid, "50")
	s.Fault = func(string) (horizon.Response, error, bool) {
		return horizon.Response{}, errors.New("connection refused"), true
	}
	for range 30 {
		s.Advance(time.Minute)
		if _, err := s.cron.Sweep(context.Background(), stellar.Modes...); !errors.Is(err, horizon.ErrNoHorizon) {
			t.Fatalf("a sweep without Horizon: %v", err)
		}
	}
	expect(t, s.outcome(paid), "open 0")
	expect(t, s.outcome(unpaid), "open 0")
	s.Fault = nil
	s.minute() // so long past the deadline one pass is enough
	expect(t, s.outcome(paid), "completed 50")
	expect(t, s.outcome(unpaid), "expired 0")
}

func TestTheSecondHorizonIsAskedWhenTheFirstFails(t *testing.T) {
	s := open(t)
	c := s.checkout()
	s.pay(c, "50")
	s.Fault = func(url string) (horizon.Response, error, bool) {
		return horizon.Response{Status: 503}, nil, strings.HasPrefix(url, "https://one.")
	}
	s.minute()
	expect(t, s.outcome(c), "completed 50")
}

func TestAHorizonOfAnotherNetworkIsNotBelieved(t *testing.T) {
	s := open(t)
	c := s.checkout()
	for _, edge := range []*watch.Watcher{s.cron} {
		other := horizon.Network{Passphrase: stellar.PublicPassphrase, Horizons: []string{"https://one.example"}}
		edge.Horizons[stellar.Test] = horizon.NewPool(other, s.World, edge.Recent, s.Now)
	}
	s.pay(c, "50")
	s.Advance(time.Minute)
	if _, err := s.cron.Sweep(context.Background(), stellar.Modes...); !errors.Is(err, horizon.ErrNoHorizon) {
		t.Errorf("sweep: %v", err)
	}
	expect(t, s.outcome(c), "open 0")
}

func TestAPassThatBreaksOffLosesNothing(t *testing.T) {
	s := open(t)
	// More than a page of other people's payments, then ours.
	c := s.checkout()
	for range 5 {
		var many []txnbuild.Operation
		for range 90 {
			many = append(many, &txnbuild.Payment{Destination: string(c.Account), Amount: "0.0000001", Asset: txnbuild.NativeAsset{}})
		}
		s.Submit(s.customer, "dust", many...)
		s.Advance(watchtest.LedgerTime)
	}
	s.pay(c, "50")
	s.Advance(watchtest.LedgerTime)
	pages := 0
	s.Fault = func(url string) (horizon.Response, error, bool) {
		if strings.Contains(url, "/payments?") {
			pages++
		}
		return horizon.Response{Status: 429, RetryAfter: "5"}, nil, pages == 2
	}
	if report, err := s.cron.Sweep(context.Background(), stellar.Modes...); err == nil || report.Failed != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	expect(t, s.outcome(c), "open 0")
	s.Fault = nil
	s.minute()
	expect(t, s.outcome(c), "completed 50")
}

func TestAWriteThatFailsIsRepeated(t *testing.T) {
	for name, fault := range map[string]kvtest.Fault{"before": kvtest.FaultBefore, "after": kvtest.FaultAfter} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			c := s.checkout()
			s.pay(c, "50")
			s.Advance(time.Minute)
			s.Store.SetFault(func(op, key string) kvtest.Fault {
				if failingOutcomes(op, key) != kvtest.FaultNone {
					return fault
				}
				return kvtest.FaultNone
			})
			if _, err := s.cron.Sweep(context.Background(), stellar.Modes...); err == nil {
				t.Fatal("the sweep did not say that it failed")
			}
			s.Store.SetFault(nil)
			s.minute()
			s.minute()
			expect(t, s.outcome(c), "completed 50")
			if keys := s.Store.Keys("open/"); len(keys) != 0 {
				t.Errorf("still listed as open: %v", keys)
			}
		})
	}
}

func TestATestNetworkThatWasResetStartsAgain(t *testing.T) {
	s := open(t)
	s.checkout()
	s.minute()
	s.Reset(time.Minute)
	s.merchant, s.customer = s.Merchant(), s.Person()
	c := s.checkout()
	s.minute()
	s.pay(c, "50")
	s.minute()
	s.minute() // the old checkout's account does not exist any more; it must not be in the way
	expect(t, s.outcome(c), "completed 50")
}

// A sweep that began before the reset may have read a payment that the new history does not show,
// and be about to write it down.
func TestNobodyEndsUnpaidSoonAfterAReset(t *testing.T) {
	s := open(t)
	s.Advance(time.Hour) // so that the new history is the shorter one
	c := s.checkout()
	for range 10 {
		s.minute()
	}
	s.Reset(time.Minute)
	if _, err := s.Ledger.Fund(string(c.Account)); err != nil {
		t.Fatal(err)
	}
	for range 9 {
		s.minute()
		expect(t, s.look(s.edge(), c), "open 0")
	}
	for range 4 { // until the store shows everywhere that Overlap is over, and two passes agree
		s.minute()
	}
	expect(t, s.outcome(c), "expired 0")
}

func TestTwoSweepsAtOnceWriteTheSame(t *testing.T) {
	s := open(t)
	c := s.checkout()
	s.pay(c, "50")
	s.Advance(time.Minute)
	other := s.edge()
	done := make(chan error)
	for _, edge := range []*watch.Watcher{s.cron, other} {
		go func() {
			_, err := edge.Sweep(context.Background(), stellar.Modes...)
			done <- err
		}()
	}
	if err := errors.Join(<-done, <-done); err != nil {
		t.Fatal(err)
	}
	expect(t, s.outcome(c), "completed 50")
}

func TestALookSettlesAtOnceAndReadsTheAccountOnceInItsWindow(t *testing.T) {
	s := open(t)
	c, other := s.checkout(), s.checkout()
	s.pay(c, "50")
	s.Advance(watchtest.LedgerTime)
	before := s.Requests
	expect(t, s.look(s.here, c), "completed 50")
	for range 20 {
		expect(t, s.look(s.here, other), "open 0")
	}
	if got := s.Requests - before; got > 2 { // the root, and one page
		t.Errorf("%d requests to Horizon", got)
	}
	expect(t, s.outcome(c), "completed 50")
	s.pay(other, "50")
	s.Advance(watchtest.LedgerTime)
	before = s.Requests
	expect(t, s.look(s.here, other), "completed 50")
	if got := s.Requests - before; got != 1 {
		t.Errorf("%d requests to Horizon, want only the page", got)
	}
}

func TestALookEndsACheckoutWhoseTimeIsOver(t *testing.T) {
	s := open(t)
	c := s.checkout()
	s.Advance(10*time.Minute - time.Second)
	expect(t, s.look(s.here, c), "open 0")
	s.Advance(40 * time.Second)
	expect(t, s.look(s.here, c), "open 0") // the first pass beyond the deadline; it takes two
	s.sweep()
	s.Sleep(time.Minute) // the cursor that the sweep wrote is visible here
	s.Advance(watch.LookWindow)
	expect(t, s.look(s.here, c), "expired 0")
}

// Whoever polls a checkout ten times a second gets every window in which its account may be read.
func TestNobodysLookKeepsAnOlderCheckoutFromBeingServed(t *testing.T) {
	s := open(t)
	paid, over := s.checkout(), s.checkout()
	paid.ExpiresAt, over.ExpiresAt = s.Now().Add(time.Hour), s.Now().Add(3*time.Minute)
	s.put(paid)
	s.put(over)
	s.Advance(9 * time.Minute)
	s.sweep()
	s.Advance(time.Minute) // what the sweep wrote is visible here
	s.pay(paid, "50")
	s.Advance(watchtest.LedgerTime)
	young := s.checkout()
	before := s.Requests
	settled := map[string]bool{}
	for range 100 {
		s.look(s.here, young)
		settled[s.look(s.here, paid)] = true
		settled[s.look(s.here, over)] = true
		s.Sleep(100 * time.Millisecond)
	}
	if !settled["completed 50"] || !settled["expired 0"] {
		t.Errorf("within ten seconds the older checkouts were %v", settled)
	}
	if n := s.Requests - before; n > 4*3 {
		t.Errorf("%d requests to Horizon in ten seconds", n)
	}
}

// One account's look is shared by all its checkouts. It must not end one that is older than what it
// read.
func TestALookForAYoungCheckoutEndsNoOlderOne(t *testing.T) {
	s := open(t)
	old := s.checkout()
	s.pay(old, "25")
	s.Advance(9 * time.Minute)
	young := s.checkout()
	young.ExpiresAt = s.Now().Add(2 * time.Minute)
	s.put(young)
	s.Advance(13 * time.Minute)
	expect(t, s.look(s.here, young), "expired 0")
	expect(t, s.look(s.here, old), "open 0") // what was read in this window began after it was made
	s.Advance(watch.LookWindow)
	expect(t, s.look(s.here, old), "failed 25 underpaid")
}

// Nor must it complete one by what it found: an earlier payment to it is not among that.
func TestALookForAYoungCheckoutCompletesNoOlderOne(t *testing.T) {
	s := open(t)
	old := s.checkout()
	s.pay(old, "25")
	s.Advance(2 * time.Minute)
	young := s.checkout()
	s.pay(old, "50")
	s.Advance(watchtest.LedgerTime)
	expect(t, s.look(s.here, young), "open 0")
	expect(t, s.look(s.here, old), "open 0")
	s.Advance(watch.LookWindow)
	expect(t, s.look(s.here, old), "completed 75 overpaid")
}

func TestALookWithoutHorizonSaysWhatIsKnown(t *testing.T) {
	s := open(t)
	c := s.checkout()
	s.pay(c, "20")
	s.minute()
	s.pay(c, "30")
	s.Fault = func(string) (horizon.Response, error, bool) {
		return horizon.Response{Status: 200, Body: []byte("<html>Bad gateway</html>")}, nil, true
	}
	s.Advance(time.Minute)
	expect(t, s.look(s.edge(), c), "open 20 underpaid")
}

func TestAnUnpaidEndIsToldOnlyOnceItStandsWritten(t *testing.T) {
	s := open(t)
	c := s.checkout()
	s.Advance(10 * time.Minute)
	for range 2 {
		s.look(s.here, c)
		s.sweepFailing()
		s.Advance(time.Minute)
	}
	expect(t, s.look(s.here, c), "open 0")
	s.Store.SetFault(nil)
	s.Advance(watch.LookWindow)
	expect(t, s.look(s.here, c), "expired 0")
}

func TestAPaymentIsToldWhileTheStoreFailsAndHorizonToo(t *testing.T) {
	s := open(t)
	c := s.checkout()
	s.pay(c, "50")
	s.Advance(watchtest.LedgerTime)
	s.Store.SetFault(failingOutcomes)
	expect(t, s.look(s.here, c), "completed 50")
	s.Fault = func(string) (horizon.Response, error, bool) { return horizon.Response{Status: 503}, nil, true }
	s.Advance(2 * watch.LookWindow)
	expect(t, s.look(s.here, c), "completed 50") // nobody can read Horizon
	expect(t, s.look(s.here, c), "completed 50") // somebody else has just tried
}

func failingOutcomes(op, key string) kvtest.Fault {
	if op == "put" && strings.HasPrefix(key, "outcome/") {
		return kvtest.FaultBefore
	}
	return kvtest.FaultNone
}

// sweepFailing sweeps while no outcome can be written.
func (s *shop) sweepFailing() {
	s.Store.SetFault(failingOutcomes)
	_, _ = s.cron.Sweep(context.Background(), stellar.Modes...)
}

func TestAnIdleMinuteCostsOneListAndOneRead(t *testing.T) {
	s := open(t)
	for _, modes := range [][]stellar.Mode{{stellar.Test}, {stellar.Live}, stellar.Modes} {
		before := s.Store.Counts()
		if _, err := s.cron.Sweep(context.Background(), modes...); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(kvtest.Counts{Lists: before.Lists + 1, Reads: before.Reads + len(modes), Writes: before.Writes, Deletes: before.Deletes}, s.Store.Counts()); diff != "" {
			t.Error(modes, diff) // the keys of several modes are read at once
		}
	}
}

func TestABusyHourMovesTheCursorSeldom(t *testing.T) {
	s := open(t)
	c := s.checkout()
	c.ExpiresAt = s.Now().Add(5 * time.Hour)
	s.put(c)
	s.list(c)
	before := s.Store.Counts()
	for range 60 {
		s.minute()
	}
	if writes := s.Store.Counts().Writes - before.Writes; writes < 5 || writes > 8 {
		t.Errorf("%d writes in an hour in which nothing was paid", writes)
	}
}

// TestTheFirstReadingOfANetworkCompletesNothingThatItSawAPartOf has no sweep run for a quarter of an
// hour, and then two in different data centres, of which the second one does not see yet what the
// first one has written.
func TestTheFirstReadingOfANetworkCompletesNothingThatItSawAPartOf(t *testing.T) {
	for _, accounts := range []int{10, 0} { // read one by one, or by the feed
		s := openWith(t, watch.Limits{Accounts: accounts, Pages: 28})
		c := s.checkout()
		s.Advance(time.Minute)
		s.pay(c, "50")
		s.Advance(6 * time.Minute)
		s.pay(c, "60")
		s.Advance(8 * time.Minute)
		late := s.edge()
		if _, err := late.Store.Facts(context.Background(), c.ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := late.Store.Backlogs(context.Background(), stellar.Modes, stellar.Modes); err != nil {
			t.Fatal(err)
		}
		s.sweep()
		want := s.outcome(c)
		if !strings.HasPrefix(want, "completed 50") {
			t.Fatal(want)
		}
		s.list(s.checkout())
		if _, err := late.Sweep(context.Background(), stellar.Modes...); err != nil {
			t.Fatal(err)
		}
		expect(t, s.outcome(c), want)
		for range 3 {
			s.minute()
		}
		expect(t, s.outcome(c), want)
	}
}
