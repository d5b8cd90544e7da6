package watch_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/watch"
	"edgecheckout/worker/watch/watchtest"
)

func (s *shop) account() stellar.Address { return stellar.Address(s.merchant.Address()) }

// xlm pays the merchant so many XLM.
func (s *shop) xlm(amount, memo string) {
	s.t.Helper()
	s.Pay(s.customer, s.account(), amount, stellar.XLM, memo)
	s.Advance(watchtest.LedgerTime)
}

// unmatched asks an edge that knows nothing yet.
func (s *shop) unmatched(q watch.UnmatchedQuery) watch.UnmatchedPage {
	s.t.Helper()
	page, err := s.edge().Unmatched(context.Background(), stellar.Test, s.account(), q)
	if err != nil {
		s.t.Fatal(err)
	}
	return page
}

// amounts are those of payments, to tell them apart.
func amounts(payments []checkout.Payment) []string {
	list := []string{}
	for _, p := range payments {
		list = append(list, p.Amount.String()+" "+p.Asset.Code)
	}
	return list
}

func TestUnmatchedIsWhatBelongsToNoCheckout(t *testing.T) {
	s := open(t)
	since := s.Now()
	c := s.checkout()
	neighbour := s.Merchant()
	theirs := c
	theirs.ID[15]++
	theirs.Account, theirs.Memo = stellar.Address(neighbour.Address()), s.memos.Seal(theirs.ID)
	live := c
	live.ID[14]++
	live.Mode, live.Memo = stellar.Live, s.memos.Seal(live.ID)
	for _, made := range []checkout.Checkout{theirs, live} {
		s.put(made)
	}
	strangers, err := checkout.ParseMemoKeys(strings.Repeat("0123456789fedca5", 4))
	if err != nil {
		t.Fatal(err)
	}
	nobody := c.ID
	nobody[13]++
	merging := s.Person()
	s.Submit(merging, "", &txnbuild.Payment{Destination: s.merchant.Address(), Amount: "1000000", Asset: watchtest.Asset(s.USDC())},
		&txnbuild.ChangeTrust{Line: txnbuild.ChangeTrustAssetWrapper{Asset: watchtest.Asset(s.USDC())}, Limit: "0"})
	s.Advance(watchtest.LedgerTime)

	s.pay(c, "50") // belongs to c
	s.Advance(watchtest.LedgerTime)
	s.pay(c, "1") // a duplicate of it
	s.Advance(watchtest.LedgerTime)
	s.xlm("2", c.Memo)
	s.xlm("3", strings.ToUpper(c.Memo))
	s.xlm("4", "")
	s.xlm("5", "order 1042")
	s.xlm("6", strangers.Seal(c.ID))
	s.xlm("7", theirs.Memo)
	s.xlm("8", live.Memo)
	s.xlm("9", s.memos.Seal(nobody))
	s.Pay(s.customer, theirs.Account, "10", stellar.XLM, "")                       // to somebody else
	s.Pay(s.merchant, stellar.Address(neighbour.Address()), "11", stellar.XLM, "") // outgoing
	s.Submit(merging, "", &txnbuild.AccountMerge{Destination: s.merchant.Address()})
	s.Advance(3 * time.Minute)

	page := s.unmatched(watch.UnmatchedQuery{Since: since, Limit: 100})
	want := []string{"9999.99996 XLM", "9 XLM", "8 XLM", "7 XLM", "6 XLM", "5 XLM", "4 XLM", "1000000 USDC"}
	if diff := cmp.Diff(want, amounts(page.Payments)); diff != "" || page.More {
		t.Errorf("more: %t %s", page.More, diff)
	}
	for _, p := range page.Payments {
		if p.From == "" || len(p.Hash) != 64 || p.ClosedAt.IsZero() || p.Ledger() == 0 {
			t.Errorf("%+v", p)
		}
	}
}

