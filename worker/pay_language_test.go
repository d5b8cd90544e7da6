package worker_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A page in the cache is the same for everyone, so its language depends on the address alone.
func TestLanguageOfThePage(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	charge := func(locale string) string {
		return "/pay/" + shop.post("/checkout?type=direct", fmt.Sprintf(`{"amount":5,"asset_code":"XLM","locale":%s}`, locale)).text("id")
	}
	any, german, italian := charge("null"), charge(`"de-CH"`), charge(`"it"`)
	for _, tc := range []struct{ path, accept, want string }{
		{any, "", "en"},
		{any, "en-GB,es;q=0.5", "en"},
		{any, "it,ja", "en"}, // no page is in these
		{any, "es-MX,en;q=0.5", any + "?lang=es"},
		{any + "?lang=fr", "es", "fr"},
		{any + "?lang=xx", "", any},
		{any + "/check", "ar", any + "/check?lang=ar"},
		{any + "/receipt", "pt-BR", any + "/receipt?lang=pt"},
		{any + "/receipt?lang=zh", "", "zh"},
		{german, "", "de"},
		{german, "es", "de"}, // what the merchant has chosen comes first
		{german + "?lang=id", "", "id"},
		{italian, "", "en"},
		{italian, "ar", italian + "?lang=ar"},
		{"/pay/nothing?lang=de", "", "de"},
	} {
		r := client{t, here, http.Header{"Accept-Language": {tc.accept}}}.get(tc.path)
		got := r.header.Get("Location")
		if r.status == http.StatusFound {
			if cached := r.header.Get("Cache-Control"); cached != "private, no-store" {
				t.Errorf("%s, %s: the redirect is cached: %s", tc.path, tc.accept, cached)
			}
		} else {
			_, rest, _ := strings.Cut(r.body, `<html lang="`)
			got, _, _ = strings.Cut(rest, `"`)
		}
		if got != tc.want {
			t.Errorf("%s for %q: %d %s, want %s", tc.path, tc.accept, r.status, got, tc.want)
		}
	}
	for _, locale := range []string{`"español"`, `"e"`, `"es_MX"`, `"es-"`, `"-es"`, `"1s"`, `"engl"`, `"es-123456789"`, `"` + strings.Repeat("es-", 12) + `es"`, `5`} {
		r := shop.do("POST", "/checkout?type=direct", fmt.Sprintf(`{"amount":5,"asset_code":"XLM","locale":%s}`, locale))
		if r.status != 400 || r.text("error.param") != "locale" {
			t.Errorf("locale %s: %d %s", locale, r.status, r.body)
		}
	}
	if got := shop.get("/checkout/" + german[len("/pay/"):]).text("locale"); got != "de-CH" {
		t.Errorf("the locale became %s", got)
	}
}

// The page shows what the status says.
func TestStatusSaysThePhase(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	anybody := client{t, here, nil}
	c := shop.post("/checkout?type=direct", `{"amount":50,"asset_code":"USDC"}`)
	id := c.text("id")
	status := func() string {
		r := anybody.get("/pay/" + id + "/status")
		return strings.Join([]string{r.text("phase"), r.text("cancelled"), r.text("received_other"), r.text("behind")}, " ")
	}
	expect := func(when, want string) {
		t.Helper()
		s.Advance(5 * time.Second)
		if got := status(); got != want {
			t.Errorf("%s: %s, want %s", when, got, want)
		}
	}
	expect("at first", "waiting false [] false")
	s.Fault = down
	s.Sleep(20 * time.Second)
	expect("while Horizon is down", "waiting false [] true")
	s.Fault = nil
	s.Sleep(2 * time.Minute) // a failing Horizon is left alone for a while
	expect("when it is back", "waiting false [] false")
	s.Pay(s.Person(), addr(c.text("destination")), "30", s.USDC(), c.text("memo"))
	expect("after a part payment", "partly false [] false")
	shop.post("/checkout/"+id+"/expire", "")
	expect("after its cancellation", "cancelling true [] false")
	page := anybody.get("/pay/" + id + "/check")
	if strings.Contains(page.body, "data-wallet-link") || !strings.Contains(page.body, `data-phase="cancelling"`) {
		t.Error("a page that is loaded after the cancellation asks for money, or does not say why not")
	}
	s.Pay(s.Person(), addr(c.text("destination")), "25", s.USDC(), c.text("memo"))
	expect("once it is paid all the same", "overpaid true [] false")
	receipt := anybody.get("/pay/" + id + "/receipt")
	if got := strings.Count(receipt.body, `data-testid="payment-`); receipt.status != 200 || got != 2 {
		t.Errorf("the receipt: %d, %d payments, want two", receipt.status, got)
	}
}
