package worker_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"edgecheckout/worker"
)

// crowd is how many requests race.
const crowd = 32

// blindEdges are data centres that have each just cached that nothing the request creates exists
// yet, and do not see the others' writes.
func (s *site) blindEdges(request func(edge *worker.Service)) []*worker.Service {
	s.Sleep(2 * time.Minute) // all can see the key and what was created so far
	edges := []*worker.Service{s.edge(), s.edge(), s.edge(), s.edge()}
	s.Store.SetFault(failing("put"))
	defer s.Store.SetFault(nil)
	for _, edge := range edges {
		request(edge)
	}
	return edges
}

// race sends requests concurrently, with clocks that differ slightly, and returns the answers in
// order.
func (s *site) race(send func(i int) reply) []reply {
	answers := make([]reply, crowd)
	var wait sync.WaitGroup
	for i := range answers {
		wait.Go(func() {
			s.Sleep(time.Millisecond)
			answers[i] = send(i)
		})
	}
	wait.Wait()
	return answers
}

func TestRacingRequestsCreateOneObjectInStaleDataCentres(t *testing.T) {
	for name, c := range map[string]struct {
		path, key, body string
		records, field  string // of what there must be exactly one, and the field that names it
	}{
		"a checkout by its key":              {"/checkout?type=direct", "once", `{"amount":1,"asset_code":"XLM"}`, "checkout/", "id"},
		"a product's checkout by its key":    {"/checkout?type=product", "once", `{"product_id":"{product}"}`, "checkout/", "id"},
		"a product by its key":               {"/product", "once", `{"name":"Harrar","asset_code":"XLM","price_amount":5}`, "product/", "id"},
		"a customer by their key":            {"/customers", "once", `{"name":"Ada"}`, "customer/", "id"},
		"a customer by e-mail":               {"/customers", "", `{"email":"ada@example.com"}`, "customer/", "id"},
		"a customer by phone":                {"/customers", "", `{"phone":"+14155550123","name":"Ada"}`, "customer/", "id"},
		"a customer by both":                 {"/customers", "", `{"phone":"+14155550123","email":"ada@example.com"}`, "customer/", "id"},
		"a customer of checkouts, by e-mail": {"/checkout?type=direct", "", `{"amount":1,"asset_code":"XLM","customer_email":"ada@example.com"}`, "customer/", "customer_id"},
		"a customer of checkouts, by phone":  {"/checkout?type=direct", "", `{"amount":1,"asset_code":"XLM","customer_phone":"+14155550123"}`, "customer/", "customer_id"},
	} {
		t.Run(name, func(t *testing.T) {
			s := deploy(t)
			shop, _ := s.merchant(s.edge())
			if before, after, ok := strings.Cut(c.body, "{product}"); ok {
				c.body = before + shop.post("/product", `{"name":"Sidamo","asset_code":"XLM","price_amount":5}`).text("id") + after
			}
			if c.key != "" {
				shop = shop.with("Idempotency-Key", c.key)
			}
			before := len(s.Store.Keys(c.records))
			edges := s.blindEdges(func(edge *worker.Service) {
				if r := shop.at(edge).do("POST", c.path, c.body); r.status != 500 {
					t.Errorf("%d %s", r.status, r.body)
				}
			})
			made := map[string]bool{}
			for _, r := range s.race(func(i int) reply { return shop.at(edges[i%len(edges)]).do("POST", c.path, c.body) }) {
				if r.status != 200 {
					t.Fatalf("%d %s", r.status, r.body)
				}
				made[r.text(c.field)] = true
			}
			if records := s.Store.Keys(c.records)[before:]; len(made) != 1 || len(records) != 1 {
				t.Errorf("made %v: %q", made, records)
			}
			s.Sleep(2 * time.Minute)
			list := map[string]string{"checkout/": "/checkout", "product/": "/product", "customer/": "/customers"}[c.records]
			for _, edge := range edges {
				listed := 0
				for _, id := range shop.at(edge).list(list + "?limit=100").ids {
					if made[id] {
						listed++
					}
				}
				if listed != 1 {
					t.Errorf("%s shows it %d times", list, listed)
				}
				if r := shop.at(edge).do("POST", c.path, c.body); r.status != 200 || !made[r.text(c.field)] {
					t.Errorf("a retry: %d %s", r.status, r.body)
				}
			}
		})
	}
}

