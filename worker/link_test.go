package worker_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
)

// press sends the form of a payment link's page, as a browser does.
func press(edge http.Handler, id, form string) *httptest.ResponseRecorder {
	request := httptest.NewRequest("POST", "https://pay.example/buy/"+id, strings.NewReader(form))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	recorder := httptest.NewRecorder()
	edge.ServeHTTP(recorder, request)
	return recorder
}

// made returns the checkout that a press has made.
func made(t *testing.T, shop client, r *httptest.ResponseRecorder) reply {
	t.Helper()
	id, ok := strings.CutPrefix(r.Header().Get("Location"), "https://pay.example/pay/")
	if r.Code != http.StatusSeeOther || !ok {
		t.Fatalf("%d to %q: %s", r.Code, r.Header().Get("Location"), r.Body)
	}
	return shop.ok(shop.get("/checkout/" + id))
}

func TestPaymentLinkMakesCheckouts(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	link := shop.post("/payment_links", `{"amount":"12.50","asset_code":"USDC","description":"A bag","redirect_url":"https://shop.example/{CHECKOUT_ID}","metadata":{"campaign":"poster"}}`)
	id := link.text("id")
	if !strings.HasPrefix(id, "link_") || link.text("url") != "https://pay.example/buy/"+id || link.text("amount") != "12.5" || link.text("active") != "true" {
		t.Errorf("%s", link.body)
	}
	writes := s.Store.Counts().Writes
	everybody := client{t, here, http.Header{}}
	page := everybody.get("/buy/" + id)
	if page.status != 200 || page.header.Get("Cloudflare-Cdn-Cache-Control") == "" || page.header.Get("Cache-Tag") != id {
		t.Errorf("%d %v", page.status, page.header)
	}
	d, err := goquery.NewDocumentFromReader(strings.NewReader(page.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{`h1 bdi`: "Corner Shop", `[data-testid="amount"]`: "12.50", `[data-testid="asset"]`: "USDC", `[data-testid="description"]`: "A bag"} {
		if got := strings.TrimSpace(d.Find(name).Text()); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if action, _ := d.Find("form").Attr("action"); action != "/buy/"+id || d.Find("script").Length() != 1 || d.Find("input").Length() != 0 {
		t.Errorf("the form: %s", page.body)
	}
	if got := s.Store.Counts().Writes - writes; got != 0 {
		t.Errorf("opening the page wrote %d keys", got)
	}
	first, second := made(t, shop, press(here, id, "")), made(t, shop, press(here, id, ""))
	if first.text("id") == second.text("id") {
		t.Error("two customers got one checkout")
	}
	want := map[string]string{"amount": "12.5", "asset_code": "USDC", "description": "A bag", "redirect_url": "https://shop.example/{CHECKOUT_ID}", "metadata.campaign": "poster", "status": "open"}
	for field, text := range want {
		if got := first.text(field); got != text {
			t.Errorf("%s is %s", field, got)
		}
	}
	// A checkout of a link takes as many writes as one of the API.
	before := s.Store.Counts().Writes
	press(here, id, "")
	if got := s.Store.Counts().Writes - before; got != 4 {
		t.Errorf("%d writes", got)
	}
}

func TestCustomerSaysHowMuchWhereALinkDoesNot(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	id := shop.post("/payment_links", `{"asset_code":"XLM"}`).text("id")
	for typed, want := range map[string]string{"5": "5", "12.50": "12.5", "12%2C5": "12.5", "+7+": "7", "0.0000001": "0.0000001"} {
		if got := made(t, shop, press(here, id, "amount="+typed)).text("amount"); got != want {
			t.Errorf("%s: %s", typed, got)
		}
	}
	writes := s.Store.Counts().Writes
	for _, typed := range []string{"", "0", "-1", "1e3", "free", "0.00000001", "1,000.00", "999999999999999", "%3Cscript%3E", "%zz"} {
		r := press(here, id, "amount="+typed)
		if r.Code != 400 || !strings.Contains(r.Body.String(), `data-testid="problem"`) || strings.Contains(r.Body.String(), "<script>") ||
			r.Header().Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s: %d %v %s", typed, r.Code, r.Header(), r.Body)
		}
	}
	if got := s.Store.Counts().Writes - writes; got != 0 {
		t.Errorf("%d keys were written", got)
	}
}

// The page of a link is cached like that of a checkout: its language depends on the address alone.
// Whoever buys in a language goes on in it.
func TestLanguageOfALink(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	link := "/buy/" + shop.post("/payment_links", `{"asset_code":"XLM"}`).text("id")
	closed := shop.post("/payment_links", `{"asset_code":"XLM"}`).text("id")
	shop.ok(shop.do("PUT", "/payment_links/"+closed, `{"active":false}`))
	for _, tc := range []struct{ path, accept, want, title string }{
		{link, "", "en", "Pay Corner Shop"},
		{link, "it,ja", "en", "Pay Corner Shop"},
		{link, "es-MX,en;q=0.5", link + "?lang=es", ""},
		{link + "?lang=fr", "es", "fr", "Payer Corner Shop"},
		{link + "?lang=xx", "", link, ""},
		{"/buy/" + closed + "?lang=de", "", "de", "Das wird nicht mehr verkauft"},
		{"/buy/nothing?lang=ar", "", "ar", "لا يوجد هنا ما يُدفع"},
	} {
		r := client{t, here, http.Header{"Accept-Language": {tc.accept}}}.get(tc.path)
		got, title := r.header.Get("Location"), ""
		if r.status != http.StatusFound {
			d, err := goquery.NewDocumentFromReader(strings.NewReader(r.body))
			if err != nil {
				t.Fatal(err)
			}
			got, title = d.Find("html").AttrOr("lang", ""), d.Find("title").Text()
		}
		if got != tc.want || title != tc.title {
			t.Errorf("%s for %q: %s, %s, want %s, %s", tc.path, tc.accept, got, title, tc.want, tc.title)
		}
	}
	id := strings.TrimPrefix(link, "/buy/")
	if got := made(t, shop, press(here, id+"?lang=pt", "amount=5")).text("locale"); got != "pt" {
		t.Errorf("the locale is %s", got)
	}
	if got := made(t, shop, press(here, id, "amount=5")).text("locale"); got != "null" {
		t.Errorf("the locale is %s although nobody chose one", got)
	}
	if r := press(here, id+"?lang=de", "amount=x"); r.Code != 400 || !strings.Contains(r.Body.String(), "einen Betrag wie 12,50 ein") || !strings.Contains(r.Body.String(), `action="/buy/`+id+`?lang=de"`) {
		t.Errorf("%d %s", r.Code, r.Body)
	}
}

func TestLinkOfAProductHasItsPrice(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	product := shop.post("/product", `{"name":"Sidamo","asset_code":"XLM","price_amount":5}`).text("id")
	id := shop.post("/payment_links", fmt.Sprintf(`{"product_id":%q}`, product)).text("id")
	everybody := client{t, here, http.Header{}}
	if page := everybody.get("/buy/" + id); !strings.Contains(page.body, "Sidamo") {
		t.Errorf("%s", page.body)
	}
	c := made(t, shop, press(here, id, "amount=1"))
	if c.text("amount") != "5" || c.text("product_id") != product || c.text("description") != "Sidamo" {
		t.Errorf("%s", c.body)
	}
	shop.ok(shop.do("DELETE", "/product/"+product, ""))
	s.Sleep(2 * time.Minute)
	if page := everybody.get("/buy/" + id); page.status != 410 {
		t.Errorf("archived: %d", page.status)
	}
	if r := press(here, id, ""); r.Code != 410 {
		t.Errorf("archived: %d", r.Code)
	}
}

func TestClosedLinkSaysSo(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	everybody := client{t, here, http.Header{}}
	id := shop.post("/payment_links", `{"asset_code":"XLM","amount":1}`).text("id")
	s.purges.take()
	if r := shop.ok(shop.do("PUT", "/payment_links/"+id, `{"active":false}`)); r.text("active") != "false" {
		t.Errorf("%s", r.body)
	}
	if diff := cmp.Diff([]string{id}, s.purges.take()); diff != "" {
		t.Error(diff)
	}
	if page := everybody.get("/buy/" + id); page.status != 410 || !strings.Contains(page.body, "not sold any more") {
		t.Errorf("%d %s", page.status, page.body)
	}
	if r := press(here, id, ""); r.Code != 410 {
		t.Errorf("%d", r.Code)
	}
	shop.ok(shop.do("PUT", "/payment_links/"+id, `{"active":true}`))
	made(t, shop, press(here, id, ""))
	s.operator(here).ok(s.operator(here).do("PUT", "/merchants/"+s.merchantOf(), `{"suspended":true}`))
	s.Sleep(2 * time.Minute)
	if page := everybody.get("/buy/" + id); page.status != 403 || !strings.Contains(page.body, "suspended") {
		t.Errorf("%d %s", page.status, page.body)
	}
	if r := press(here, id, ""); r.Code != 403 {
		t.Errorf("%d", r.Code)
	}
	for _, unknown := range []string{"link_01m81j4xp0ad8jsdfhz010r780", "link_7zzzzzzzzzzzzzzzzzzzzzzzzz", "chk_01m81j4xp0ad8jsdfhz010r780", "x"} {
		if page := everybody.get("/buy/" + unknown); page.status != 404 {
			t.Errorf("%s: %d", unknown, page.status)
		}
		if r := press(here, unknown, ""); r.Code != 404 {
			t.Errorf("%s: %d", unknown, r.Code)
		}
	}
}

func TestLinkIsChangedFieldByField(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	product := shop.post("/product", `{"name":"Sidamo","asset_code":"XLM","price_amount":5}`).text("id")
	path := "/payment_links/" + shop.post("/payment_links", `{"asset_code":"XLM","amount":1}`).text("id")
	for _, c := range []struct{ body, field, want string }{
		{`{"amount":2}`, "amount_decimal", "2"},
		{`{"description":"Tea"}`, "amount_decimal", "2"},
		{`{"amount":null}`, "amount", "null"},
		{`{"asset_code":"USDC"}`, "asset_issuer", string(s.USDC().Issuer)},
		{fmt.Sprintf(`{"product_id":%q,"asset_code":null,"asset_issuer":null}`, product), "product_id", product},
		{`{"description":null}`, "product_id", product},
		{`{"product_id":null,"asset_code":"XLM"}`, "asset_code", "XLM"},
	} {
		if r := shop.do("PUT", path, c.body); r.status != 200 || r.text(c.field) != c.want {
			t.Errorf("%s: %d %s", c.body, r.status, r.body)
		}
	}
	for body, want := range map[string]string{
		`{"product_id":"prod_01m81j4xp0ad8jsdfhz010r780","asset_code":null}`:   "parameter_invalid product_id",
		fmt.Sprintf(`{"product_id":%q}`, product):                              "parameter_invalid asset_code",
		fmt.Sprintf(`{"product_id":%q,"amount":5,"asset_code":null}`, product): "parameter_invalid amount",
		`{"asset_code":null}`:                    "parameter_missing asset_code",
		`{"active":"no"}`:                        "parameter_invalid active",
		`{"url":"https://shop.example"}`:         "parameter_unknown url",
		`{"redirect_url":"javascript:alert(1)"}`: "parameter_invalid redirect_url",
	} {
		if r := shop.do("PUT", path, body); r.status != 400 || r.text("error.code")+" "+r.text("error.param") != want {
			t.Errorf("%s: %d %s", body, r.status, r.body)
		}
	}
	stranger, _ := s.merchant(s.edge())
	if r := stranger.get(path); r.status != 404 {
		t.Errorf("another merchant: %d", r.status)
	}
	if got := shop.list("/payment_links"); len(got.ids) != 1 || path != "/payment_links/"+got.ids[0] {
		t.Errorf("%v", got.ids)
	}
}

// Anybody can press the button. What that costs is limited for each link.
func TestCheckoutsOfOneLinkAreLimited(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	id := shop.post("/payment_links", `{"asset_code":"XLM","amount":1}`).text("id")
	refused := 0
	for range 120 {
		if r := press(here, id, ""); r.Code == 429 && r.Header().Get("Retry-After") == "60" {
			refused++
		}
	}
	if refused != 20 {
		t.Errorf("%d of 120 were refused", refused)
	}
	s.Sleep(time.Minute)
	made(t, shop, press(here, id, ""))
}

func TestFormsOfLinksAreSmallAndForms(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	id := shop.post("/payment_links", `{"asset_code":"XLM"}`).text("id")
	if r := press(here, id, "amount="+strings.Repeat("1", 1024)); r.Code != 413 {
		t.Errorf("%d %s", r.Code, r.Body)
	}
	r := client{t, here, http.Header{}}.do("POST", "/buy/"+id, `{"amount":5}`)
	if r.status != 415 || !strings.Contains(r.text("error.message"), "application/x-www-form-urlencoded") {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestCodeOfALinkHoldsItsAddress(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	link := shop.post("/payment_links", `{"asset_code":"XLM"}`)
	before := s.Store.Counts()
	r := client{t, here, http.Header{}}.get(strings.TrimPrefix(link.text("qr_url"), "https://pay.example"))
	if r.status != 200 || r.header.Get("Content-Type") != "image/svg+xml" || !strings.HasPrefix(r.body, "<svg ") {
		t.Errorf("%d %v %s", r.status, r.header, r.body)
	}
	if s.Store.Counts() != before {
		t.Error("the store was read for it")
	}
}
