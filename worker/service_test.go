package worker_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"edgecheckout/sandbox/ledger"
	"edgecheckout/worker"
	"edgecheckout/worker/kv/kvtest"
	"edgecheckout/worker/openapi/openapitest"
	"edgecheckout/worker/watch/watchtest"
)

const adminToken = "the-operators-own-token"

// site is a deployment: a world and the data centres that serve it.
type site struct {
	*watchtest.World
	t   testing.TB
	log *lockedBuffer
	// purges records what Cloudflare's cache was told to purge.
	purges *purges
	// receivers are the merchants' endpoints.
	receivers *receivers
	// queue is the deployment's queue; nil if it has none.
	queue *queue
	// documents are what other hosts answer with; nil if the deployment does not ask them.
	documents documents
}

// purges is a cache that keeps nothing but the purges, a line for each call.
type purges struct {
	mu    sync.Mutex
	calls []string
}

func (p *purges) Purge(_ context.Context, tags ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, strings.Join(tags, " "))
}

// take returns the calls since the last take.
func (p *purges) take() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	calls := p.calls
	p.calls = nil
	return calls
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func deploy(t testing.TB) *site {
	return &site{World: watchtest.New(t), t: t, log: &lockedBuffer{}, purges: &purges{}, receivers: &receivers{}}
}

func (s *site) settings() map[string]string {
	return map[string]string{
		"BASE_URL": "https://pay.example", "ADMIN_TOKEN": adminToken, "MEMO_KEYS": strings.Repeat("0123456789fedc5a", 4),
		"TEST_NETWORK_NAME": "Test network", "TEST_PASSPHRASE": ledger.Passphrase, "TEST_HORIZON_URLS": "https://horizon.example",
		"TEST_ASSETS": s.USDC().String(),
	}
}

// edge returns the service in another data centre, freshly started; more are alternating names and
// values of settings.
func (s *site) edge(more ...string) *worker.Service {
	s.t.Helper()
	return worker.New(s.config(more...), s.platform())
}

func (s *site) config(more ...string) worker.Config {
	s.t.Helper()
	settings := s.settings()
	for i := 0; i < len(more); i += 2 {
		settings[more[i]] = more[i+1]
	}
	config, err := worker.ParseConfig(func(name string) string { return settings[name] })
	if err != nil {
		s.t.Fatal(err)
	}
	return config
}

// platform is the platform of one instance.
func (s *site) platform() worker.Platform {
	p := worker.Platform{
		Store: s.Store.Edge(), Horizon: s.World, Recent: watchtest.NewRecent(s.Now), Cache: s.purges, Sender: s.receivers, Now: s.Now, Entropy: rand.Reader,
		Log: s.log,
	}
	if s.queue != nil {
		p.Queue = s.queue
	}
	if s.documents != nil {
		p.Documents = s.documents
	}
	return p
}

// client calls the service in one data centre with some credentials.
type client struct {
	t       testing.TB
	handler http.Handler
	header  http.Header
}

func (s *site) operator(edge http.Handler) client {
	return client{s.t, edge, http.Header{"Authorization": {"Bearer " + adminToken}}}
}

// merchant creates a merchant with a test key.
func (s *site) merchant(edge http.Handler) (client, reply) {
	s.t.Helper()
	m := s.operator(edge).post("/merchants", fmt.Sprintf(`{"name":"Corner Shop","account_test":%q}`, s.Merchant().Address()))
	key := s.operator(edge).post("/merchants/"+m.text("id")+"/keys", `{"livemode":false}`)
	return client{s.t, edge, http.Header{"X-Api-Key": {key.text("secret")}}}, key
}

func (c client) with(name, value string) client {
	c.header = c.header.Clone()
	c.header.Set(name, value)
	return c
}

func (c client) at(edge http.Handler) client {
	c.handler = edge
	return c
}

type reply struct {
	t      testing.TB
	status int
	header http.Header
	body   string
	fields map[string]any
}

