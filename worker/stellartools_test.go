package worker_test

import (
	"strings"
	"testing"
	"time"
)

func TestCustomerHasAPictureAndWallets(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	first, second := s.Person().Address(), s.Person().Address()
	made := shop.post("/customers", `{"name":"Ada","image":"https://shop.example/ada.png","wallets":["`+first+`"]}`)
	path := "/customers/" + made.text("id")
	since := made.text("created_at")
	s.Sleep(time.Minute)
	wallet := func(address, at string) string {
		return `{"id":"` + address + `","address":"` + address + `","created_at":"` + at + `"}`
	}
	if want := `"image":"https://shop.example/ada.png","wallets":[` + wallet(first, since) + `]`; !strings.Contains(made.body, want) {
		t.Errorf("made %s, want %s", made.body, want)
	}
	if kept := shop.ok(shop.do("PUT", path, `{"name":"Ada L."}`)); !strings.Contains(kept.body, wallet(first, since)) {
		t.Errorf("a change of the name: %s", kept.body)
	}
	// A wallet that is known already is known since then.
	grown := shop.ok(shop.do("PUT", path, `{"wallets":["`+second+`","`+first+`"]}`))
	if want := `"wallets":[` + wallet(second, grown.text("updated_at")) + `,` + wallet(first, since) + `]`; !strings.Contains(grown.body, want) {
		t.Errorf("another wallet: %s, want %s", grown.body, want)
	}
	if gone := shop.ok(shop.do("PUT", path, `{"wallets":null,"image":null}`)); !strings.Contains(gone.body, `"image":null,"wallets":[]`) {
		t.Errorf("without: %s", gone.body)
	}
	for body, param := range map[string]string{
		`{"image":"http://shop.example/ada.png"}`:            "image",
		`{"wallets":["` + first + `","` + first + `"]}`:      "wallets[1]",
		`{"wallets":["GABC"]}`:                               "wallets[0]",
		`{"wallets":"` + first + `"}`:                        "wallets",
		`{"wallets":[` + strings.Repeat(`"",`, 8) + `""]}`:   "wallets",
		`{"wallets":[{"address":"` + first + `"}],"name":1}`: "name",
	} {
		if r := shop.do("PUT", path, body); r.status != 400 || r.text("error.param") != param {
			t.Errorf("%s: %d %s, want an error of %s", body, r.status, r.body, param)
		}
	}
}

func TestNamesOfOtherServicesAreAnsweredWithOurs(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	for body, want := range map[string]struct{ param, says string }{
		`{"amount_cents":500,"currency_code":"USD"}`:                {"amount_cents", "send amount, in units of the asset and not in cents"},
		`{"amount":5,"currency_code":"USD"}`:                        {"currency_code", "send asset_code"},
		`{"amount":5,"asset_code":"USDC","amount_cents":500}`:       {"amount_cents", "send amount"},
		`{"amount":5,"asset_code":"XLM","success_url":"https://x"}`: {"success_url", "send redirect_url"},
	} {
		r := shop.do("POST", "/checkout?type=direct", body)
		if r.status != 400 || r.text("error.code") != "parameter_unknown" || r.text("error.param") != want.param || !strings.Contains(r.text("error.message"), want.says) {
			t.Errorf("%s: %d %s", body, r.status, r.body)
		}
	}
}

func TestAmountsAreTakenAsDecimalStrings(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	const most = `"922337203685.4775807"`
	for _, amounts := range []string{`"amount_decimal":` + most, `"amount":922337203685.4775807,"amount_decimal":` + most} {
		r := shop.post("/checkout?type=direct", `{`+amounts+`,"asset_code":"XLM"}`)
		if !strings.Contains(r.body, `"amount":922337203685.4775807,"amount_decimal":`+most) {
			t.Errorf("%s: %s", amounts, r.body)
		}
	}
	for body, want := range map[string]string{
		`"amount_decimal":5`:                  "parameter_invalid amount_decimal",
		`"amount_decimal":"0"`:                "parameter_invalid amount_decimal",
		`"amount_decimal":"1e3"`:              "parameter_invalid amount_decimal",
		`"amount":5,"amount_decimal":"6"`:     "parameter_invalid amount_decimal",
		`"amount":null,"amount_decimal":null`: "parameter_missing amount",
	} {
		r := shop.do("POST", "/checkout?type=direct", `{`+body+`,"asset_code":"XLM"}`)
		if got := r.text("error.code") + " " + r.text("error.param"); r.status != 400 || got != want {
			t.Errorf("%s: %d %s, want %s", body, r.status, r.body, want)
		}
	}
}

