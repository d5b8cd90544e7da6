package worker_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"edgecheckout/sandbox/ledger"
	"edgecheckout/worker"
	"edgecheckout/worker/web"
)

// stocked is a merchant with one of everything that the console shows.
type stocked struct {
	tenant
	ids     map[string]string // of its objects, by the part of the path before {id}
	secrets []string          // what nobody else may see
}

func (s *site) stocked(edge *worker.Service, name string) stocked {
	s.t.Helper()
	shop := stocked{tenant: s.tenant(edge, name, s.Merchant()), ids: map[string]string{}}
	order := shop.post("/checkout?type=direct", fmt.Sprintf(`{"amount":7,"asset_code":"XLM","description":"%s order","customer_email":"%s@example.com"}`, name, strings.ToLower(name)))
	webhook := shop.post("/webhooks", aWebhook)
	product := shop.post("/product", fmt.Sprintf(`{"name":"%s product","asset_code":"XLM","price_amount":3}`, name))
	customer := shop.post("/customers", fmt.Sprintf(`{"name":"%s customer","email":"other-%s@example.com"}`, name, strings.ToLower(name)))
	_ = edge.Sweep(context.Background(), "") // it sends the event
	link := shop.post("/payment_links", fmt.Sprintf(`{"amount":2,"asset_code":"XLM","description":"%s link"}`, name))
	keys := s.operator(edge).get("/merchants/" + shop.id + "/keys").fields["data"].([]any)
	shop.ids = map[string]string{
		"checkouts": order.text("id"), "endpoints": webhook.text("id"), "events": shop.list("/events").ids[0],
		"keys": keys[0].(map[string]any)["id"].(string), "products": product.text("id"), "customers": customer.text("id"), "links": link.text("id"), "inbox": s.stray(edge, shop.tenant),
	}
	shop.ids["payments"] = shop.ids["inbox"]
	shop.ids["refunds"] = shop.post("/refunds", fmt.Sprintf(`{"payment_id":%q,"reason":"%s reason"}`, shop.ids["payments"], name)).text("id")
	shop.secrets = []string{name + " order", name + " product", name + " customer", name + " link", name + " reason", order.text("memo"), webhook.text("secret"), shop.keys.Address()}
	return shop
}

// stray pays something to a merchant that belongs to no checkout, and returns the payment's id.
func (s *site) stray(edge *worker.Service, shop tenant) string {
	s.t.Helper()
	s.Pay(s.Person(), addr(shop.keys.Address()), "1.5", xlm, "stray")
	s.Advance(time.Minute)
	return shop.list("/payment?unmatched=true").ids[0]
}

// path fills a merchant's id into the path of a route.
func (m stocked) path(pattern string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	kind := strings.Split(path+"//", "/")[2]
	return method, strings.Replace(path, "{id}", m.ids[kind], 1)
}

func TestConsoleHidesEverythingFromOtherMerchants(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	mine, theirs := s.stocked(edge, "Mine"), s.stocked(edge, "Theirs")
	me, they := s.owner(edge, mine.tenant), s.owner(edge, theirs.tenant)
	token := me.open("/console/settings").form("/console/settings").Get("token")
	owners, _ := worker.ConsoleRoutes()
	for _, pattern := range owners {
		method, path := theirs.path(pattern)
		before := s.Store.Counts()
		r := me.send(method, path, url.Values{"token": {token}, "once": {"a"}, "name": {""}, "customer": {theirs.ids["customers"]}})
		after := s.Store.Counts()
		for _, secret := range theirs.secrets {
			if strings.Contains(r.body, secret) {
				t.Errorf("%s shows %q", pattern, secret)
			}
		}
		if strings.Contains(pattern, "{id}") {
			if r.status != http.StatusNotFound {
				t.Errorf("%s of another merchant: %d %s", pattern, r.status, r.text("main"))
			}
			if wrote := after.Writes + after.Deletes - before.Writes - before.Deletes; wrote != 0 {
				t.Errorf("%s of another merchant: %d keys written", pattern, wrote)
			}
			// The same is there for its owner.
			if method == http.MethodGet {
				if own := they.get(path); own.status != 200 {
					t.Errorf("%s for its owner: %d %s", pattern, own.status, own.text("main"))
				}
			}
		}
		if path == "/console/sign-out" {
			me = s.owner(edge, mine.tenant)
			token = me.open("/console/settings").form("/console/settings").Get("token")
		}
	}
	// Another merchant's place in a list is none.
	for _, list := range []string{"/console/checkouts", "/console/checkouts.csv", "/console/developers", "/console/links", "/console/products", "/console/customers", "/console/endpoints/" + mine.ids["endpoints"]} {
		for _, after := range []string{"8205192800000/" + theirs.ids["checkouts"], "../" + theirs.id, "0000000000000/../../", strings.Repeat("9", 13) + "/x", "%2e%2e"} {
			r := me.get(list + "?after=" + url.QueryEscape(after))
			for _, secret := range theirs.secrets {
				if strings.Contains(r.body, secret) {
					t.Errorf("%s after %s shows %q", list, after, secret)
				}
			}
			if r.status != 200 && r.status != 400 {
				t.Errorf("%s after %s: %d %s", list, after, r.status, r.text("main"))
			}
		}
	}
	for _, search := range []string{theirs.ids["checkouts"], theirs.ids["customers"], theirs.secrets[5], "Theirs order"} {
		if r := me.open("/console/checkouts?q=" + url.QueryEscape(search)); r.text(`[data-testid="empty"]`) == "" {
			t.Errorf("searching for %s finds %s", search, r.part("list"))
		}
	}
}