func (c client) do(method, path, body string) reply {
	c.t.Helper()
	request := httptest.NewRequest(method, "https://pay.example"+path, strings.NewReader(body))
	request.Header = c.header.Clone()
	if body != "" && request.Header.Get("Content-Type") == "" {
		request.Header.Set("Content-Type", "application/json")
	}
	recorder := httptest.NewRecorder()
	c.handler.ServeHTTP(recorder, request)
	r := reply{t: c.t, status: recorder.Code, header: recorder.Header(), body: recorder.Body.String()}
	if err := contract.Check(openapitest.Exchange{
		Method: method, URL: request.URL.String(), Header: request.Header, Body: []byte(body),
		Status: r.status, AnswerHeader: r.header, Answer: []byte(r.body),
	}); err != nil {
		c.t.Errorf("%v\nsent: %.2000s\ngot: %.2000s", err, body, r.body)
	}
	if strings.HasPrefix(r.header.Get("Content-Type"), "application/json") && !strings.HasPrefix(r.body, "[") {
		decoder := json.NewDecoder(strings.NewReader(r.body))
		decoder.UseNumber()
		if err := decoder.Decode(&r.fields); err != nil {
			c.t.Fatalf("%s %s: %v in %s", method, path, err, r.body)
		}
	}
	return r
}

func (c client) get(path string) reply        { c.t.Helper(); return c.do("GET", path, "") }
func (c client) post(path, body string) reply { c.t.Helper(); return c.ok(c.do("POST", path, body)) }

func (c client) ok(r reply) reply {
	c.t.Helper()
	if r.status != 200 {
		c.t.Fatalf("status %d: %s", r.status, r.body)
	}
	return r
}

// text returns a field by its path, such as "error.code".
func (r reply) text(path string) string {
	r.t.Helper()
	var v any = r.fields
	for name := range strings.SplitSeq(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			r.t.Fatalf("no %s in %s", path, r.body)
		}
		v = m[name]
	}
	if v == nil {
		return "null"
	}
	return fmt.Sprint(v)
}

func (s *site) sweep(edge *worker.Service) {
	s.t.Helper()
	if err := edge.Sweep(context.Background(), ""); err != nil {
		s.t.Fatal(err)
	}
}

