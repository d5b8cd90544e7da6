package worker_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/txnbuild"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/watch/watchtest"
)

// data returns the items of a list.
func (r reply) data() []map[string]any {
	r.t.Helper()
	items, ok := r.fields["data"].([]any)
	if r.status != 200 || r.text("object") != "list" || !ok {
		r.t.Fatalf("no list: %d %s", r.status, r.body)
	}
	var data []map[string]any
	for _, item := range items {
		data = append(data, item.(map[string]any))
	}
	return data
}

// each returns one field of all items.
func (r reply) each(field string) []string {
	r.t.Helper()
	values := []string{}
	for _, item := range r.data() {
		values = append(values, fmt.Sprint(item[field]))
	}
	return values
}

func TestPaymentIsReadByItsIDAndListed(t *testing.T) {
	s := deploy(t)
	here, cron := s.edge(), s.edge()
	shop, _ := s.merchant(here)
	person := s.Person()
	c := shop.post("/checkout?type=direct", `{"amount":50,"asset_code":"USDC"}`)
	for _, amount := range []string{"20", "30", "1"} {
		s.Pay(person, addr(c.text("destination")), amount, s.USDC(), c.text("memo"))
		s.Advance(watchtest.LedgerTime)
	}
	s.sweep(cron)
	shown := shop.get("/checkout/" + c.text("id"))
	_, payments, _ := strings.Cut(shown.body, `"payments":[{`)
	payments, _, _ = strings.Cut(payments, `}],"refunds"`)

	var objects []string
	for _, payment := range strings.Split(payments, "},{") {
		id, rest, ok := strings.Cut(payment, `,"amount"`)
		if !ok {
			t.Fatalf("no payment: %s", payment)
		}
		status := "confirmed"
		if strings.Contains(rest, `"counted":false`) {
			status = "unexpected"
		}
		_, closed, _ := strings.Cut(rest, `"created_at":`)
		closed, _, _ = strings.Cut(closed, `,`)
		object := `{` + id + `,"object":"payment","checkout_id":"` + c.text("id") + `","customer_id":null,"status":"` + status + `","amount"` + rest +
			`,"metadata":{},"livemode":false,"environment":"testnet","updated_at":` + closed + `}`
		got := shop.get("/payment/" + strings.Trim(strings.TrimPrefix(id, `"id":`), `"`))
		if diff := cmp.Diff(object+"\n", got.body); got.status != 200 || diff != "" {
			t.Errorf("%d %s", got.status, diff)
		}
		objects = append(objects, object)
	}
	slices.Reverse(objects)
	got := shop.get("/payment?checkout_id=" + c.text("id"))
	want := `{"object":"list","data":[` + strings.Join(objects, ",") + `],"has_more":false,"url":"/payment"}` + "\n"
	if diff := cmp.Diff(want, got.body); len(objects) != 3 || diff != "" {
		t.Errorf("%d payments: %s", len(objects), diff)
	}
	if diff := cmp.Diff([]string{"duplicate", "<nil>", "<nil>"}, got.each("reason")); diff != "" {
		t.Error(diff)
	}
}

func TestPaymentsOfACheckoutInPages(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	person := s.Person()
	c := shop.post("/checkout?type=direct", `{"amount":50,"asset_code":"USDC"}`)
	list := "/payment?checkout_id=" + c.text("id")
	if got := shop.get(list); len(got.data()) != 0 || got.text("has_more") != "false" {
		t.Errorf("nothing was paid: %s", got.body)
	}
	var operations []txnbuild.Operation
	for i := range 5 {
		operations = append(operations, &txnbuild.Payment{Destination: c.text("destination"), Amount: fmt.Sprint(i + 1), Asset: watchtest.Asset(s.USDC())})
	}
	s.Submit(person, c.text("memo"), operations...)
	s.Advance(watchtest.LedgerTime)
	all := shop.get(list)
	if diff := cmp.Diff([]string{"5", "4", "3", "2", "1"}, all.each("amount")); diff != "" {
		t.Fatal(diff)
	}
	ids := all.each("id")
	for query, want := range map[string]struct {
		amounts string
		link    string
	}{
		"&limit=5":                             {"[5 4 3 2 1] false", ""},
		"&limit=2":                             {"[5 4] true", "next starting_after " + ids[1]},
		"&limit=2&starting_after=" + ids[1]:    {"[3 2] true", "next starting_after " + ids[3]},
		"&limit=2&starting_after=" + ids[3]:    {"[1] false", ""},
		"&limit=2&starting_after=" + ids[4]:    {"[] false", ""},
		"&limit=2&ending_before=" + ids[4]:     {"[3 2] true", "prev ending_before " + ids[2]},
		"&limit=2&ending_before=" + ids[2]:     {"[5 4] false", ""},
		"&limit=9&ending_before=" + ids[3]:     {"[5 4 3] false", ""},
		"&limit=2&ending_before=" + ids[0]:     {"[] false", ""},
		"&limit=1&starting_after=" + earlier(): {"[] false", ""},
		"&limit=4&ending_before=" + earlier():  {"[4 3 2 1] true", "prev ending_before " + ids[1]},
	} {
		got := shop.get(list + query)
		if text := fmt.Sprint(got.each("amount"), " ", got.text("has_more")); text != want.amounts {
			t.Errorf("%s: %s, want %s", query, text, want.amounts)
		}
		if link := linkOf(t, got); link != want.link {
			t.Errorf("%s: the link says %q, want %q", query, link, want.link)
		}
	}
}