// A key is for one request. No object may get the content of another request.
func TestOneOfRacingRequestsKeepsTheIdempotencyKey(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	shop = shop.with("Idempotency-Key", "order 1042")
	body := func(i int) string { return fmt.Sprintf(`{"amount":%d,"asset_code":"XLM"}`, i+1) }
	edges := s.blindEdges(func(edge *worker.Service) { shop.at(edge).do("POST", "/checkout?type=direct", body(0)) })
	refused := func(r reply) bool { return r.status == 409 && r.text("error.code") == "idempotency_key_reused" }
	answers := s.race(func(i int) reply { return shop.at(edges[i%len(edges)]).do("POST", "/checkout?type=direct", body(i)) })
	made := map[string]int{}
	for i, r := range answers {
		switch {
		case r.status == 200 && r.text("amount") == fmt.Sprint(i+1):
			made[r.text("id")] = i
		case !refused(r):
			t.Errorf("%s: %d %s", body(i), r.status, r.body)
		}
	}
	if records := s.Store.Keys("checkout/"); len(records) != len(made) || len(made) < len(edges) {
		t.Errorf("%d records for %d objects that were made at %d edges", len(records), len(made), len(edges))
	}
	s.Sleep(2 * time.Minute)
	for _, edge := range edges {
		for id, i := range made {
			if r := shop.at(edge).get("/checkout/" + id); r.text("amount") != fmt.Sprint(i+1) {
				t.Errorf("made with %s, read as %s", body(i), r.body)
			}
		}
		owner := -1
		for i := range crowd {
			switch r := shop.at(edge).do("POST", "/checkout?type=direct", body(i)); {
			case r.status == 200 && r.text("id") == answers[i].text("id") && owner < 0:
				owner = i
			case !refused(r):
				t.Errorf("later, %s: %d %s", body(i), r.status, r.body)
			}
		}
		if owner < 0 {
			t.Error("the key belongs to no request")
		}
	}
	if n := len(s.Store.Keys("checkout/")); n != len(made) {
		t.Errorf("retries made %d more", n-len(made))
	}
}

func TestIdempotencyKeyRemembersAnExistingCustomer(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	known := shop.post("/customers", `{"email":"ada@example.com"}`).text("id")
	shop = shop.with("Idempotency-Key", "ada")
	if r := shop.post("/customers", `{"email":"ada@example.com"}`); r.text("id") != known {
		t.Errorf("%s", r.body)
	}
	shop.ok(shop.do("PUT", "/customers/"+known, `{"email":"lovelace@example.com"}`))
	if r := shop.post("/customers", `{"email":"ada@example.com"}`); r.text("id") != known {
		t.Errorf("once she has another address, a retry gives %s", r.body)
	}
	if r := shop.do("POST", "/customers", `{"email":"bob@example.com"}`); r.status != 409 {
		t.Errorf("the key created another customer: %d %s", r.status, r.body)
	}
}

func TestCancellationCanBeRetried(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	cron := s.edge()
	id := shop.post("/checkout?type=direct", `{"amount":1,"asset_code":"XLM"}`).text("id")
	other := shop.post("/checkout?type=direct", `{"amount":1,"asset_code":"XLM"}`).text("id")
	keyed := shop.with("Idempotency-Key", "out of stock")
	if r := keyed.post("/checkout/"+id+"/expire", ""); r.text("status") != "open" {
		t.Errorf("%s", r.body)
	}
	if r := keyed.do("POST", "/checkout/"+other+"/expire", ""); r.status != 409 || r.text("error.code") != "idempotency_key_reused" {
		t.Errorf("another checkout under the same key: %d %s", r.status, r.body)
	}
	for range 6 {
		s.Advance(time.Minute)
		s.sweep(cron)
	}
	if r := keyed.post("/checkout/"+id+"/expire", ""); r.text("status") != "expired" {
		t.Errorf("a retry after the end: %s", r.body)
	}
	if r := shop.do("POST", "/checkout/"+id+"/expire", ""); r.status != 409 || r.text("error.code") != "checkout_not_open" {
		t.Errorf("without the key: %d %s", r.status, r.body)
	}
}

func TestIdempotencyKeysAtTheirLimits(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	for key, status := range map[string]int{"": 400, "k": 200, strings.Repeat("k", 255): 200, strings.Repeat("k", 256): 400, strings.Repeat("ö", 255): 200, " ": 200} {
		r := shop.with("Idempotency-Key", key).do("POST", "/product", `{"name":"Sidamo","asset_code":"XLM","price_amount":5}`)
		if r.status != status || status == 400 && r.text("error.param") != "Idempotency-Key" {
			t.Errorf("%.10q: %d %s", key, r.status, r.body)
		}
	}
	twice := shop.with("Idempotency-Key", "a")
	twice.header.Add("Idempotency-Key", "b")
	body := `{"name":"Harrar","asset_code":"XLM","price_amount":5}`
	if both, joined := twice.post("/product", body), shop.with("Idempotency-Key", "a, b").post("/product", body); both.text("id") != joined.text("id") {
		t.Errorf("a key given twice differs from the two joined: %s, %s", both.body, joined.body)
	}
}