func TestCheckoutFromCreationToPayment(t *testing.T) {
	s := deploy(t)
	here, cron := s.edge(), s.edge()
	shop, _ := s.merchant(here)
	created := shop.post("/checkout?type=direct", `{"amount":50,"asset_code":"USDC","redirect_url":"https://shop.example/done?c={CHECKOUT_ID}",
		"metadata":{"order":"1001"},"customer_email":"Ada@Example.com"}`)
	id := created.text("id")
	s.Pay(s.Person(), addr(created.text("destination")), "50", s.USDC(), created.text("memo"))
	s.Advance(time.Minute)
	s.sweep(cron)
	got := shop.get("/checkout/" + id)

	payments := got.fields["payments"].([]any)
	if len(payments) != 1 {
		t.Fatalf("payments: %s", got.body)
	}
	payment := payments[0].(map[string]any)
	want := fmt.Sprintf(`{"id":%q,"object":"checkout","customer_id":%q,"product_id":null,"amount":50,"amount_decimal":"50","asset_code":"USDC","asset_issuer":%q,`+
		`"status":"completed","exception":null,"amount_received":50,"amount_received_decimal":"50","payments":[{"id":%q,"amount":50,"amount_decimal":"50","asset_code":"USDC","asset_issuer":%q,`+
		`"from":%q,"transaction_hash":%q,"ledger":%v,"created_at":%q,"counted":true,"reason":null}],"refunds":[],`+
		`"payment_url":"https://pay.example/pay/%s","payment_uri":%q,"destination":%q,"memo":%q,"memo_type":"text","destination_muxed":%q,"locale":null,`+
		`"redirect_url":"https://shop.example/done?c={CHECKOUT_ID}","cancel_url":null,"description":null,"metadata":{"order":"1001"},"livemode":false,"environment":"testnet",`+
		`"expires_at":%q,"created_at":%q,"updated_at":%q,"completed_at":%q}`+"\n",
		id, created.text("customer_id"), s.USDC().Issuer, payment["id"], s.USDC().Issuer, payment["from"], payment["transaction_hash"],
		payment["ledger"], payment["created_at"], id,
		"web+stellar:pay?destination="+created.text("destination")+"&amount=50&asset_code=USDC&asset_issuer="+string(s.USDC().Issuer)+
			"&memo="+created.text("memo")+"&memo_type=MEMO_TEXT&network_passphrase=Edge%20Checkout%20Sandbox%20%3B%20November%202026",
		created.text("destination"), created.text("memo"), created.text("destination_muxed"),
		"2026-11-23"+created.text("created_at")[10:], created.text("created_at"), payment["created_at"], payment["created_at"])
	if got.body != want {
		t.Errorf("got  %swant %s", got.body, want)
	}
	if !strings.HasPrefix(payment["id"].(string), "pay_") || payment["transaction_hash"] == "" {
		t.Errorf("payment %v", payment)
	}

	status := client{t, here, nil}.get("/pay/" + id + "/status")
	wantStatus := fmt.Sprintf(`{"status":"completed","exception":null,"amount_received":50,"amount_received_decimal":"50","amount_due":0,"amount_due_decimal":"0","seconds_left":0,"redirect_url":"https://shop.example/done?c=%s",`+
		`"phase":"paid","cancelled":false,"received_other":[],"ledger_read_at":null,"behind":false}`+"\n", id)
	if status.body != wantStatus {
		t.Errorf("status %s", status.body)
	}
}

func TestCreatingACheckoutKeepsItsLimitOfWrites(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	shop.post("/checkout?type=direct", `{"amount":1,"asset_code":"XLM","customer_phone":"+14155550123"}`)
	for name, c := range map[string]struct {
		client client
		body   string
		writes int
	}{
		"plain":            {shop, `{"amount":1,"asset_code":"XLM"}`, 4},
		"known customer":   {shop, `{"amount":1,"asset_code":"XLM","customer_phone":"+1 (415) 555-0123"}`, 4},
		"idempotent":       {shop.with("Idempotency-Key", "k1"), `{"amount":1,"asset_code":"XLM"}`, 5},
		"idempotent again": {shop.with("Idempotency-Key", "k1"), `{"amount":1,"asset_code":"XLM"}`, 0},
	} {
		if name == "idempotent again" {
			c.client.post("/checkout?type=direct", c.body)
		}
		before := s.Store.Counts().Writes
		c.client.post("/checkout?type=direct", c.body)
		if got := s.Store.Counts().Writes - before; got > c.writes {
			t.Errorf("%s: %d writes, want at most %d", name, got, c.writes)
		}
	}
}

func TestFinishingACheckoutKeepsItsLimitOfWrites(t *testing.T) {
	s := deploy(t)
	here, cron := s.edge(), s.edge()
	shop, _ := s.merchant(here)
	person := s.Person()
	s.Advance(time.Hour)
	shop.post("/checkout?type=direct", `{"amount":1,"asset_code":"XLM","expires_in":300}`)
	s.Advance(time.Minute)
	s.sweep(cron) // writes the network's first cursor
	for parts, most := range map[int]int{1: 3, 2: 4} {
		c := shop.post("/checkout?type=direct", `{"amount":10,"asset_code":"USDC"}`)
		before := s.Store.Counts()
		for range parts {
			s.Pay(person, addr(c.text("destination")), fmt.Sprint(10/parts), s.USDC(), c.text("memo"))
			s.Advance(time.Minute)
			s.sweep(cron)
		}
		after := s.Store.Counts()
		if used := after.Writes + after.Deletes - before.Writes - before.Deletes; used > most {
			t.Errorf("paid in %d parts: %d writes and deletions", parts, used)
		}
		if got := shop.get("/checkout/" + c.text("id")).text("status"); got != "completed" {
			t.Errorf("status %s", got)
		}
	}
}