// earlier is the id of a payment from before the first ledger.
func earlier() string {
	return checkout.PaymentID{ClosedAt: time.UnixMilli(1), Operation: 1}.String()
}

// linkOf returns the target of a list's Link header; empty without one.
func linkOf(t *testing.T, r reply) string {
	t.Helper()
	header := r.header.Get("Link")
	if header == "" {
		return ""
	}
	address, rel, _ := strings.Cut(strings.TrimPrefix(header, "<"), `>; rel="`)
	u, err := url.Parse(address)
	if err != nil || u.Path != "/payment" {
		t.Fatalf("Link: %s", header)
	}
	for _, name := range []string{"starting_after", "ending_before"} {
		if id := u.Query().Get(name); id != "" {
			return strings.Trim(rel, `"`) + " " + name + " " + id
		}
	}
	t.Fatalf("Link: %s", header)
	return ""
}

func TestUnmatchedPaymentsAreListed(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	person := s.Person()
	s.Advance(25 * time.Hour)
	c := shop.post("/checkout?type=direct", `{"amount":1,"asset_code":"XLM"}`)
	to := addr(c.text("destination"))
	began := s.Now()
	for i, memo := range []string{"", c.text("memo"), "order 1042", "", strings.Repeat("0", 26)} {
		s.Pay(person, to, fmt.Sprint(i+1), stellar.XLM, memo)
		s.Advance(time.Minute)
	}
	got := shop.get("/payment?unmatched=true")
	if diff := cmp.Diff([]string{"5", "4", "3", "1"}, got.each("amount")); diff != "" {
		t.Fatal(diff)
	}
	newest := got.data()[0]
	want := map[string]any{
		"id": newest["id"], "object": "payment", "checkout_id": nil, "customer_id": nil, "status": "unexpected",
		"amount": newest["amount"], "amount_decimal": "5", "asset_code": "XLM", "asset_issuer": nil,
		"from": person.Address(), "transaction_hash": newest["transaction_hash"], "ledger": newest["ledger"], "created_at": newest["created_at"],
		"counted": false, "reason": "unmatched", "metadata": map[string]any{}, "livemode": false,
		"environment": "testnet", "updated_at": newest["created_at"],
	}
	if diff := cmp.Diff(want, newest); diff != "" {
		t.Error(diff)
	}
	for _, payment := range got.data() {
		one := shop.get("/payment/" + payment["id"].(string))
		if diff := cmp.Diff(payment, one.fields); one.status != 200 || diff != "" {
			t.Errorf("alone: %d %s", one.status, diff)
		}
	}
	since := url.QueryEscape(began.Add(90 * time.Second).Format(time.RFC3339))
	if diff := cmp.Diff([]string{"5", "4", "3"}, shop.get("/payment?unmatched=true&since="+since).each("amount")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"3", "1"}, shop.get("/payment?unmatched=true&starting_after="+got.each("id")[1]).each("amount")); diff != "" {
		t.Error(diff)
	}
	page := shop.get("/payment?unmatched=true&limit=3")
	if diff := cmp.Diff([]string{"5", "4", "3"}, page.each("amount")); diff != "" || page.text("has_more") != "true" || linkOf(t, page) != "next starting_after "+got.each("id")[2] {
		t.Errorf("%s %s", page.header.Get("Link"), diff)
	}
	up := shop.get("/payment?unmatched=true&limit=2&ending_before=" + got.each("id")[3])
	if diff := cmp.Diff([]string{"4", "3"}, up.each("amount")); diff != "" || linkOf(t, up) != "prev ending_before "+got.each("id")[1] {
		t.Errorf("%s %s", up.header.Get("Link"), diff)
	}
	// The payment that created the account, a day ago, is included.
	if diff := cmp.Diff([]string{"5", "4", "3", "1", "10000"}, shop.get("/payment?unmatched=true&since="+url.QueryEscape(began.Add(-26*time.Hour).Format(time.RFC3339))).each("amount")); diff != "" {
		t.Error(diff)
	}
}

