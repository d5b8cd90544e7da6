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

func TestRequestsForTransactionsHaveSmallBodies(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	id := shop.post("/checkout?type=direct", `{"amount":1,"asset_code":"XLM"}`).text("id")
	anybody := client{t, here, http.Header{}}
	r := anybody.do("POST", "/pay/"+id+"/transaction", `{"account":"`+strings.Repeat("G", 1024)+`"}`)
	if r.status != 413 || r.text("error.code") != "body_too_large" {
		t.Errorf("%d %s", r.status, r.body)
	}
}
