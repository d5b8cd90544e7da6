package worker_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"edgecheckout/worker/checkout"
)

func TestImpossibleIDsCostNoReadAndUnknownOnesOne(t *testing.T) {
	s := deploy(t)
	anybody := client{t, s.edge(), nil}
	now := s.Now()
	id := func(at time.Time) string {
		id, err := checkout.NewID(checkout.KindCheckout, at, strings.NewReader("0123456789"))
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	const day = 24 * time.Hour
	for about, c := range map[string]struct {
		id    string
		reads int
	}{
		"no id":             {"chk_1", 0},
		"from tomorrow":     {id(now.Add(day)), 0},
		"of years ago":      {id(now.Add(-3 * 365 * day)), 0},
		"of 93 days ago":    {id(now.Add(-93 * day)), 0},
		"of 91 days ago":    {id(now.Add(-91 * day)), 4},
		"unknown, of today": {id(now), 4},
	} {
		for _, path := range []string{"/pay/%s", "/pay/%s/status"} {
			before := s.Store.Counts()
			r := anybody.get(fmt.Sprintf(path, c.id))
			after := s.Store.Counts()
			if read := after.Reads - before.Reads; r.status != 404 || read != c.reads {
				t.Errorf("%s, %s: status %d, %d keys read, want %d", path, about, r.status, read, c.reads)
			}
		}
	}
}

// A product's name is what the page describes the checkout by.
func TestNamesOfProductsDoNotChangeTheDirectionOfText(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	for name, want := range map[string]int{
		"Kaffee \u2013 قهوة": 200, "\U0001f468\u200d\U0001f373 course": 200,
		"a\u202a": 400, "\u202eb": 400, "a\u2066b": 400, "a\u2069": 400,
	} {
		body := fmt.Sprintf(`{"name":%q,"price_amount":5,"asset_code":"XLM"}`, name)
		r := shop.do("POST", "/product", body)
		if r.status != want || want == 400 && r.text("error.param") != "name" {
			t.Errorf("%+q: %d %s", name, r.status, r.body)
		}
	}
}

func TestNamesOfMerchantsHaveNoInvisibleCharacters(t *testing.T) {
	s := deploy(t)
	operator := s.operator(s.edge())
	made := operator.post("/merchants", `{"name":"Björn’s Bücher & Söhne 本"}`).text("id")
	for _, name := range []string{"Corner\u202eShop", "Corner\u200bShop", "\u2066Corner", "Corner\ufeff", "Co\u00adrner"} {
		body := fmt.Sprintf(`{"name":%q}`, name)
		for path, method := range map[string]string{"/merchants": "POST", "/merchants/" + made: "PUT"} {
			r := operator.do(method, path, body)
			if r.status != 400 || r.text("error.code") != "parameter_invalid" || r.text("error.param") != "name" {
				t.Errorf("%s %s with %+q: %d %s", method, path, name, r.status, r.body)
			}
		}
	}
}

func TestBodiesOfWalletsAreSmall(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	id := shop.post("/checkout?type=direct", `{"amount":1,"asset_code":"XLM"}`).text("id")
	anybody := client{t, here, http.Header{}}
	for _, path := range []string{"/transaction", "/quotes", "/hint"} {
		r := anybody.do("POST", "/pay/"+id+path, `{"account":"`+strings.Repeat("G", 1024)+`"}`)
		if r.status != 413 || r.text("error.code") != "body_too_large" {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
}

func TestAMerchantCannotUseUpHorizonForTheOthers(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	greedy, _ := s.merchant(here)
	other, _ := s.merchant(here)
	open := greedy.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	person := s.Person()
	s.Pay(person, addr(open.text("destination")), "1", s.USDC(), "")
	s.Sleep(3 * time.Minute)
	s.Advance(time.Minute)
	payment := greedy.list("/payment?unmatched=true").ids[0]
	requests := s.Requests
	refused := 0
	for i := range 100 {
		path := "/payment?unmatched=true"
		if i%2 == 1 {
			path = "/payment/" + payment
		}
		switch r := greedy.get(path); {
		case r.status == 200:
		case r.status == 429 && r.text("error.code") == "rate_limited" && r.header.Get("Retry-After") != "":
			refused++
		default:
			t.Fatalf("%d %s", r.status, r.body)
		}
	}
	if asked := s.Requests - requests; refused == 0 || asked > 70 {
		t.Errorf("%d requests were refused, and %d reached Horizon", refused, asked)
	}
	other.ok(other.get("/payment?unmatched=true"))
	s.Pay(person, addr(open.text("destination")), "5", s.USDC(), open.text("memo"))
	s.Advance(time.Minute)
	s.sweep(here)
	if status := greedy.get("/checkout/" + open.text("id")).text("status"); status != "completed" {
		t.Errorf("the checkout is %s", status)
	}
}