func TestUnmatchedPaymentsAreFoundBehindManyOthers(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	person := s.Person()
	s.Advance(25 * time.Hour)
	c := shop.post("/checkout?type=direct", `{"amount":10,"asset_code":"XLM"}`)
	to := c.text("destination")
	s.Pay(person, addr(to), "7", stellar.XLM, "")
	s.Advance(watchtest.LedgerTime)
	for range 9 {
		var operations []txnbuild.Operation
		for range 99 {
			operations = append(operations, &txnbuild.Payment{Destination: to, Amount: "0.1", Asset: txnbuild.NativeAsset{}})
		}
		s.Submit(person, c.text("memo"), operations...)
		s.Advance(watchtest.LedgerTime)
	}
	first := shop.get("/payment?unmatched=true")
	if len(first.data()) != 0 || first.text("has_more") != "true" {
		t.Fatalf("%s", first.body)
	}
	edge, _ := strings.CutPrefix(linkOf(t, first), "next starting_after ")
	second := shop.get("/payment?unmatched=true&starting_after=" + edge)
	if diff := cmp.Diff([]string{"7"}, second.each("amount")); diff != "" || second.text("has_more") != "false" || second.header.Get("Link") != "" {
		t.Errorf("%s %s", second.body, diff)
	}
}

func TestPaymentsOfOtherMerchantsAreNotFound(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	mine, _ := s.merchant(here)
	theirs, _ := s.merchant(here)
	person := s.Person()
	c := mine.post("/checkout?type=direct", `{"amount":5,"asset_code":"XLM"}`)
	to := addr(c.text("destination"))
	s.Pay(person, to, "5", stellar.XLM, c.text("memo"))
	s.Advance(watchtest.LedgerTime)
	s.Pay(person, to, "6", stellar.XLM, "")
	s.Advance(watchtest.LedgerTime)
	matched := mine.get("/payment?checkout_id=" + c.text("id")).each("id")[0]
	unmatched := mine.get("/payment?unmatched=true").each("id")[0]
	never := "pay_01hzzzzzzzzzzzzzzzzzzzzzzz"
	for _, id := range []string{matched, unmatched} {
		if r := mine.get("/payment/" + id); r.status != 200 {
			t.Errorf("hidden from its owner: %s", r.body)
		}
		got, want := theirs.get("/payment/"+id), theirs.get("/payment/"+never)
		hidden := func(r reply, id string) string {
			return strings.ReplaceAll(strings.ReplaceAll(r.body, r.text("error.request_id"), ""), id, "")
		}
		if got.status != 404 || hidden(got, id) != hidden(want, never) {
			t.Errorf("%d %s; one that never was: %s", got.status, got.body, want.body)
		}
	}
	if r := theirs.get("/payment?checkout_id=" + c.text("id")); r.status != 404 {
		t.Errorf("another's checkout: %d %s", r.status, r.body)
	}
	// The customer used the memo of another merchant's checkout: the money is in the wrong account
	// and belongs to no checkout there.
	other := theirs.post("/checkout?type=direct", `{"amount":5,"asset_code":"XLM"}`)
	s.Pay(person, addr(other.text("destination")), "8", stellar.XLM, c.text("memo"))
	s.Advance(watchtest.LedgerTime)
	astray := theirs.get("/payment?unmatched=true")
	if got := theirs.get("/payment/" + astray.each("id")[0]); got.text("reason") != "unmatched" || got.text("checkout_id") != "null" || got.text("amount") != "8" {
		t.Errorf("%s", got.body)
	}
}