func TestOpenCheckoutIsChangedAndCancelled(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	made := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"XLM","description":"Tea","redirect_url":"https://shop.example/a","metadata":{"a":"1","b":"2"}}`)
	path := "/checkout/" + made.text("id")
	s.Sleep(time.Minute)
	changed := shop.ok(shop.do("PUT", path, `{"metadata":{"a":null,"c":3},"redirect_url":"https://shop.example/b"}`))
	want := strings.NewReplacer(`{"a":"1","b":"2"}`, `{"b":"2","c":"3"}`, "shop.example/a", "shop.example/b",
		`"updated_at":"`+made.text("updated_at"), `"updated_at":"`+s.Now().Format("2006-01-02T15:04:05.000Z")).Replace(made.body)
	if changed.body != want {
		t.Errorf("changed to %swant       %s", changed.body, want)
	}
	if read := shop.get(path); read.body != changed.body {
		t.Errorf("read as %s", read.body)
	}
	if without := shop.ok(shop.do("PUT", path, `{"description":null,"metadata":null}`)); !strings.Contains(without.body, `"description":null,"metadata":{}`) {
		t.Errorf("without: %s", without.body)
	}
	for body, param := range map[string]string{
		`{"status":"completed"}`: "status", `{"amount":1}`: "amount", `{"expires_in":300}`: "expires_in", `{"redirect_url":"javascript:1"}`: "redirect_url",
	} {
		r := shop.do("PUT", path, body)
		if r.status != 400 || r.text("error.param") != param || param == "status" && !strings.Contains(r.text("error.message"), "what the ledger proves") {
			t.Errorf("%s: %d %s", body, r.status, r.body)
		}
	}

	cancelled := shop.ok(shop.do("DELETE", path, ""))
	if want := s.Now().Add(2 * time.Minute).Format("2006-01-02T15:04:05.000Z"); cancelled.text("expires_at") != want || cancelled.text("status") != "open" {
		t.Errorf("cancelled: %s", cancelled.body)
	}
	again := shop.ok(shop.do("DELETE", path, ""))
	if again.text("expires_at") != cancelled.text("expires_at") {
		t.Errorf("again: %s", again.body)
	}
	// What is changed after the cancellation is still cancelled.
	if late := shop.ok(shop.do("PUT", path, `{"description":"Coffee"}`)); late.text("expires_at") != cancelled.text("expires_at") {
		t.Errorf("changed: %s", late.body)
	}
}

func TestEndedCheckoutIsNotChanged(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	c := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	s.Pay(s.Person(), addr(c.text("destination")), "5", s.USDC(), c.text("memo"))
	s.Advance(time.Minute)
	s.sweep(here)
	for method, body := range map[string]string{"PUT": `{"description":"Tea"}`, "DELETE": ""} {
		if r := shop.do(method, "/checkout/"+c.text("id"), body); r.status != 409 || r.text("error.code") != "checkout_not_open" {
			t.Errorf("%s: %d %s", method, r.status, r.body)
		}
	}
}

func TestCustomersAreCreatedFromAList(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	again := shop.with("Idempotency-Key", "two")
	const two = ` [{"email":"ada@example.com","name":"Ada"}, {"name":"Bob","metadata":{"n":1}}]`
	r := again.ok(again.do("POST", "/customers", two))
	if got := shop.list("/customers"); len(got.ids) != 2 || !strings.HasPrefix(r.body, "[{") {
		t.Fatalf("%s makes %v", r.body, got.ids)
	}
	for _, name := range []string{`"name":"Ada"`, `"name":"Bob"`, `"metadata":{"n":"1"}`} {
		if !strings.Contains(r.body, name) {
			t.Errorf("%s is not in %s", name, r.body)
		}
	}
	if retried := again.ok(again.do("POST", "/customers", two)); retried.body != r.body {
		t.Errorf("a retry gives %s, not %s", retried.body, r.body)
	}
	for body, want := range map[string]string{
		`[]`: "body_invalid null", `[{"name":"Eve"},{"email":"x"}]`: "parameter_invalid [1].email", `[{"name":"Eve"},{"name":"Ida","nick":"x"}]`: "parameter_unknown [1].nick",
		`[` + strings.Repeat(`{"name":"Eve"},`, 100) + `{"name":"Eve"}]`: "body_invalid null", `[{"name":"Eve"},7]`: "body_invalid null", `[{"name":"Eve"}],"x":[1]`: "body_invalid null",
	} {
		r := shop.do("POST", "/customers", body)
		if got := r.text("error.code") + " " + r.text("error.param"); r.status != 400 || got != want {
			t.Errorf("%.60s: %d %s, want %s", body, r.status, r.body, want)
		}
	}
	if got := shop.list("/customers"); len(got.ids) != 2 {
		t.Errorf("what was refused made %d customers", len(got.ids)-2)
	}
}

func TestPathsHaveTheNamesOfStellarToolsAsWell(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	made := shop.with("Stellartools-Version", "2026-09-01").post("/products", `{"name":"Tea","asset_code":"XLM","price_amount":5}`)
	if made.header.Get("StellarTools-Version") != "2026-09-01" {
		t.Errorf("the version is answered as %q", made.header.Get("StellarTools-Version"))
	}
	if other := shop.with("Stellartools-Version", "a b").get("/products?"); other.header.Get("StellarTools-Version") != "" || other.body != shop.get("/product").body {
		t.Errorf("listed as %s", other.body)
	}
	if r := shop.get("/products/" + made.text("id")); r.body != made.body {
		t.Errorf("read as %s", r.body)
	}
	if r := shop.ok(shop.do("DELETE", "/products/"+made.text("id"), "")); r.text("status") != "archived" {
		t.Errorf("archived: %s", r.body)
	}
	if r := shop.do("PATCH", "/payments", ""); r.status != 405 || r.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("PATCH: %d %s", r.status, r.body)
	}
	if r := shop.get("/productsx"); r.status != 404 {
		t.Errorf("another path: %d", r.status)
	}
}