func TestConsoleNeedsAGoodSession(t *testing.T) {
	s := deploy(t)
	edge := s.edge("LIVE_HORIZON_URLS", "https://horizon.example", "LIVE_PASSPHRASE", ledger.Passphrase+" live")
	shop := s.stocked(edge, "Shop")
	owner := s.owner(edge, shop.tenant)
	good := owner.cookie
	token := owner.open("/console/settings").form("/console/settings").Get("token")
	rotated := s.edge("MEMO_KEYS", strings.Repeat("fedc5a9876543210", 4)+","+s.settings()["MEMO_KEYS"])
	owners, _ := worker.ConsoleRoutes()
	for name, c := range map[string]struct {
		cookie string
		edge   http.Handler
	}{
		"no cookie":          {"", edge},
		"an empty one":       {"__Host-console=", edge},
		"nonsense":           {"__Host-console=a.b.c", edge},
		"a changed one":      {strings.Replace(good, ".", ".A", 1), edge},
		"one cut short":      {good[:len(good)-1], edge},
		"two cookies":        {good + "; " + good, edge},
		"under another name": {strings.Replace(good, "__Host-", "", 1), edge},
		"an API key":         {"__Host-console=" + shop.header.Get("X-Api-Key"), edge},
		"after a rotation":   {good, rotated},
	} {
		before := s.Store.Counts()
		for _, pattern := range owners {
			method, path := shop.path(pattern)
			p := &person{t: t, edge: c.edge, cookie: c.cookie}
			if r := p.send(method, path, url.Values{"token": {token}, "once": {"a"}}); r.status != http.StatusFound || r.header.Get("Location") != "/console/sign-in" || r.body != "" {
				t.Errorf("%s, %s: %d %s", pattern, name, r.status, r.body)
			}
		}
		if after := s.Store.Counts(); after.Writes != before.Writes || after.Deletes != before.Deletes {
			t.Errorf("%s: something was written", name)
		}
	}
	// The session ends with the account, and after twelve hours.
	other := s.Merchant().Address()
	s.operator(edge).ok(s.operator(edge).do("PUT", "/merchants/"+shop.id, fmt.Sprintf(`{"account_test":%q}`, other)))
	if r := owner.get("/console"); r.status != http.StatusFound {
		t.Errorf("paid to another account: %d", r.status)
	}
	s.operator(edge).ok(s.operator(edge).do("PUT", "/merchants/"+shop.id, fmt.Sprintf(`{"account_test":%q}`, shop.keys.Address())))
	if r := owner.get("/console"); r.status != 200 {
		t.Errorf("paid to the account again: %d", r.status)
	}
	s.Sleep(12*time.Hour + time.Second)
	if r := owner.get("/console"); r.status != http.StatusFound {
		t.Errorf("after twelve hours: %d", r.status)
	}
}

// Whoever has stolen a session sends each form with accounts of his own.
func TestASessionCannotRedirectTheMoney(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop := s.stocked(edge, "Shop")
	thief := s.Merchant().Address()
	owner := s.owner(edge, shop.tenant)
	token := owner.open("/console/settings").form("/console/settings").Get("token")
	owners, _ := worker.ConsoleRoutes()
	for _, pattern := range owners {
		method, path := shop.path(pattern)
		if method != http.MethodPost || path == "/console/sign-out" {
			continue
		}
		fields := url.Values{"token": {token}, "once": {"a"}, "name": {"Shop"}}
		for _, name := range []string{"account", "account_test", "account_live", "destination"} {
			fields.Set(name, thief)
		}
		owner.send(method, path, fields)
	}
	r := s.operator(edge).get("/merchants/" + shop.id)
	if r.text("name") != "Shop" || r.text("account_test") != shop.keys.Address() || r.fields["account_live"] != nil {
		t.Errorf("%s", r.body)
	}
	if c := shop.post("/checkout?type=direct", `{"amount":7,"asset_code":"XLM"}`); c.text("destination") != shop.keys.Address() {
		t.Errorf("%s", c.body)
	}
}