// Two merchants may use the same account. Neither may see payments to the other.
func TestTwoMerchantsMayShareAnAccount(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	account := s.Merchant().Address()
	open := func() client {
		m := s.operator(here).post("/merchants", fmt.Sprintf(`{"name":"Corner Shop","account_test":%q}`, account))
		key := s.operator(here).post("/merchants/"+m.text("id")+"/keys", `{"livemode":false}`)
		return client{t, here, map[string][]string{"X-Api-Key": {key.text("secret")}}}
	}
	mine, theirs := open(), open()
	c := mine.post("/checkout?type=direct", `{"amount":5,"asset_code":"XLM"}`)
	s.Pay(s.Person(), addr(account), "5", stellar.XLM, c.text("memo"))
	s.Advance(watchtest.LedgerTime)
	id := mine.get("/payment?checkout_id=" + c.text("id")).each("id")[0]
	if r := theirs.get("/payment/" + id); r.status != 404 {
		t.Errorf("%d %s", r.status, r.body)
	}
	if got := theirs.get("/payment?unmatched=true").each("id"); slices.Contains(got, id) {
		t.Errorf("it is listed as unmatched: %v", got)
	}
}

func TestInvalidQueriesForPaymentsAreRefused(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	c := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"XLM"}`)
	live := checkout.PaymentID{ClosedAt: s.Now(), Operation: 7, Mode: stellar.Live}.String()
	const cus = "cus_01m81j18g0h1djbedcgmej9myt"
	in := "checkout_id=" + c.text("id")
	for query, want := range map[string]string{
		"customer_id=ada":                         "400 parameter_invalid customer_id",
		"customer=":                               "400 parameter_invalid customer",
		in + "&customer=" + cus:                   "400 parameter_invalid customer",
		"unmatched=true&customer_id=" + cus:       "400 parameter_invalid customer_id",
		"customer=" + cus + "&customer_id=" + cus: "400 parameter_invalid customer",
		in + "&unmatched=true":                    "400 parameter_invalid unmatched",
		in + "&since=2026-11-22T12:00:00Z":        "400 parameter_invalid since",
		in + "&" + in:                             "400 parameter_duplicate checkout_id",
		in + "&limit=0":                           "400 parameter_invalid limit",
		in + "&limit=101":                         "400 parameter_invalid limit",
		in + "&expand=checkout":                   "400 parameter_unknown expand",
		in + "&starting_after=" + live:            "400 parameter_invalid starting_after",
		in + "&ending_before=pay_":                "400 parameter_invalid ending_before",
		in + "&ending_before=":                    "400 parameter_invalid ending_before",
		in + "&starting_after=" + earlier() + "&ending_before=" + earlier(): "400 parameter_invalid ending_before",
		"checkout_id=": "404 not_found null",
		"checkout_id=chk_01hzzzzzzzzzzzzzzzzzzzzzzz": "404 not_found null",
		"unmatched=false":                                   "400 parameter_invalid unmatched",
		"unmatched=":                                        "400 parameter_invalid unmatched",
		"unmatched=true&since=":                             "400 parameter_invalid since",
		"unmatched=true&since=yesterday":                    "400 parameter_invalid since",
		"unmatched=true&since=2026-11-22":                   "400 parameter_invalid since",
		"unmatched=true&since=2026-11-23T12:00:00Z":         "400 parameter_invalid since",
		"unmatched=true&since=2026-08-20T12:00:00Z":         "400 parameter_invalid since",
		"unmatched=true&starting_after=" + c.text("id"):     "400 parameter_invalid starting_after",
		"unmatched=true&since=2026-11-22T12:00:00%2B01:00":  "200 null null",
		"unmatched=true&since=2026-08-24T12:00:00Z&limit=1": "200 null null",
	} {
		r := shop.get("/payment?" + query)
		got := fmt.Sprint(r.status, " null null")
		if r.status != 200 {
			got = fmt.Sprint(r.status, " ", r.text("error.code"), " ", r.text("error.param"))
		}
		if got != want {
			t.Errorf("%s: %s, want %s: %s", query, got, want, r.body)
		}
	}
	for _, id := range []string{live, "pay_", strings.ToUpper(earlier()), c.text("id"), earlier(), strings.Repeat("9", 300)} {
		if r := shop.get("/payment/" + id); r.status != 404 || r.text("error.code") != "not_found" {
			t.Errorf("%s: %d %s", id, r.status, r.body)
		}
	}
}

func TestPaymentsWithoutHorizon(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	c := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"XLM"}`)
	s.Pay(s.Person(), addr(c.text("destination")), "5", stellar.XLM, c.text("memo"))
	s.Advance(watchtest.LedgerTime)
	list := "/payment?checkout_id=" + c.text("id")
	id := shop.get(list).each("id")[0]
	s.Fault = func(string) (horizon.Response, error, bool) { return horizon.Response{}, horizon.ErrTimeout, true }
	for _, path := range []string{"/payment/" + id, "/payment?unmatched=true"} {
		r := shop.get(path)
		if r.status != 503 || r.text("error.code") != "unavailable" || r.header.Get("Retry-After") != "5" || strings.Contains(r.body, "horizon") {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
		if !strings.Contains(s.log.String(), r.text("error.request_id")) {
			t.Errorf("%s is not in the log", path)
		}
	}
	// What the store knows about a checkout is still returned.
	if got := shop.get(list).each("id"); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

func TestUnmatchedPaymentsOfAMerchantWithoutAnAccount(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	m := s.operator(here).post("/merchants", `{"name":"Homeless"}`)
	key := s.operator(here).post("/merchants/"+m.text("id")+"/keys", `{"livemode":false}`)
	shop := client{t, here, map[string][]string{"X-Api-Key": {key.text("secret")}}}
	if r := shop.get("/payment?unmatched=true"); r.status != 400 || r.text("error.code") != "account_missing" {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := shop.get("/payment/" + earlier()); r.status != 404 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// All payments are listed as the ledger shows them, of all checkouts or of a customer's.
func TestPaymentsOfAllCheckoutsAreListed(t *testing.T) {
	s := deploy(t)
	here, cron := s.edge(), s.edge()
	shop, _ := s.merchant(here)
	person := s.Person()
	adas := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"XLM","customer_email":"ada@example.com","metadata":{"order":"7"}}`)
	anyones := shop.post("/checkout?type=direct", `{"amount":7,"asset_code":"XLM"}`)
	account, ada := addr(adas.text("destination")), adas.text("customer_id")
	for _, p := range []struct{ amount, memo string }{{"5", adas.text("memo")}, {"3", "thanks"}, {"7", anyones.text("memo")}, {"1", adas.text("memo")}} {
		s.Pay(person, account, p.amount, stellar.XLM, p.memo)
		s.Advance(watchtest.LedgerTime)
	}
	s.Advance(2 * time.Minute) // everybody can see the checkouts
	before := shop.get("/payment")
	s.sweep(cron)
	s.Sleep(time.Minute)
	after := shop.get("/payment")
	if diff := cmp.Diff([]string{"1 unexpected duplicate", "7 confirmed <nil>", "3 unexpected unmatched", "5 confirmed <nil>", "10000 unexpected unmatched"}, told(after)); diff != "" {
		t.Error(diff)
	}
	if before.body != after.body {
		t.Errorf("before the sweep they were %s, and then %s", before.body, after.body)
	}
	for _, filter := range []string{"customer_id", "customer"} {
		got := shop.get("/payments?" + filter + "=" + ada)
		if diff := cmp.Diff([]string{"1 unexpected duplicate", "5 confirmed <nil>"}, told(got)); diff != "" {
			t.Error(diff)
		}
		for _, p := range got.data() {
			if alone := shop.get("/payment/" + p["id"].(string)); cmp.Diff(p, alone.fields) != "" {
				t.Errorf("listed as %v, read as %s", p, alone.body)
			}
		}
	}
	var walked []string
	for path := "/payment?limit=1"; ; {
		page := shop.get(path)
		walked = append(walked, told(page)...)
		next, more := strings.CutPrefix(page.header.Get("Link"), "<")
		if !more {
			break
		}
		path, _, _ = strings.Cut(next, ">")
	}
	if diff := cmp.Diff(told(after), walked); diff != "" {
		t.Error(diff)
	}
	if got := shop.get("/payment?since=" + s.Now().Add(-time.Minute).Format(time.RFC3339)); len(got.data()) != 0 {
		t.Errorf("since a minute ago: %s", got.body)
	}
	// Another merchant sees what its own account began with.
	theirs, _ := s.merchant(here)
	if diff := cmp.Diff([]string{"10000 unexpected unmatched"}, told(theirs.get("/payment"))); diff != "" {
		t.Error(diff)
	}
}

func told(r reply) []string {
	var all []string
	for _, p := range r.data() {
		all = append(all, fmt.Sprint(p["amount"], " ", p["status"], " ", p["reason"]))
	}
	return all
}
