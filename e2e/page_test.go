package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"edgecheckout/sandbox/stack"
	"edgecheckout/templates/static"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
)

// pageHeaders are the headers that determine what a browser does with the page.
var pageHeaders = []string{
	"Cache-Control", "Cache-Tag", "Cloudflare-Cdn-Cache-Control", "Content-Security-Policy", "Content-Type", "Referrer-Policy", "Set-Cookie",
	"Strict-Transport-Security", "X-Content-Type-Options",
}

func headersOf(header http.Header, names []string) map[string]string {
	found := map[string]string{}
	for _, name := range names {
		if value := header.Get(name); value != "" {
			found[name] = value
		}
	}
	return found
}

func TestPageHasCachingAndSecurityHeaders(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": 5, "asset_code": "USDC"})
	want := map[string]string{
		"Cache-Control":                "no-cache",
		"Cloudflare-Cdn-Cache-Control": "max-age=15, stale-while-revalidate=15, stale-if-error=0",
		"Cache-Tag":                    c.ID,
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' " + s.on.HorizonURL +
			" wss://relay.walletconnect.org; form-action 'self' " + s.on.HorizonURL + "; frame-ancestors 'none'; base-uri 'none'",
		"Content-Type":              "text/html; charset=utf-8",
		"Referrer-Policy":           "no-referrer",
		"Strict-Transport-Security": "max-age=31536000",
		"X-Content-Type-Options":    "nosniff",
	}
	first := get(t, s.on, pagePath(c))
	if diff := cmp.Diff(want, headersOf(first.Header, pageHeaders)); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if mailed := get(t, s.on, pagePath(c)+"?utm_source=mail"); mailed.Status != http.StatusFound || mailed.Header.Get("Location") != pagePath(c) {
		t.Errorf("with a query that changes nothing: %d %v", mailed.Status, mailed.Header)
	}
	second := get(t, s.on, pagePath(c))
	if diff := cmp.Diff(string(first.Body), string(second.Body)); diff != "" {
		t.Errorf("two readers see different pages:\n%s", diff)
	}
	if id := first.Header.Get("Request-Id"); !requestID.MatchString(id) {
		t.Errorf("request id %q", id)
	}
}

func TestFinishedPageIsCachedLonger(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	s.pay(c, "5")
	s.awaitStatus(c.ID, "completed")
	if got := get(t, s.on, pagePath(c)).Header.Get("Cloudflare-Cdn-Cache-Control"); got != "max-age=86400, stale-while-revalidate=86400" {
		t.Errorf("Cloudflare-CDN-Cache-Control: %s", got)
	}
}

func TestPageOfAnUnknownCheckoutIsNotFound(t *testing.T) {
	t.Parallel()
	for _, id := range []string{anID, "chk_", "nothing"} {
		reply := get(t, service, "/pay/"+id)
		want := map[string]string{
			"Cache-Control":                "no-cache",
			"Cloudflare-Cdn-Cache-Control": "max-age=10, stale-if-error=0",
			"Content-Security-Policy":      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
			"Content-Type":                 "text/html; charset=utf-8",
			"Referrer-Policy":              "no-referrer",
			"Strict-Transport-Security":    "max-age=31536000",
			"X-Content-Type-Options":       "nosniff",
		}
		if diff := cmp.Diff(want, headersOf(reply.Header, pageHeaders)); reply.Status != http.StatusNotFound || diff != "" {
			t.Errorf("%s: %d, headers (-want +got):\n%s", id, reply.Status, diff)
		}
		title := document(t, reply.Body).Find(`[data-testid="title"]`).Text()
		if title != "This payment page does not exist" {
			t.Errorf("%s: the title is %q", id, title)
		}
	}
}

func TestPageAndStatusShowNothingPrivate(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{
		"amount": 5, "asset_code": "XLM", "customer_email": "ada.private@example.com", "customer_phone": "+14155550199",
		"metadata":     fields{"secret-key": "secret-value"},
		"redirect_url": "https://shop.example/after-{CHECKOUT_ID}", "cancel_url": "https://shop.example/cart",
	})
	private := map[string]string{
		"the e-mail address": "ada.private@example.com", "the phone number": "4155550199", "the customer's id": *c.CustomerID,
		"a key of metadata": "secret-key", "a value of metadata": "secret-value",
		"the API key": s.Key, "the operator's token": s.on.Secrets.AdminToken, "a memo key": s.on.Secrets.MemoKeys,
		"the merchant's id": s.id, "where a payer is sent": "shop.example/after-",
	}
	look := func(when string) {
		t.Helper()
		for _, path := range []string{pagePath(c), pagePath(c) + "/status"} {
			body := string(get(t, s.on, path).Body)
			for what, text := range private {
				if strings.Contains(body, text) {
					t.Errorf("%s, %s shows %s", when, path, what)
				}
			}
		}
	}
	look("before it is paid")
	s.pay(c, "2")
	s.await(c.ID, "partly paid", func(c stack.Checkout) bool { return len(c.Payments) > 0 })
	look("once it is partly paid")
}