func TestIdempotentCreatesConvergeInStaleDataCentres(t *testing.T) {
	s := deploy(t)
	first := s.edge()
	shop, _ := s.merchant(first)
	s.Sleep(2 * time.Minute) // visible everywhere
	edges := []*worker.Service{first, s.edge(), s.edge(), s.edge()}
	const body = `{"amount":7,"asset_code":"XLM","customer_email":"new@example.com"}`
	ids, customers := map[string]int{}, map[string]int{}
	var mu sync.Mutex
	var wait sync.WaitGroup
	for i := range 32 {
		wait.Go(func() {
			r := shop.at(edges[i%len(edges)]).with("Idempotency-Key", "order 1001").do("POST", "/checkout?type=direct", body)
			mu.Lock()
			defer mu.Unlock()
			if r.status != 200 {
				t.Errorf("%d %s", r.status, r.body)
				return
			}
			ids[r.text("id")]++
			customers[r.text("customer_id")]++
		})
	}
	wait.Wait()
	if len(ids) != 1 || len(customers) != 1 {
		t.Errorf("checkouts %v, customers %v", ids, customers)
	}
	s.Sleep(20 * time.Hour)
	late := shop.at(edges[1]).with("Idempotency-Key", "order 1001").post("/checkout?type=direct", body)
	if ids[late.text("id")] == 0 {
		t.Errorf("a retry on the next day made %s", late.text("id"))
	}
	other := shop.at(edges[1]).with("Idempotency-Key", "order 1001").do("POST", "/checkout?type=direct", `{"amount":8,"asset_code":"XLM"}`)
	if other.status != 409 || other.text("error.code") != "idempotency_key_reused" {
		t.Errorf("another body: %d %s", other.status, other.body)
	}
}

func TestMerchantsDoNotSeeEachOther(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	mine, _ := s.merchant(here)
	theirs, _ := s.merchant(here)
	product := mine.post("/product", `{"name":"Tea","asset_code":"XLM","price_amount":"2.5"}`)
	customer := mine.post("/customers", `{"email":"ada@example.com"}`)
	c := mine.post("/checkout?type=product", fmt.Sprintf(`{"product_id":%q,"customer_id":%q}`, product.text("id"), customer.text("id")))
	for _, path := range []string{"/product/" + product.text("id"), "/customers/" + customer.text("id"), "/checkout/" + c.text("id")} {
		if got := mine.get(path); got.status != 200 {
			t.Errorf("%s is hidden from its owner: %s", path, got.body)
		}
		unknown := path[:len(path)-1] + string(path[len(path)-1]^1)
		got, never := theirs.get(path), theirs.get(unknown)
		if got.status != 404 || never.status != 404 || got.text("error.code") != never.text("error.code") {
			t.Errorf("%s: %d %s; an unknown one: %d %s", path, got.status, got.body, never.status, never.body)
		}
	}
	for _, list := range []string{"/product", "/customers"} {
		if got := theirs.get(list); got.status != 200 || len(got.fields["data"].([]any)) != 0 {
			t.Errorf("%s shows %s", list, got.body)
		}
		if got := mine.get(list); len(got.fields["data"].([]any)) != 1 {
			t.Errorf("%s shows its owner %s", list, got.body)
		}
	}
	if r := theirs.do("POST", "/checkout?type=product", fmt.Sprintf(`{"product_id":%q}`, product.text("id"))); r.status != 400 || r.text("error.param") != "product_id" {
		t.Errorf("selling another's product: %d %s", r.status, r.body)
	}
}

