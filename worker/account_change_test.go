package worker_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker/stellar"
)

// changeAccount replaces the test account of the only merchant, and waits until all data centres
// know of it.
func (s *site) changeAccount(here http.Handler) (account stellar.Address, changed reply) {
	s.t.Helper()
	account = addr(s.Merchant().Address())
	operator := s.operator(here)
	changed = operator.ok(operator.do("PUT", "/merchants/"+s.merchantOf(), fmt.Sprintf(`{"account_test":%q}`, account)))
	s.Sleep(2 * time.Minute)
	return account, changed
}

func TestCheckoutsKeepTheAccountThatWasReplaced(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	const order = `{"amount":5,"asset_code":"USDC"}`
	before := shop.post("/checkout?type=direct", order)
	when := s.Now()
	second, changed := s.changeAccount(here)
	former := []any{map[string]any{
		"account": before.text("destination"), "livemode": false, "until": when.UTC().Format("2006-01-02T15:04:05.000Z"),
	}}
	if diff := cmp.Diff(former, changed.fields["former_accounts"]); diff != "" {
		t.Errorf("the answer's former accounts (-want +got):\n%s", diff)
	}
	after := shop.post("/checkout?type=direct", order)
	if after.text("destination") != string(second) {
		t.Errorf("a new checkout is paid to %s, want %s", after.text("destination"), second)
	}
	person := s.Person()
	s.Pay(person, addr(before.text("destination")), "5", s.USDC(), before.text("memo"))
	s.Advance(10 * time.Second)
	s.Pay(person, second, "5", s.USDC(), after.text("memo"))
	s.Advance(time.Minute)
	s.sweep(here)
	for _, c := range []reply{before, after} {
		if got := shop.get("/checkout/" + c.text("id")); got.text("status") != "completed" || got.text("destination") != c.text("destination") {
			t.Errorf("%s", got.body)
		}
	}
}

func TestMoneyOnReplacedAccountsIsListedAndReconciled(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	begin := s.Now()
	open := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	first, person := addr(open.text("destination")), s.Person()
	second, _ := s.changeAccount(here)
	third, _ := s.changeAccount(here)
	for i := range 9 {
		s.Pay(person, []stellar.Address{first, second, third}[i*i%3], fmt.Sprint(i+1), s.USDC(), "")
		s.Advance(10 * time.Second)
	}
	s.Sleep(3 * time.Minute)

	all := shop.list("/payment?unmatched=true&limit=100").ids
	if len(all) != 3+9 || // what the accounts were created with is unmatched, too
		!slices.IsSortedFunc(all, func(a, b string) int { return strings.Compare(b, a) }) {
		t.Fatalf("unmatched payments: %v", all)
	}
	for limit := 1; limit <= 4; limit++ {
		var paged []string
		path := fmt.Sprintf("/payment?unmatched=true&limit=%d", limit)
		for path != "" && len(paged) <= len(all) {
			s.Sleep(time.Minute) // what a merchant may read in a while is limited
			page := shop.list(path)
			paged = append(paged, page.ids...)
			path = page.next
		}
		if diff := cmp.Diff(all, paged); diff != "" {
			t.Errorf("pages of %d (-want +got):\n%s", limit, diff)
		}
	}
	s.Sleep(10 * time.Minute)
	newer := shop.list("/payment?unmatched=true&limit=3&ending_before=" + all[6]).ids
	if diff := cmp.Diff(all[3:6], newer); diff != "" {
		t.Errorf("those just before the seventh (-want +got):\n%s", diff)
	}
	for _, id := range all {
		s.Sleep(time.Minute)
		if r := shop.get("/payment/" + id); r.status != 200 || r.text("reason") != "unmatched" {
			t.Errorf("GET /payment/%s: %d %s", id, r.status, r.body)
		}
	}

	// The store loses what it knew of the checkout that is paid to the first account.
	s.Pay(person, first, "5", s.USDC(), open.text("memo"))
	s.Advance(time.Minute)
	if err := s.Store.Edge().Delete(t.Context(), s.Store.Keys("open/")...); err != nil {
		t.Fatal(err)
	}
	s.Sleep(2 * time.Minute)
	if r := s.reconcile(s.edge(), s.merchantOf(), begin); !r.complete || r.repaired == 0 {
		t.Errorf("%+v", r)
	}
	if status := shop.at(s.edge()).get("/checkout/" + open.text("id")).text("status"); status != "completed" {
		t.Errorf("the checkout of the first account is %s", status)
	}
}
