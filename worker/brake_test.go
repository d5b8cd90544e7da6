package worker_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// merchantOf returns the id of the only merchant.
func (s *site) merchantOf() string {
	s.t.Helper()
	keys := s.Store.Keys("merchant/")
	if len(keys) != 1 {
		s.t.Fatalf("%d merchants", len(keys))
	}
	return strings.TrimPrefix(keys[0], "merchant/")
}

func TestOperatorRevokesTheKeysMadeSinceATimeAndThenAll(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, first := s.merchant(here)
	operator, path := s.operator(here), "/merchants/"+s.merchantOf()+"/keys"
	s.Sleep(time.Hour)
	since := s.Now()
	leaked := operator.post(path, `{"livemode":false}`)
	second := operator.with("Idempotency-Key", "again").post(path, `{"livemode":true}`)
	operator.with("Idempotency-Key", "again").post(path, `{"livemode":true}`)
	s.Sleep(2 * time.Minute)

	listed := operator.list(path)
	want := []string{leaked.text("id"), second.text("id"), first.text("id")}
	slices.Sort(want)
	slices.Sort(listed.ids)
	if !slices.Equal(listed.ids, want) {
		t.Errorf("listed %v, want %v", listed.ids, want)
	}
	if body := operator.get(path).body; strings.Contains(body, "sk_") {
		t.Errorf("the list has a secret: %s", body)
	}

	operator.ok(operator.do("DELETE", path+"?created_since="+since.Format(time.RFC3339), ""))
	s.Sleep(2 * time.Minute)
	for about, c := range map[string]struct {
		secret string
		status int
	}{
		"an older key":    {first.text("secret"), 200},
		"the leaked one":  {leaked.text("secret"), 401},
		"one made beside": {second.text("secret"), 401},
	} {
		if r := shop.at(s.edge()).with("X-Api-Key", c.secret).get("/product"); r.status != c.status {
			t.Errorf("%s: %d %s", about, r.status, r.body)
		}
	}
	operator.ok(operator.do("DELETE", path, ""))
	s.Sleep(2 * time.Minute)
	if r := shop.at(s.edge()).get("/product"); r.status != 401 {
		t.Errorf("after all were revoked: %d %s", r.status, r.body)
	}
	if ids := operator.list(path).ids; len(ids) != 0 {
		t.Errorf("listed %v", ids)
	}
}

func TestSuspendedMerchantsCannotCreateCheckoutsAndOpenOnesSettle(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	open := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	operator, path := s.operator(here), "/merchants/"+s.merchantOf()
	if r := operator.ok(operator.do("PUT", path, `{"suspended":true}`)); r.fields["suspended"] != true || r.text("name") == "" {
		t.Errorf("%s", r.body)
	}
	s.Sleep(2 * time.Minute)
	r := shop.do("POST", "/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	if r.status != 403 || r.text("error.code") != "merchant_suspended" {
		t.Errorf("%d %s", r.status, r.body)
	}
	s.Pay(s.Person(), addr(open.text("destination")), "5", s.USDC(), open.text("memo"))
	s.Advance(time.Minute)
	s.sweep(here)
	if status := shop.get("/checkout/" + open.text("id")).text("status"); status != "completed" {
		t.Errorf("the open one is %s", status)
	}
	operator.ok(operator.do("PUT", path, `{"suspended":false}`))
	s.Sleep(2 * time.Minute)
	shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
}

func TestOperatorCancelsACheckout(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	open := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	operator, of := s.operator(here), "/merchants/"+s.merchantOf()
	r := operator.ok(operator.do("POST", of+"/checkouts/"+open.text("id")+"/expire", ""))
	if want := s.Now().Add(2 * time.Minute).UTC().Format("2006-01-02T15:04:05.000Z"); r.text("expires_at") != want {
		t.Errorf("expires_at is %s, want %s", r.text("expires_at"), want)
	}
	other := operator.post("/merchants", `{"name":"Other"}`).text("id")
	r = operator.do("POST", "/merchants/"+other+"/checkouts/"+open.text("id")+"/expire", "")
	if r.status != 404 {
		t.Errorf("as another merchant's: %d %s", r.status, r.body)
	}
}