func TestAMemoOfACheckoutThatMayBeTooYoungIsNotUnmatchedYet(t *testing.T) {
	s := open(t)
	since := s.Now()
	early := s.edge()
	id := s.checkout().ID
	id[15]++
	memo := s.memos.Seal(id)
	s.xlm("5", memo)
	ask := func() []string {
		page, err := early.Unmatched(context.Background(), stellar.Test, s.account(), watch.UnmatchedQuery{Since: since, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return amounts(page.Payments)
	}
	if got := ask(); len(got) != 0 {
		t.Errorf("at once: %v", got)
	}
	s.Advance(watch.Rest)
	if diff := cmp.Diff([]string{"5 XLM"}, ask()); diff != "" {
		t.Error(diff)
	}
}

func TestUnmatchedIsBoundedByTime(t *testing.T) {
	s := open(t)
	begin := s.Now()
	s.xlm("1", "")
	s.Advance(time.Hour)
	at := s.Now()
	s.xlm("2", "")
	s.xlm("3", "")
	if diff := cmp.Diff([]string{"3 XLM", "2 XLM"}, amounts(s.unmatched(watch.UnmatchedQuery{Since: at, Limit: 10}).Payments)); diff != "" {
		t.Error(diff)
	}
	all := s.unmatched(watch.UnmatchedQuery{Since: begin, Limit: 10}).Payments
	after := s.unmatched(watch.UnmatchedQuery{Since: at, Limit: 10, Edge: all[2].Place(stellar.Test), After: true})
	if diff := cmp.Diff([]string{"3 XLM", "2 XLM"}, amounts(after.Payments)); diff != "" {
		t.Errorf("from an edge before that time: %s", diff)
	}
}

// Whatever the limit, whoever walks through the list meets everything once, in both directions.
func TestUnmatchedInPages(t *testing.T) {
	s := open(t)
	since := s.Now()
	c := s.checkout()
	for ledger := range 4 {
		var operations []txnbuild.Operation
		for i := range 6 {
			operations = append(operations, &txnbuild.Payment{Destination: s.merchant.Address(), Amount: fmt.Sprint(1 + 6*ledger + i), Asset: txnbuild.NativeAsset{}})
		}
		s.Submit(s.customer, "", operations...)
		s.Advance(watchtest.LedgerTime)
		s.pay(c, "0.1")
		s.Advance(watchtest.LedgerTime)
	}
	all := s.unmatched(watch.UnmatchedQuery{Since: since, Limit: 100}).Payments
	if len(all) != 24 || all[0].Amount != 24*stellar.StroopsPerUnit {
		t.Fatalf("%v", amounts(all))
	}
	for _, limit := range []int{1, 5, 6, 23, 24, 25} {
		var older []checkout.Payment
		for q := (watch.UnmatchedQuery{Since: since, Limit: limit}); ; {
			page := s.unmatched(q)
			older = append(older, page.Payments...)
			if page.More != (len(older) < len(all)) || len(page.Payments) > limit {
				t.Fatalf("limit %d: after %d of %d: more is %t", limit, len(older), len(all), page.More)
			}
			if !page.More {
				break
			}
			if q.Edge = page.Next; q.Edge != older[len(older)-1].Place(stellar.Test) {
				t.Fatalf("limit %d: goes on from %+v", limit, q.Edge)
			}
		}
		if diff := cmp.Diff(amounts(all), amounts(older)); diff != "" {
			t.Errorf("limit %d: %s", limit, diff)
		}
		last := all[len(all)-1]
		newer := []checkout.Payment{last}
		for q := (watch.UnmatchedQuery{Since: since, Limit: limit, Edge: last.Place(stellar.Test), After: true}); ; {
			page := s.unmatched(q)
			newer = slices.Concat(page.Payments, newer)
			if !page.More {
				break
			}
			q.Edge = newer[0].Place(stellar.Test)
		}
		if diff := cmp.Diff(amounts(all), amounts(newer)); diff != "" {
			t.Errorf("limit %d, upwards: %s", limit, diff)
		}
	}
}

func TestUnmatchedIsFoundBehindManyMatchedPayments(t *testing.T) {
	s := open(t)
	since := s.Now()
	c := s.checkout()
	s.xlm("7", "")
	for range 17 {
		var operations []txnbuild.Operation
		for range 50 {
			operations = append(operations, &txnbuild.Payment{Destination: s.merchant.Address(), Amount: "0.01", Asset: txnbuild.NativeAsset{}})
		}
		s.Submit(s.customer, c.Memo, operations...)
		s.Advance(watchtest.LedgerTime)
	}
	s.xlm("8", "")
	q := watch.UnmatchedQuery{Since: since, Limit: 10}
	requests, reads := s.Requests, s.Store.Counts().Reads
	first := s.unmatched(q)
	if diff := cmp.Diff([]string{"8 XLM"}, amounts(first.Payments)); diff != "" || !first.More {
		t.Fatalf("more: %t %s", first.More, diff)
	}
	if n := s.Requests - requests; n > 5 {
		t.Errorf("%d requests to Horizon", n)
	}
	if n := s.Store.Counts().Reads - reads; n > 4 {
		t.Errorf("%d reads of the store for one checkout in four pages", n)
	}
	q.Edge = first.Next
	second := s.unmatched(q)
	if diff := cmp.Diff([]string{"7 XLM"}, amounts(second.Payments)); diff != "" || second.More {
		t.Errorf("more: %t %s", second.More, diff)
	}
	upwards := watch.UnmatchedQuery{Since: q.Since, Limit: 10, Edge: second.Payments[0].Place(stellar.Test), After: true}
	third := s.unmatched(upwards)
	if len(third.Payments) != 0 || !third.More {
		t.Fatalf("%v, more: %t", amounts(third.Payments), third.More)
	}
	upwards.Edge = third.Next
	if diff := cmp.Diff([]string{"8 XLM"}, amounts(s.unmatched(upwards).Payments)); diff != "" {
		t.Error(diff)
	}
}

func TestMergesAreReadAFewAtATime(t *testing.T) {
	s := open(t)
	since := s.Now()
	for range 23 {
		s.Submit(s.spare(), "", &txnbuild.AccountMerge{Destination: s.merchant.Address()})
	}
	s.Advance(watchtest.LedgerTime)
	q := watch.UnmatchedQuery{Since: since, Limit: 100}
	requests := s.Requests
	page := s.unmatched(q)
	if len(page.Payments) != 20 || !page.More || s.Requests-requests > 22 {
		t.Fatalf("%d payments for %d requests, more: %t", len(page.Payments), s.Requests-requests, page.More)
	}
	q.Edge = page.Next
	rest := s.unmatched(q)
	if len(rest.Payments) != 3 || rest.More {
		t.Errorf("then %d payments, more: %t", len(rest.Payments), rest.More)
	}
	for _, p := range append(page.Payments, rest.Payments...) {
		if p.Amount < 9999*stellar.StroopsPerUnit {
			t.Errorf("a merge brought %s", p.Amount)
		}
	}
}

// spare is an account without a trustline, which can be merged.
func (s *shop) spare() *keypair.Full {
	s.t.Helper()
	keys := keypair.MustRandom()
	if _, err := s.Ledger.Fund(keys.Address()); err != nil {
		s.t.Fatal(err)
	}
	s.Advance(watchtest.LedgerTime)
	return keys
}

func TestAConfusedHorizonIsNotReadForEver(t *testing.T) {
	s := open(t)
	since := s.Now()
	c := s.checkout()
	for range 6 {
		operations := slices.Repeat([]txnbuild.Operation{&txnbuild.Payment{Destination: s.merchant.Address(), Amount: "0.01", Asset: txnbuild.NativeAsset{}}}, 50)
		s.Submit(s.customer, c.Memo, operations...)
		s.Advance(watchtest.LedgerTime)
	}
	first, err := s.Get(context.Background(), "https://one.example/accounts/"+s.merchant.Address()+"/payments?order=desc&limit=200&join=transactions", 0)
	if err != nil {
		t.Fatal(err)
	}
	s.Fault = func(url string) (horizon.Response, error, bool) {
		return first, nil, strings.Contains(url, "/payments?")
	}
	_, err = s.edge().Unmatched(context.Background(), stellar.Test, s.account(), watch.UnmatchedQuery{Since: since, Limit: 10})
	if !errors.Is(err, horizon.ErrAnswer) {
		t.Errorf("a page that comes again and again: %v", err)
	}
	s.Fault = nil
	last := watch.UnmatchedQuery{Since: since, Limit: 10, Edge: checkout.PaymentID{Operation: math.MaxInt64}}
	if page := s.unmatched(last); len(page.Payments) != 0 || page.More {
		t.Errorf("before the end of time: %+v", page)
	}
	last.After = true
	if page := s.unmatched(last); len(page.Payments) != 0 || page.More {
		t.Errorf("after the end of time: %+v", page)
	}
}

func TestUnmatchedSaysWhenTheLedgerCannotBeRead(t *testing.T) {
	s := open(t)
	for name, part := range map[string]string{"no root": "example/", "no payments": "/payments"} {
		s.Fault = func(url string) (horizon.Response, error, bool) {
			return horizon.Response{Status: 503}, nil, strings.HasSuffix(url, part) || strings.Contains(url, part+"?")
		}
		_, err := s.edge().Unmatched(context.Background(), stellar.Test, s.account(), watch.UnmatchedQuery{Since: s.Now(), Limit: 1})
		var status *horizon.StatusError
		if !errors.As(err, &status) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