func TestPageHasAllThatIsNeededToPayByHand(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{
		"amount": "1234.5000001", "asset_code": "USDC", "description": "Order 1042: <b>two</b> bags & a cup",
		"cancel_url": "https://shop.example/cart?from={CHECKOUT_ID}",
	})
	d := document(t, get(t, s.on, pagePath(c)).Body)
	text := func(id string) string { return strings.TrimSpace(d.Find(`[data-testid="` + id + `"]`).First().Text()) }
	attribute := func(id, name string) string {
		value, _ := d.Find(`[data-testid="` + id + `"]`).First().Attr(name)
		return value
	}
	got := map[string]string{
		"merchant": d.Find("h1 bdi").Text(), "amount": strings.Join(strings.Fields(text("amount")), ""), "asset": text("asset"), "issuer": text("issuer"),
		"description": text("description"), "destination": text("destination"), "to-pay": text("to-pay"), "memo": text("memo"),
		"network": text("network"), "reference": text("reference"), "warning": strings.Join(strings.Fields(text("warning")), " "),
		"wallet-link": attribute("wallet-link", "href"), "cancel": attribute("cancel", "href"),
		"expires": attribute("expires", "datetime"), "status": attribute("status", "data-status"),
	}
	want := map[string]string{
		"merchant": "Northwind Coffee", "amount": "1,234.5000001", "asset": "USDC", "issuer": *c.AssetIssuer,
		"description": "Order 1042: <b>two</b> bags & a cup", "destination": c.Destination, "to-pay": "1234.5000001", "memo": c.Memo,
		"network": "Local sandbox", "reference": c.ID,
		"warning":     "Include the memo: without it, Northwind Coffee can’t tell the payment is yours.",
		"wallet-link": c.PaymentURI, "cancel": "https://shop.example/cart?from=" + c.ID,
		"expires": c.ExpiresAt.UTC().Format("2006-01-02T15:04:05Z"), "status": "open",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the page (-want +got):\n%s", diff)
	}
	if n := d.Find("svg[data-testid=qr]").Length(); n != 1 {
		t.Errorf("%d QR codes, want 1", n)
	}
	d.Find("script, style, [style]").Each(func(_ int, e *goquery.Selection) {
		if src, ok := e.Attr("src"); !ok || e.Text() != "" {
			t.Errorf("something inline: %s %s", src, e.Text())
		}
	})
	for _, e := range d.Find("*").Nodes {
		if i := slices.IndexFunc(e.Attr, isHandler); i >= 0 {
			t.Errorf("an inline handler: %s on %s", e.Attr[i].Key, e.Data)
		}
	}
}

func TestPageIsInTheLanguageOfTheBrowser(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	for _, path := range []string{pagePath(c), pagePath(c) + "/receipt", "/buy/link_01kay3t4w5x6y7z8a9b0c1d2e3"} {
		client := stack.Client{BaseURL: s.on.BaseURL}
		moved, err := client.Do(t.Context(), "GET", path, nil, "Accept-Language", "es-MX,en;q=0.5")
		if err != nil {
			t.Fatal(err)
		}
		if to := moved.Header.Get("Location"); moved.Status != http.StatusFound || to != path+"?lang=es" {
			t.Fatalf("%s: %d to %q", path, moved.Status, to)
		}
		reply, err := client.Do(t.Context(), "GET", path+"?lang=es", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := document(t, reply.Body).Find("html").AttrOr("lang", ""); got != "es" {
			t.Errorf("%s is in %q", path, got)
		}
	}
}

func TestFilesOfThePageAreCachedForever(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	d := document(t, get(t, s.on, pagePath(c)).Body)
	var files []string
	for _, f := range static.Released() {
		files = append(files, f.Path)
	}
	d.Find("link[href], script[src]").Each(func(_ int, e *goquery.Selection) {
		files = append(files, e.AttrOr("href", "")+e.AttrOr("src", ""))
	})
	if len(files) != 5+len(static.Released()) {
		t.Errorf("the page loads %q, want an icon, a stylesheet and three scripts, beside those of the last release", files)
	}
	// Those of the wallets are loaded once somebody has chosen one.
	for _, attribute := range d.Find("[data-wallets]").Nodes[0].Attr {
		if strings.HasPrefix(attribute.Val, "/assets/") {
			files = append(files, attribute.Val)
		}
	}
	if len(files) != 5+7+len(static.Released()) {
		t.Errorf("the page names %q, want the scripts of six wallets, and their sentences", files)
	}
	for _, file := range files {
		reply := get(t, s.on, file)
		got := headersOf(reply.Header, []string{"Cache-Control", "Request-Id", "Strict-Transport-Security", "X-Content-Type-Options"})
		want := map[string]string{
			"Cache-Control": "public, max-age=31536000, immutable", "Strict-Transport-Security": "max-age=31536000", "X-Content-Type-Options": "nosniff",
		} // there is no Request-Id, since the Worker is not called
		if diff := cmp.Diff(want, got); reply.Status != http.StatusOK || diff != "" {
			t.Errorf("%s: %d (-want +got):\n%s", file, reply.Status, diff)
		}
	}
}