func TestTokensHaveNamesAndScopesAndEachCallIsLogged(t *testing.T) {
	s := deploy(t)
	const ada, monitor, legacy = "ada-0123456789abcdef", "monitor-0123456789abcdef", "old=token=0123456789=="
	here := s.edge("ADMIN_TOKEN", "ada="+ada+", monitor:read="+monitor+", "+legacy)
	as := func(token string) client {
		return client{t, here, http.Header{"Authorization": {"Bearer " + token}}}
	}
	id := as(ada).post("/merchants", `{"name":"Corner Shop"}`).text("id")
	as(monitor).ok(as(monitor).get("/merchants/" + id))
	r := as(monitor).do("PUT", "/merchants/"+id, `{"suspended":true}`)
	if r.status != 403 || r.text("error.code") != "admin_token_scope" {
		t.Errorf("%d %s", r.status, r.body)
	}
	as("a guess of somebody").get("/merchants/" + id)
	log := s.log.String()
	for _, want := range []string{`"token":"ada"`, `"token":"monitor"`, `"outcome":"refused"`, `"outcome":"allowed"`, `"path":"/merchants/` + id + `"`, `"method":"PUT"`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has no %s:\n%s", want, log)
		}
	}
	if strings.Contains(log, "0123456789abcdef") || strings.Contains(log, "guess") {
		t.Errorf("the log has a token:\n%s", log)
	}
	if r := as("token=0123456789==").get("/merchants/" + id); r.status != 200 {
		t.Errorf("a token whose name is %q: %d", "old", r.status)
	}
}

func TestNobodyIsAskedToPayASuspendedMerchant(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	open := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	person := s.Person()
	anybody := client{t, here, http.Header{}}
	page, wallet := "/pay/"+open.text("id"), `{"account":"`+person.Address()+`"}`
	if r := anybody.get(page); !strings.Contains(r.body, open.text("memo")) {
		t.Fatalf("the page before the suspension: %s", r.body)
	}
	suspend := func(is string) {
		operator := s.operator(here)
		operator.ok(operator.do("PUT", "/merchants/"+s.merchantOf(), `{"suspended":`+is+`}`))
		s.Sleep(2 * time.Minute)
		s.Advance(time.Second)
	}
	suspend("true")
	r := anybody.get(page)
	if r.status != 200 || !strings.Contains(r.body, "This shop is suspended") {
		t.Errorf("%d %s", r.status, r.body)
	}
	for _, secret := range []string{open.text("memo"), "web+stellar:pay", "data-stream-url"} {
		if strings.Contains(r.body, secret) {
			t.Errorf("the page of a suspended shop has %s", secret)
		}
	}
	if kept := r.header.Get("Cloudflare-Cdn-Cache-Control"); !strings.HasPrefix(kept, "max-age=15,") {
		t.Errorf("it is cached for longer than an open page: %s", kept)
	}
	if left := anybody.get(page + "/status").fields["seconds_left"]; left != json.Number("0") {
		t.Errorf("a page that is open goes on asking for money: %v seconds left", left)
	}
	r = anybody.do("POST", page+"/transaction", wallet)
	if r.status != 403 || r.text("error.code") != "merchant_suspended" {
		t.Errorf("a transaction: %d %s", r.status, r.body)
	}
	s.Pay(person, addr(open.text("destination")), "5", s.USDC(), open.text("memo"))
	s.Advance(time.Minute)
	s.sweep(here)
	if status := anybody.get(page + "/status").text("status"); status != "completed" {
		t.Errorf("after it was paid it is %s", status)
	}
	suspend("false")
	again := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	if r := anybody.get("/pay/" + again.text("id")); !strings.Contains(r.body, again.text("memo")) {
		t.Errorf("after the suspension: %s", r.body)
	}
}
