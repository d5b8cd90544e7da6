package worker_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/watch"
)

// tripCounter counts trips to the store: each call is one, however many keys it has.
type tripCounter struct {
	kv.Store
	trips, read, written, listed int
}

func (c *tripCounter) Get(ctx context.Context, keys ...string) ([][]byte, error) {
	c.trips++
	c.read += len(keys)
	return c.Store.Get(ctx, keys...)
}

func (c *tripCounter) Put(ctx context.Context, entries ...kv.Entry) error {
	c.trips++
	c.written += len(entries)
	return c.Store.Put(ctx, entries...)
}

func (c *tripCounter) Delete(ctx context.Context, keys ...string) error {
	c.trips++
	c.written += len(keys)
	return c.Store.Delete(ctx, keys...)
}

func (c *tripCounter) List(ctx context.Context, prefix, cursor string, limit int) (kv.Page, error) {
	c.trips++
	c.listed++
	return c.Store.List(ctx, prefix, cursor, limit)
}

func (c *tripCounter) Read(ctx context.Context, keys []string, queries []kv.Query) ([][]byte, []kv.Page, error) {
	c.trips++
	c.read += len(keys)
	c.listed += len(queries)
	return kv.Read(ctx, c.Store, keys, queries)
}

// maxTrips is how many trips a request may make one after another.
func maxTrips(route string) int {
	if strings.HasPrefix(route, "GET ") {
		return 2
	}
	return 3
}

