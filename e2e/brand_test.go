package e2e

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"edgecheckout/e2e/chromium"
)

// A real page in a real browser shows the brand that its merchant had when it was made, and the
// domain of who issues the asset, once that is proven on the ledger and by the domain.
func TestPageShowsTheBrandAndTheProvenIssuer(t *testing.T) {
	s := openShop(t)
	brand := func(params fields) {
		if r, err := s.on.Operator().Do(t.Context(), http.MethodPut, "/merchants/"+s.id, []byte(encode(params))); err != nil || r.Status != http.StatusOK {
			t.Fatalf("%d %s, %v", r.Status, r.Body, err)
		}
	}
	brand(fields{
		"logo_url": "https://images.invalid/logo.png", "brand_color": "#ffd23f", "support_email": "help@northwind.example",
		"website": "https://www.northwind.example/",
	})
	var product struct{ ID string }
	made := s.send(http.MethodPost, "/product", encode(fields{
		"name": "Sidamo", "asset_code": "USDC", "price_amount": 12.5, "images": []string{"https://pictures.invalid/sidamo.png"},
	}))
	if err := json.Unmarshal(made.Object, &product); err != nil {
		t.Fatal(err)
	}
	var c struct {
		ID  string `json:"id"`
		URL string `json:"payment_url"`
	}
	charged := s.send(http.MethodPost, "/checkout?type=product", encode(fields{"product_id": product.ID}))
	if err := json.Unmarshal(charged.Object, &c); err != nil {
		t.Fatal(err)
	}
	b := openTab(t)
	b.expect("net::ERR_") // there are no such hosts of images
	b.do(chromium.Open(c.URL))
	const look = `JSON.stringify({
		size: ["logo", "picture"].map((id) => document.querySelector("[data-testid=" + id + "]")).map((e) => e.offsetWidth + "x" + e.offsetHeight).join(),
		letter: getComputedStyle(document.querySelector("[data-testid=logo]"), "::after").content[1],
		button: getComputedStyle(document.querySelector("[data-wallet-link]")).backgroundColor,
		text: getComputedStyle(document.querySelector("[data-wallet-link]")).color,
		mail: document.querySelector("[data-testid=contact] a").href.split("?")[0],
		website: document.querySelector("[data-testid=website]").textContent,
	})`
	want := `{"size":"48x48,64x64","letter":"N","button":"rgb(255, 210, 63)","text":"rgb(0, 0, 0)","mail":"mailto:help@northwind.example","website":"northwind.example"}`
	if got := evaluate[string](b, look); got != want {
		t.Errorf("the page has\n%s, want\n%s", got, want)
	}
	b.audited("branded")
	const by = `document.querySelector("[data-testid=issued-by]")?.textContent ?? ""`
	domain := ""
	for deadline := time.Now().Add(time.Minute); domain == "" && time.Now().Before(deadline); {
		b.do(chromium.Open(c.URL + "/check"))
		domain = evaluate[string](b, by)
	}
	home, err := s.wallet().Account(t.Context(), *s.read(c.ID).AssetIssuer)
	if err != nil || home.HomeDomain == "" || domain != "USDC by "+home.HomeDomain {
		t.Errorf("the page says %q; the issuer's home is %q, %v", domain, home.HomeDomain, err)
	}
	brand(fields{"brand_color": nil, "logo_url": nil})
	b.do(chromium.Open(c.URL + "/check"))
	if !evaluate[bool](b, `!!document.querySelector("[data-testid=logo]")`) {
		t.Error("a checkout that exists lost its logo")
	}
}