func TestArchivedProductIsNotSold(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	product := shop.post("/product", `{"name":"Tea","asset_code":"XLM","price_amount":2}`)
	body := fmt.Sprintf(`{"product_id":%q}`, product.text("id"))
	sold := shop.post("/checkout?type=product", body)
	if r := shop.do("DELETE", "/product/"+product.text("id"), ""); r.status != 200 || r.text("status") != "archived" {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if r := shop.do("POST", "/checkout?type=product", body); r.status != 400 || r.text("error.code") != "product_archived" {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := shop.get("/checkout/" + sold.text("id")); r.text("status") != "open" || r.text("amount") != "2" {
		t.Errorf("the checkout made before: %s", r.body)
	}
}

// In each data centre the key is asked for just before it is revoked, and once more some seconds
// later: what KV still remembers then, the instance remembers, too.
func TestRevokedKeyStopsWorkingWithinAMinute(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, key := s.merchant(here)
	s.Sleep(2 * time.Minute)
	edges := []http.Handler{here}
	for range 59 {
		edges = append(edges, s.edge())
	}
	for _, edge := range edges {
		if r := shop.at(edge).get("/product"); r.status != 200 {
			t.Fatalf("a good key: %d %s", r.status, r.body)
		}
	}
	s.Sleep(time.Millisecond)
	merchants := s.Store.Keys("merchant/")
	path := "/merchants/" + strings.TrimPrefix(merchants[0], "merchant/") + "/keys/" + key.text("id")
	if r := s.operator(here).do("DELETE", path, ""); r.status != 200 {
		t.Fatal(r.body)
	}
	for _, edge := range edges {
		shop.at(edge).get("/product")
		s.Sleep(time.Second)
	}
	for second, edge := range edges {
		if r := shop.at(edge).get("/product"); r.status != 401 || r.text("error.code") != "api_key_invalid" {
			t.Errorf("a revoked key, used %d s later and after a minute: %d %s", second, r.status, r.body)
		}
	}
	if r := s.operator(here).do("DELETE", path, ""); r.status != 404 {
		t.Errorf("revoked a second time: %d %s", r.status, r.body)
	}
	s.Sleep(25 * time.Hour)
	if keys := append(s.Store.Keys("apikey/"), s.Store.Keys("merchant-key/")...); len(keys) != 0 {
		t.Errorf("left behind: %v", keys)
	}
}

// TestARevocationThatFailedHalfWayIsRepeated has the store take one half of it.
func TestARevocationThatFailedHalfWayIsRepeated(t *testing.T) {
	for _, half := range []string{"apikey/", "merchant-key/"} {
		for _, all := range []bool{false, true} {
			s := deploy(t)
			shop, key := s.merchant(s.edge())
			path := "/merchants/" + strings.TrimPrefix(s.Store.Keys("merchant/")[0], "merchant/") + "/keys"
			if !all {
				path += "/" + key.text("id")
			}
			s.Store.SetFault(func(op, name string) kvtest.Fault {
				if op == "put" && strings.HasPrefix(name, half) {
					return kvtest.FaultBefore
				}
				return kvtest.FaultNone
			})
			if r := s.operator(s.edge()).do("DELETE", path, ""); r.status < 500 {
				t.Errorf("%s cannot be written: %d %s", half, r.status, r.body)
			}
			s.Store.SetFault(nil)
			s.operator(s.edge()).do("DELETE", path, "")
			if r := shop.at(s.edge()).get("/product"); r.status != 401 {
				t.Errorf("%s could not be written at first; afterwards: %d %s", half, r.status, r.body)
			}
		}
	}
}

func TestSecretsAreStoredOnlyAsHashes(t *testing.T) {
	s := deploy(t)
	_, key := s.merchant(s.edge())
	secret := key.text("secret")
	for _, k := range s.Store.Keys("") {
		values, err := s.Store.Edge().Get(context.Background(), k)
		if err != nil || strings.Contains(k, secret) || bytes.Contains(values[0], []byte(secret[len("sk_test_"):])) {
			t.Errorf("%s holds the secret, or cannot be read: %v", k, err)
		}
	}
	if strings.Contains(s.log.String(), secret) {
		t.Error("the log holds the secret")
	}
}

func TestInternalErrorIsLoggedAndDisclosesNothing(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	id := shop.do("POST", "/checkout?type=direct", `{"amount":1,"asset_code":"XLM"}`).text("id")
	s.Store.SetFault(failing("put"))
	r := shop.do("POST", "/checkout?type=direct", `{"amount":1,"asset_code":"XLM"}`)
	if r.status != 500 || r.text("error.type") != "api_error" || strings.Contains(r.body, "kv:") {
		t.Errorf("%d %s", r.status, r.body)
	}
	if id := r.text("error.request_id"); id != r.header.Get("Request-Id") || !strings.Contains(s.log.String(), id) {
		t.Errorf("request %s is not in the log: %s", id, s.log)
	}
	s.Store.SetFault(failing("get"))
	page := client{t, here, nil}.get("/pay/" + id)
	if page.status != 500 || !strings.Contains(page.header.Get("Content-Type"), "text/html") || strings.Contains(page.body, "kv:") {
		t.Errorf("%d %s", page.status, page.body)
	}
}

func TestPageIsTheSameForAllAndShowsNothingPrivate(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	c := shop.post("/checkout?type=direct", `{"amount":50,"asset_code":"USDC","customer_email":"ada@example.com","metadata":{"secret":"order-9"},"description":"Two teas"}`)
	path := "/pay/" + c.text("id")
	page := client{t, here, nil}.get(path)
	again := client{t, here, http.Header{"User-Agent": {"x"}, "Accept-Language": {"en-GB"}, "Cookie": {"a=b"}}}.get(path)
	if page.status != 200 || page.body != again.body {
		t.Errorf("two visitors see different bytes: %d", page.status)
	}
	german := client{t, here, http.Header{"Accept-Language": {"de"}}}.get(path)
	if german.status != http.StatusFound || german.header.Get("Location") != path+"?lang=de" {
		t.Errorf("another language has the address %q: %d", german.header.Get("Location"), german.status)
	}
	for _, private := range []string{"ada@example.com", "order-9", c.text("customer_id"), "sk_test", "mer_"} {
		if strings.Contains(page.body, private) {
			t.Errorf("the page shows %s", private)
		}
	}
	for name, want := range map[string]string{
		"Cache-Control": "no-cache", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
	} {
		if got := page.header.Get(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if policy := page.header.Get("Content-Security-Policy"); strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("policy %s", policy)
	}
}

// If an open page is requested half a minute or more after its checkout was created, it must show
// what the ledger says now.
func TestPageOfACheckoutPaidElsewhereAsksForNoMoney(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	person := s.Person()
	c := shop.post("/checkout?type=direct", `{"amount":50,"asset_code":"USDC"}`)
	s.Pay(person, addr(c.text("destination")), "50", s.USDC(), c.text("memo"))
	s.Advance(time.Minute)
	page := client{t, s.edge(), nil}.get("/pay/" + c.text("id"))
	if strings.Contains(page.body, "web+stellar:pay") || page.header.Get("Cache-Control") != "max-age=60" {
		t.Errorf("%s, and the page still asks to pay", page.header.Get("Cache-Control"))
	}
}

func TestUnknownPages(t *testing.T) {
	s := deploy(t)
	for _, path := range []string{"/pay/chk_01hzzzzzzzzzzzzzzzzzzzzzzz", "/pay/x", "/pay/" + strings.Repeat("a", 3000)} {
		r := client{t, s.edge(), nil}.get(path)
		if r.status != 404 || r.header.Get("Cache-Control") != "no-cache" || !strings.Contains(r.header.Get("Content-Type"), "html") {
			t.Errorf("%.40s: %d %v", path, r.status, r.header)
		}
	}
}

// Arbitrary bytes are sent to the largest parser: the response is complete and never a 500, and
// what is accepted can be read back.
func FuzzCreateCheckout(f *testing.F) {
	for _, body := range []string{
		`{"amount":50,"asset_code":"XLM"}`, `{"amount":"0.0000001","asset_code":"USDC","metadata":{"a":"b"},"expires_in":300}`, `{}`, `[]`, `null`, ``,
		`{"amount":1e3}`, `{"amount":-0}`, `{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":1}}}}}}}}`, `{"amount":1,"amount":2}`, `{"description":"\ud800"}`,
		`{"amount":5,"asset_code":"XLM","redirect_url":"https://a.example/{CHECKOUT_ID}","customer_email":"a@b.example","description":"\u202e\ud83d\ude00"}`,
	} {
		f.Add([]byte(body))
	}
	s := deploy(f)
	here := s.edge()
	shop, _ := s.merchant(here)
	shop.t = f
	f.Fuzz(func(t *testing.T, body []byte) {
		shop := shop
		shop.t = t
		r := shop.with("Content-Type", "application/json").do("POST", "/checkout?type=direct", string(body))
		switch r.status {
		case 200:
			if again := shop.get("/checkout/" + r.text("id")); again.body != r.body {
				t.Errorf("created %s\nread %s", r.body, again.body)
			}
		case 400, 413:
			if r.text("error.message") == "" || r.text("error.code") == "" {
				t.Errorf("%d %s", r.status, r.body)
			}
		default:
			t.Errorf("%d %s", r.status, r.body)
		}
	})
}

func TestConfigNamesWhatIsWrong(t *testing.T) {
	s := deploy(t)
	for name, value := range map[string]string{
		"BASE_URL": "pay.example", "ADMIN_TOKEN": adminToken + ",short", "MEMO_KEYS": "00", "EXPIRES_IN_MIN": "soon", "SWEEP_ACCOUNTS": "17", "SWEEP_PAGES": "0", "SWEEP_STAY": "-1", "TEST_HORIZON_URLS": "ftp://x",
		"TEST_ASSETS": "USDC", "TEST_PASSPHRASE": "", "TEST_WALLET_URL": "localhost:8000", "TEST_EXPLORER_URL": "https://explorer.example/tx/",
		"ORG_NAME": "two\nlines", "ORG_URL": "http://corner.example", "ORG_SUPPORT_EMAIL": "corner.example",
		"WALLETCONNECT_PROJECT_ID": "0123456789abcdef0123456789abcdeg",
	} {
		settings := s.settings()
		settings[name] = value
		_, err := worker.ParseConfig(func(name string) string { return settings[name] })
		if err == nil || !strings.Contains(err.Error(), "setting "+name) || strings.Contains(err.Error(), adminToken) || strings.Contains(err.Error(), ",short") {
			t.Errorf("%s=%q: %v", name, value, err)
		}
	}
}

func TestHealthReportsWhetherHorizonCanBeRead(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	up := client{t, here, nil}.get("/health")
	if up.text("status") != "ok" || up.text("networks.test.horizon") != "reachable" || up.text("networks.test.network") != "Test network" ||
		up.text("networks.test.latest_ledger") == "null" {
		t.Errorf("%s", up.body)
	}
	s.Fault = down
	s.Sleep(5 * time.Second)
	if known := (client{t, here, nil}).get("/health"); known.text("networks.test.horizon") != "reachable" {
		t.Errorf("Horizon was asked again after five seconds: %s", known.body)
	}
	s.Sleep(30 * time.Second)
	gone := client{t, here, nil}.get("/health")
	if gone.status != 200 || gone.text("networks.test.horizon") != "unreachable" || gone.text("networks.test.closed_at") != "null" {
		t.Errorf("%d %s", gone.status, gone.body)
	}
}