func TestCookieOfOneModeOpensNothingOfTheOther(t *testing.T) {
	s := deploy(t)
	keys := s.Merchant()
	// Both modes use the same network here, which is the worst case: the account is the same.
	edge := s.edge("LIVE_HORIZON_URLS", "https://horizon.example", "LIVE_PASSPHRASE", ledger.Passphrase+" live")
	m := s.operator(edge).post("/merchants", fmt.Sprintf(`{"name":"Shop","account_test":%q,"account_live":%q}`, keys.Address(), keys.Address())).text("id")
	secret := s.operator(edge).post("/merchants/"+m+"/keys", `{"livemode":true}`).text("secret")
	live := client{t, edge, http.Header{"X-Api-Key": {secret}}}
	order := live.post("/checkout?type=direct", `{"amount":7,"asset_code":"XLM","description":"live order"}`).text("id")
	key := s.operator(edge).get("/merchants/" + m + "/keys").fields["data"].([]any)[0].(map[string]any)["id"].(string)
	testShop := s.edge() // serves the test mode alone, so that the challenge is for it
	p := s.owner(testShop, tenant{client{}, m, keys})
	p.edge = edge
	if got := p.open("/console").text(`[data-testid="network"]`); got != "Test network" {
		t.Errorf("the session is for %q", got)
	}
	for _, path := range []string{"/console", "/console/checkouts", "/console/checkouts.csv", "/console/checkouts?q=" + order, "/console/developers"} {
		if r := p.open(path); strings.Contains(r.body, "live order") || strings.Contains(r.body, key) {
			t.Errorf("%s shows what is live", path)
		}
	}
	token := p.open("/console/settings").form("/console/settings").Get("token")
	for _, path := range []string{"/console/checkouts/" + order + "/cancel", "/console/keys/" + key + "/revoke"} {
		if r := p.send("POST", path, url.Values{"token": {token}, "once": {"a"}}); r.status != 404 {
			t.Errorf("%s: %d %s", path, r.status, r.text("main"))
		}
	}
	if r := live.get("/checkout/" + order); r.status != 200 {
		t.Errorf("the live key: %d %s", r.status, r.body)
	}
	made := p.submit(p.open("/console/developers"), "/console/keys", "name", "server", "scope", "write").text(`[data-testid="code-secret"]`)
	if !strings.HasPrefix(made, "sk_test_") {
		t.Errorf("a session of the test mode makes the key %.8s", made)
	}
}

func TestFormsOfOtherSitesChangeNothing(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop := s.stocked(edge, "Shop")
	other := s.owner(edge, s.tenant(edge, "Other", shop.keys))
	foreign := other.open("/console/settings").form("/console/settings").Get("token")
	owner := s.owner(edge, shop.tenant)
	token := owner.open("/console/settings").form("/console/settings").Get("token")
	owners, guests := worker.ConsoleRoutes()
	challenge := s.challenged(edge, shop.keys.Address(), shop.keys)
	for name, c := range map[string]struct {
		token   string
		headers map[string]string
	}{
		"no token":                     {"", nil},
		"a wrong token":                {token[1:] + "A", nil},
		"the token of another session": {foreign, nil},
		"from another site":            {token, map[string]string{"Sec-Fetch-Site": "cross-site"}},
		"from another host here":       {token, map[string]string{"Sec-Fetch-Site": "same-site"}},
		"as JSON":                      {token, map[string]string{"Content-Type": "application/json"}},
		"as text":                      {token, map[string]string{"Content-Type": "text/plain"}},
	} {
		before := s.Store.Counts()
		for _, pattern := range append(owners, guests...) {
			method, path := shop.path(pattern)
			guest := strings.HasPrefix(path, "/console/sign-in")
			if method != http.MethodPost || guest && c.headers == nil {
				continue
			}
			owner.headers = c.headers
			r := owner.send(method, path, url.Values{"token": {c.token}, "once": {"a"}, "transaction": {challenge}, "merchant": {shop.id}})
			if r.status != http.StatusForbidden || r.header.Get("Set-Cookie") != "" {
				t.Errorf("%s, %s: %d %s", pattern, name, r.status, r.text("main"))
			}
		}
		if after := s.Store.Counts(); after.Writes != before.Writes || after.Deletes != before.Deletes {
			t.Errorf("%s: something was written", name)
		}
	}
}