// TestTripsOfEachRoute measures the table in docs/performance.md.
func TestTripsOfEachRoute(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	person := s.Person()
	s.Advance(time.Hour)
	merchant := strings.TrimPrefix(s.Store.Keys("merchant/")[0], "merchant/")
	signer := s.tenant(s.edge(), "Signer", s.Merchant())
	product := shop.post("/product", `{"name":"Book","asset_code":"USDC","price_amount":5}`).text("id")
	customer := shop.post("/customers", `{"email":"ada@example.com","phone":"+14155550123"}`).text("id")
	order := `{"amount":5,"asset_code":"USDC"}`
	open := shop.post("/checkout?type=direct", order)
	toCancel := shop.post("/checkout?type=direct", order).text("id")
	toExpire := shop.post("/checkout?type=direct", order).text("id")
	toCancelOnce := shop.post("/checkout?type=direct", order).text("id")
	toDelete := shop.post("/checkout?type=direct", order).text("id")
	paid := shop.post("/checkout?type=direct", order)
	s.Pay(person, addr(paid.text("destination")), "5", s.USDC(), paid.text("memo"))
	s.Advance(time.Minute)
	s.sweep(s.edge())
	payment := shop.list("/payment?checkout_id=" + paid.text("id")).ids[0]
	s.Sleep(time.Minute)
	refund := shop.post("/refunds", refundOf(payment, "")).text("id")
	link := shop.post("/payment_links", fmt.Sprintf(`{"product_id":%q}`, shop.post("/product", `{"name":"Tea","asset_code":"XLM","price_amount":1}`).text("id"))).text("id")
	key := s.operator(s.edge()).post("/merchants/"+merchant+"/keys", `{"livemode":false}`).text("id")
	listener, _ := s.merchant(s.edge()) // the others have no endpoints
	webhook := listener.post("/webhooks", endpoint(hook)).text("id")
	listener.post("/customers", `{"name":"Bob"}`)
	s.Sleep(time.Second)
	s.sweep(s.edge())
	event := listener.list("/events").ids[0]
	s.Sleep(2 * time.Minute)

	young := shop.post("/checkout?type=direct", order).text("id")

	keyed := func(key string) func(client) client {
		return func(c client) client { return c.with("Idempotency-Key", key) }
	}
	cases := []struct {
		route, when  string
		method, path string
		body         string
		as           func(client) client
	}{
		{route: "POST /checkout", path: "/checkout?type=direct", body: order},
		{route: "POST /checkout", when: "with an Idempotency-Key", path: "/checkout?type=direct", body: order, as: keyed("order")},
		{route: "POST /checkout", when: "the same again", path: "/checkout?type=direct", body: order, as: keyed("order")},
		{route: "POST /checkout", when: "of a product, for a new customer, with an Idempotency-Key", path: "/checkout?type=product",
			body: fmt.Sprintf(`{"product_id":%q,"customer_email":"new@example.com"}`, product), as: keyed("product")},
		{route: "GET /checkout"},
		{route: "GET /checkout/{id}", when: "open", path: "/checkout/" + open.text("id")},
		{route: "GET /checkout/{id}", when: "completed", path: "/checkout/" + paid.text("id")},
		{route: "POST /checkout/{id}/expire", path: "/checkout/" + toCancel + "/expire"},
		{route: "POST /checkout/{id}/expire", when: "with an Idempotency-Key", path: "/checkout/" + toCancelOnce + "/expire", as: keyed("cancel")},
		{route: "PUT /checkout/{id}", path: "/checkout/" + toDelete, body: `{"metadata":{"a":"b"}}`},
		{route: "DELETE /checkout/{id}", path: "/checkout/" + toDelete},
		{route: "POST /product", body: `{"name":"Pen","asset_code":"XLM","price_amount":1}`},
		{route: "GET /product"},
		{route: "GET /product/{id}", path: "/product/" + product},
		{route: "PUT /product/{id}", path: "/product/" + product, body: `{"name":"Large book"}`},
		{route: "DELETE /product/{id}", path: "/product/" + product},
		{route: "POST /customers", body: `{"email":"grace@example.com"}`},
		{route: "GET /customers"},
		{route: "GET /customers", when: "by email", path: "/customers?email=ada@example.com"},
		{route: "GET /customers/{id}", path: "/customers/" + customer},
		{route: "PUT /customers/{id}", when: "with a new address", path: "/customers/" + customer, body: `{"phone":"+14155550199"}`},
		{route: "DELETE /customers/{id}", path: "/customers/" + customer},
		{route: "GET /payment", when: "of a checkout", path: "/payment?checkout_id=" + paid.text("id")},
		{route: "GET /payment", when: "unmatched", path: "/payment?unmatched=true"},
		{route: "GET /payment/{id}", path: "/payment/" + payment},
		{route: "POST /refunds", when: "with an Idempotency-Key", body: refundOf(payment, `,"amount":1`), as: keyed("refund")},
		{route: "POST /refunds", when: "asked for before", body: refundOf(payment, "")},
		{route: "GET /refunds"},
		{route: "GET /refunds", when: "of a payment", path: "/refunds?payment_id=" + payment},
		{route: "GET /refunds/{id}", when: "pending", path: "/refunds/" + refund},
		{route: "POST /payment_links", when: "with an Idempotency-Key", body: `{"asset_code":"XLM"}`, as: keyed("link")},
		{route: "GET /payment_links"},
		{route: "GET /payment_links/{id}", path: "/payment_links/" + link},
		{route: "PUT /payment_links/{id}", path: "/payment_links/" + link, body: `{"description":"Tea"}`},
		{route: "GET /buy/{id}", path: "/buy/" + link},
		{route: "POST /buy/{id}", path: "/buy/" + link},
		{route: "GET /buy/{id}/qr.svg", path: "/buy/" + link + "/qr.svg"},
		{route: "POST /webhooks", body: aWebhook},
		{route: "POST /webhooks", when: "with an Idempotency-Key", body: aWebhook, as: keyed("webhook")},
		{route: "GET /webhooks"},
		{route: "GET /webhooks/{id}", path: "/webhooks/" + webhook},
		{route: "PUT /webhooks/{id}", path: "/webhooks/" + webhook, body: `{"events":["*"]}`},
		{route: "POST /webhooks/{id}/rotate", path: "/webhooks/" + webhook + "/rotate", as: keyed("rotation")},
		{route: "GET /webhooks/{id}/deliveries", path: "/webhooks/" + webhook + "/deliveries"},
		{route: "POST /webhooks/{id}/resend", path: "/webhooks/" + webhook + "/resend", body: fmt.Sprintf(`{"since":%q}`, s.Now().Add(-time.Hour).Format(time.RFC3339))},
		{route: "GET /events"},
		{route: "GET /events/{id}", path: "/events/" + event},
		{route: "POST /events/{id}/resend", path: "/events/" + event + "/resend"},
		{route: "DELETE /webhooks/{id}", path: "/webhooks/" + webhook},
		{route: "POST /merchants", body: `{"name":"Shop"}`},
		{route: "GET /merchants/{id}", path: "/merchants/" + merchant},
		{route: "PUT /merchants/{id}", path: "/merchants/" + merchant, body: `{"name":"Shop"}`},
		{route: "POST /merchants/{id}/reconcile", path: "/merchants/" + merchant + "/reconcile", body: fmt.Sprintf(`{"since":%q}`, s.Now().Add(-time.Hour).Format(time.RFC3339))},
		{route: "POST /merchants/{id}/keys", path: "/merchants/" + merchant + "/keys", body: `{"livemode":false}`, as: keyed("key")},
		{route: "POST /merchants/{id}/checkouts/{checkout_id}/expire", path: "/merchants/" + merchant + "/checkouts/" + toExpire + "/expire"},
		{route: "GET /merchants/{id}/keys", path: "/merchants/" + merchant + "/keys"},
		{route: "DELETE /merchants/{id}/keys/{key_id}", path: "/merchants/" + merchant + "/keys/" + key},
		{route: "DELETE /merchants/{id}/keys", when: "one of them", path: "/merchants/" + merchant + "/keys?created_since=" + s.Now().Add(-time.Hour).Format(time.RFC3339)},
		{route: "GET /pay/{id}", when: "open", path: "/pay/" + open.text("id")},
		{route: "GET /pay/{id}", when: "completed", path: "/pay/" + paid.text("id")},
		{route: "GET /pay/{id}/check", path: "/pay/" + open.text("id") + "/check"},
		{route: "GET /pay/{id}/receipt", path: "/pay/" + paid.text("id") + "/receipt"},
		{route: "GET /pay/{id}/status", when: "open", path: "/pay/" + open.text("id") + "/status"},
		{route: "GET /pay/{id}/status", when: "open, asked again", path: "/pay/" + open.text("id") + "/status"},
		{route: "POST /pay/{id}/transaction", path: "/pay/" + open.text("id") + "/transaction", body: fmt.Sprintf(`{"account":%q}`, person.Address())},
		{route: "POST /pay/{id}/quotes", path: "/pay/" + open.text("id") + "/quotes", body: fmt.Sprintf(`{"account":%q}`, person.Address())},
		{route: "POST /pay/{id}/hint", path: "/pay/" + open.text("id") + "/hint", body: `{"hash":"` + strings.Repeat("0", 64) + `"}`},
		{route: "GET /auth", path: "/auth?account=" + signer.keys.Address()},
		{route: "POST /auth", body: s.signedIn(s.edge(), signer)},
		{route: "GET /health"},
		{route: "GET /health/details"},
		{route: "GET /.well-known/stellar.toml"},
	}
	table := "| route | | trips | keys read | keys written | lists |\n|---|---|--:|--:|--:|--:|\n"
	var measured []string
	for _, c := range cases {
		method, path, _ := strings.Cut(c.route, " ")
		if c.path == "" {
			c.path = path
		}
		platform := s.platform()
		counter := &tripCounter{Store: platform.Store}
		platform.Store = counter
		edge := worker.New(s.config(), platform)
		as := shop.at(edge)
		if strings.HasPrefix(path, "/webhooks") || strings.HasPrefix(path, "/events") {
			as = listener.at(edge)
		}
		if strings.HasPrefix(path, "/merchants") || path == "/health/details" {
			as = s.operator(edge)
		}
		if strings.HasPrefix(path, "/buy/") {
			as = client{t, edge, http.Header{}}
		}
		if strings.HasPrefix(path, "/pay/") {
			as = client{t, edge, http.Header{}}
			as.get("/pay/" + young) // the isolate knows from now on whether the merchant is suspended
			if strings.HasSuffix(c.when, "asked again") {
				as.get(c.path)
				s.Sleep(watch.LookWindow)
			}
		}
		if as.header.Get("X-Api-Key") != "" {
			as.get("/product/prod_0") // the isolate has the key in its cache from now on
		}
		if c.as != nil {
			as = c.as(as)
		}
		*counter = tripCounter{Store: counter.Store}
		if r := as.do(method, c.path, c.body); r.status != http.StatusSeeOther {
			as.ok(r)
		}
		if most := maxTrips(c.route); counter.trips > most {
			t.Errorf("%s %s: %d trips, want at most %d", c.route, c.when, counter.trips, most)
		}
		table += fmt.Sprintf("| `%s` | %s | %d | %d | %d | %d |\n", c.route, c.when, counter.trips, counter.read, counter.written, counter.listed)
		measured = append(measured, c.route)
	}
	for _, op := range worker.Operations() {
		if op.Function != "" && !slices.Contains(measured, op.Pattern) {
			t.Errorf("%s is not measured", op.Pattern)
		}
	}
	doc, err := os.ReadFile("../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(doc), "<!-- trips -->\n")
	written, _, _ := strings.Cut(rest, "<!-- end -->")
	if diff := cmp.Diff(written, table); diff != "" {
		t.Errorf("docs/performance.md (-written +measured):\n%s\n%s", diff, table)
	}
}
