package watch_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/txnbuild"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/watch"
	"edgecheckout/worker/watch/watchtest"
)

// received lists what an account received by the ledger, the newest last.
func (s *shop) received(account stellar.Address) []horizon.Incoming {
	s.t.Helper()
	page, err := horizon.Client{Base: "https://one.example", Transport: s.World}.Payments(context.Background(), account, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	return page.Payments
}

// last is the newest payment to the merchant.
func (s *shop) last() checkout.Payment {
	s.t.Helper()
	all := s.received(s.account())
	return all[len(all)-1].Payment
}

// find reads a payment by its id at an edge and says what it means: the error, or whose it is and
// why it does not count.
func (s *shop) find(edge *watch.Watcher, id checkout.PaymentID) string {
	s.t.Helper()
	p, of, err := edge.Payment(context.Background(), id, s.account())
	if err != nil {
		return err.Error()
	}
	if of == nil {
		return p.Amount.String() + " unmatched"
	}
	j, err := edge.Judge(context.Background(), of, p)
	if err != nil {
		return err.Error()
	}
	if diff := cmp.Diff(p, j.Payment); diff != "" {
		s.t.Errorf("the payment was changed: %s", diff)
	}
	if j.Counted() {
		return p.Amount.String() + " counts"
	}
	return p.Amount.String() + " " + string(j.Reason)
}

func TestAPaymentIsFoundByItsID(t *testing.T) {
	s := open(t)
	c := s.checkout()
	strange := s.OtherUSDC(s.customer)
	s.Trust(s.merchant, strange)
	var want []string
	var ids []checkout.PaymentID
	paid := func(meaning string) {
		t.Helper()
		s.Advance(watchtest.LedgerTime)
		want, ids = append(want, meaning), append(ids, s.last().Place(stellar.Test))
	}
	s.pay(c, "20")
	paid("20 counts")
	s.Pay(s.customer, c.Account, "5", strange, c.Memo)
	paid("5 wrong_asset")
	s.pay(c, "30")
	paid("30 counts")
	s.pay(c, "1")
	paid("1 duplicate")
	s.Pay(s.customer, c.Account, "2", stellar.XLM, "")
	paid("2 unmatched")
	s.Submit(s.spare(), c.Memo, &txnbuild.AccountMerge{Destination: s.merchant.Address()})
	paid("9999.99999 wrong_asset")
	s.Submit(s.spare(), "", &txnbuild.AccountMerge{Destination: s.merchant.Address()})
	paid("9999.99999 unmatched")

	check := func(when string) {
		t.Helper()
		var got []string
		for _, id := range ids {
			got = append(got, s.find(s.edge(), id))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}
	check("before anybody has looked")
	s.minute()
	check("after a sweep")
	s.pay(c, "3")
	paid("3 duplicate")
	check("after the end, and before the next sweep")
	s.minute()
	check("after that")
}

func TestALatePaymentIsFoundByItsID(t *testing.T) {
	s := open(t)
	c := s.checkout()
	s.pay(c, "20")
	for range 14 {
		s.minute()
	}
	expect(t, s.outcome(c), "failed 20 underpaid")
	s.pay(c, "30")
	s.Advance(watchtest.LedgerTime)
	expect(t, s.find(s.edge(), s.last().Place(stellar.Test)), "30 late")
}

func TestWhatIsNoPaymentHasNoID(t *testing.T) {
	s := open(t)
	c := s.checkout()
	s.pay(c, "50")
	s.Advance(watchtest.LedgerTime)
	id := s.last().Place(stellar.Test)
	expect(t, s.find(s.edge(), id), "50 counts")
	for name, change := range map[string]func(id *checkout.PaymentID){
		"another time":       func(id *checkout.PaymentID) { id.ClosedAt = id.ClosedAt.Add(time.Second) },
		"another index":      func(id *checkout.PaymentID) { id.Index++ },
		"no operation":       func(id *checkout.PaymentID) { id.Operation++ },
		"the future":         func(id *checkout.PaymentID) { id.Operation = 1<<63 - 1 },
		"too long ago":       func(id *checkout.PaymentID) { id.ClosedAt = id.ClosedAt.Add(-92 * 24 * time.Hour) },
		"the edge of a page": func(id *checkout.PaymentID) { id.ClosedAt = time.UnixMilli(0) },
		"what opened an account": func(id *checkout.PaymentID) {
			*id = s.received(stellar.Address(s.customer.Address()))[0].Place(stellar.Test)
		},
	} {
		other := id
		change(&other)
		if got := s.find(s.edge(), other); got != watch.ErrNoPayment.Error() {
			t.Errorf("%s: %s", name, got)
		}
	}
	if _, _, err := s.edge().Payment(context.Background(), checkout.PaymentID{Operation: id.Operation, ClosedAt: id.ClosedAt, Mode: stellar.Live}, s.account()); !errors.Is(err, horizon.ErrNoHorizon) {
		t.Errorf("a network that is not served: %v", err)
	}
	if p, of, err := s.edge().Payment(context.Background(), id, ""); err != nil || of == nil || p.Amount != c.Amount {
		t.Errorf("the merchant has another account by now: %+v %+v %v", p, of, err)
	}
	s.xlm("1", "")
	if _, _, err := s.edge().Payment(context.Background(), s.last().Place(stellar.Test), ""); !errors.Is(err, watch.ErrNoPayment) {
		t.Errorf("nobody's payment to nobody's account: %v", err)
	}
	s.Reset(time.Hour)
	expect(t, s.find(s.edge(), id), watch.ErrNoPayment.Error())
}

func TestAPaymentIsNotJudgedBeforeTheAccountWasRead(t *testing.T) {
	s := open(t)
	c := s.checkout()
	edge := s.edge()
	expect(t, s.look(edge, c), "open 0")
	s.pay(c, "50")
	s.Advance(time.Second)
	id := s.last().Place(stellar.Test)
	expect(t, s.find(edge, id), watch.ErrUnread.Error())
	s.Advance(watch.LookWindow)
	expect(t, s.find(edge, id), "50 counts")
}

func TestDustThatIsForgottenIsNoPayment(t *testing.T) {
	s := open(t)
	c := s.checkout()
	s.pay(c, "0.0001")
	s.Advance(watchtest.LedgerTime)
	dust := s.last().Place(stellar.Test)
	expect(t, s.find(s.edge(), dust), "0.0001 counts")
	for range 4 {
		var operations []txnbuild.Operation
		for range 50 {
			operations = append(operations, &txnbuild.Payment{Destination: s.merchant.Address(), Amount: "0.01", Asset: watchtest.Asset(c.Asset)})
		}
		s.Submit(s.customer, c.Memo, operations...)
		s.Advance(watchtest.LedgerTime)
	}
	s.sweep()
	expect(t, s.find(s.edge(), dust), watch.ErrNoPayment.Error())
	expect(t, s.find(s.edge(), s.last().Place(stellar.Test)), "0.01 counts")
}

func TestAPaymentCannotBeFoundWithoutHorizon(t *testing.T) {
	s := open(t)
	s.xlm("1", "")
	id := s.last().Place(stellar.Test)
	edge := s.edge()
	for _, part := range []string{"/operations/", ".example/"} {
		s.Fault = func(url string) (horizon.Response, error, bool) {
			return horizon.Response{Status: 429, RetryAfter: "7"}, nil, strings.Contains(url, part)
		}
		for range 2 { // each Horizon once
			if _, _, err := edge.Payment(context.Background(), id, s.account()); err == nil || errors.Is(err, watch.ErrNoPayment) {
				t.Errorf("%s: %v", part, err)
			}
		}
		before := s.Requests
		if _, _, err := edge.Payment(context.Background(), id, s.account()); !errors.Is(err, horizon.ErrNoHorizon) || s.Requests != before {
			t.Errorf("a Horizon that wants to be left alone was asked again: %v", err)
		}
		s.Advance(10 * time.Second)
	}
	s.Fault = nil
	expect(t, s.find(edge, id), "1 unmatched")
}