func TestConsoleShowsNamesAsText(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	const evil = `<script>alert(1)</script><img src=x onerror=alert(2)>"'&`
	shop := s.stocked(edge, "Shop")
	shop.post("/checkout?type=direct", fmt.Sprintf(`{"amount":7,"asset_code":"XLM","description":%q,"metadata":{"<b>":"<i>x</i>"}}`, evil))
	shop.post("/webhooks", fmt.Sprintf(`{"name":%q,"url":"https://shop.example/evil","events":["*"]}`, evil))
	owner := s.owner(edge, shop.tenant)
	owner.follow(owner.submit(owner.open("/console/settings"), "/console/settings", "name", evil))
	owners, guests := worker.ConsoleRoutes()
	for _, pattern := range append(owners, guests...) {
		method, path := shop.path(pattern)
		if method != http.MethodGet || strings.HasSuffix(path, ".csv") {
			continue
		}
		r := owner.open(path)
		if n := r.Find(`script:not([src^="/assets/console."]), img[onerror], b, i`).Length(); n != 0 {
			t.Errorf("%s has %d elements that a name has brought", pattern, n)
		}
		policy := r.header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: %q is not in %s", pattern, want, policy)
			}
		}
		if r.Find("[style], [onclick], style").Length() != 0 {
			t.Errorf("%s has styles or handlers of its own", pattern)
		}
	}
}

func TestConsoleRedirectsNowhereElse(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop := s.stocked(edge, "Shop")
	owner := s.owner(edge, shop.tenant)
	order := "/console/checkouts/" + shop.ids["checkouts"]
	page := owner.open(order)
	for _, path := range []string{order + "?done=https://evil.example", order + "?done=<b>"} {
		if r := owner.open(path); strings.Contains(r.body, "evil.example") || r.text(`[data-testid="notice"]`) != "" {
			t.Errorf("%s puts words into the page", path)
		}
	}
	r := owner.submit(page, order+"/cancel", "return_to", "https://evil.example", "next", "//evil.example")
	if got := r.header.Get("Location"); got != order+"?done=cancelled" {
		t.Errorf("redirects to %s", got)
	}
	for _, path := range []string{"//evil.example/console", "/console//evil.example", "/console/..//evil.example"} {
		if r := owner.get(path); r.status == 302 && strings.Contains(r.header.Get("Location"), "evil") {
			t.Errorf("%s redirects to %s", path, r.header.Get("Location"))
		}
	}
}

func TestCellsOfFilesAreNotFormulas(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop := s.stocked(edge, "Shop")
	for _, evil := range []string{`=HYPERLINK("https://evil.example")`, "+1", "-1", "@SUM(A1)", "\t=1", `plain, "quoted"`} {
		shop.post("/checkout?type=direct", fmt.Sprintf(`{"amount":7,"asset_code":"XLM","description":%q}`, evil))
	}
	r := s.owner(edge, shop.tenant).open("/console/checkouts.csv")
	if r.header.Get("Content-Type") != "text/csv; charset=utf-8" || r.header.Get("Content-Disposition") != `attachment; filename="checkouts.csv"` {
		t.Errorf("%v", r.header)
	}
	for _, want := range []string{`"'=HYPERLINK(""https://evil.example"")"`, ",'+1,", ",'-1,", ",'@SUM(A1),", ",'\t=1,", `,"plain, ""quoted""",`} {
		if !strings.Contains(r.body, want) {
			t.Errorf("%s is not in\n%s", want, r.body)
		}
	}
}

// Whether the body of a form is read depends on the cookie alone: KV is read once, for the answer.
func TestSessionIsReadOnceForAForm(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	owner := s.owner(edge, s.tenant(edge, "Shop", s.Merchant()))
	admit := func(cookie string) (status, reads int) {
		request := httptest.NewRequest(http.MethodPost, "https://pay.example/console/products", nil)
		before := s.Store.Counts()
		answer := edge.Admit(t.Context(), &web.Request{Method: request.Method, URL: request.URL, Header: web.Header{{Name: "Cookie", Value: cookie}}})
		return answer.Status, s.Store.Counts().Reads - before.Reads
	}
	if status, reads := admit(owner.cookie); status != http.StatusNoContent || reads != 0 {
		t.Errorf("with a session: %d after %d reads", status, reads)
	}
	if status, reads := admit(owner.cookie + "x"); status != http.StatusFound || reads != 0 {
		t.Errorf("with a changed session: %d after %d reads", status, reads)
	}
}
