package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"edgecheckout/e2e/chromium"
	"edgecheckout/sandbox/stack"
	"edgecheckout/sandbox/wallet"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
)

// storefront is the merchant's own site, to which customers are redirected.
func storefront(t *testing.T) (origin string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/thanks" && r.URL.Path != "/cart" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!doctype html><link rel=icon href=data:,><title>%s</title>", r.URL.Path)
	}))
	t.Cleanup(server.Close)
	// In test mode redirects may lead to http://localhost, but to no other name of this machine.
	return strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
}

// visit opens a checkout's page and marks it, so that a reload can be detected.
func (b *tab) visit(c stack.Checkout) {
	b.t.Helper()
	b.do(chromium.Open(c.PaymentURL))
	b.await(heading, "Waiting for your payment")
	evaluate[bool](b, `window.sameDocument = true`)
}

// stillTheSame fails the test if the page was reloaded since the visit.
func (b *tab) stillTheSame() {
	b.t.Helper()
	if !evaluate[bool](b, `window.sameDocument === true`) {
		b.t.Error("the page was loaded again")
	}
}

func TestCustomerWhoPaidIsRedirectedToTheMerchant(t *testing.T) {
	s := openShop(t)
	site := storefront(t)
	c := s.charge(fields{"amount": 5, "asset_code": "USDC", "redirect_url": site + "/thanks?checkout={CHECKOUT_ID}"})
	b := openTab(t)
	b.visit(c)
	s.pay(c, "2")
	b.await(heading, "Part of it has arrived")
	got := map[string]string{
		"received": evaluate[string](b, element("received")+`.textContent`), "due": evaluate[string](b, element("due")+`.textContent`),
		"to-pay": evaluate[string](b, element("to-pay")+`.textContent`),
	}
	if diff := cmp.Diff(map[string]string{"received": "2", "due": "3", "to-pay": "3"}, got); diff != "" {
		t.Errorf("the page (-want +got):\n%s", diff)
	}
	b.stillTheSame()
	s.pay(c, "3")
	b.await(`document.querySelector('[data-standing]')?.dataset.status`, "completed")
	b.stillTheSame()
	b.await(`location.href`, site+"/thanks?checkout="+c.ID)
	wantVerdict(t, s.read(c.ID), verdict{Status: "completed", Received: "5", Payments: []money{{Amount: "2", Asset: "USDC"}, {Amount: "3", Asset: "USDC"}}})
	// Going back must not return to the page that redirects.
	b.do(chromedp.NavigateBack())
	b.await(`location.href`, "about:blank")
}

func TestCustomerPaysInTheBrowser(t *testing.T) {
	s := openShop(t)
	site := storefront(t)
	c := s.charge(fields{"amount": "7.25", "asset_code": "XLM", "redirect_url": site + "/thanks?checkout={CHECKOUT_ID}"})
	b := openTab(t)
	b.visit(c)
	b.do(chromium.Click(`.test-wallet button[type=submit]`))
	b.await(`location.href`, site+"/thanks?checkout="+c.ID)
	wantVerdict(t, s.read(c.ID), paidOnce("7.25"))
}

func TestCustomerPaysInABrowserWithoutScripts(t *testing.T) {
	s := openShop(t)
	site := storefront(t)
	c := s.charge(fields{"amount": "7.25", "asset_code": "XLM", "redirect_url": site + "/thanks?checkout={CHECKOUT_ID}"})
	b := openTab(t).withoutScripts()
	b.do(chromium.Open(c.PaymentURL))
	// The debugger can still evaluate expressions; the page's own scripts did not run.
	if evaluate[bool](b, `document.querySelector("[data-copy]").checkVisibility()`) {
		t.Error("without scripts there are buttons that do nothing")
	}
	b.do(chromium.Click(`.test-wallet button[type=submit]`))
	s.awaitStatus(c.ID, "completed")
	// The page waits for its reader, and is then answered from no cache.
	b.await(heading, "Waiting for your payment")
	b.do(chromium.Click(`[data-testid="check"]`))
	b.await(heading, "Payment complete")
	b.do(chromium.Click(`[data-testid="receipt"]`))
	b.await(`document.querySelector('[data-testid="verdict"]')?.innerText`, "Payment complete")
	b.do(chromium.Click(`[data-testid="to-page"]`))
	b.await(heading, "Payment complete")
	b.do(chromium.Click(`[data-testid="redirect"]`))
	b.await(`location.href`, site+"/thanks?checkout="+c.ID)
	wantVerdict(t, s.read(c.ID), paidOnce("7.25"))
}

func TestOpenPageShowsThatItsCheckoutExpired(t *testing.T) {
	s := openShop(t).withCron()
	b := openTab(t)
	c := s.charge(fields{"amount": 5, "asset_code": "XLM", "expires_in": soon, "cancel_url": "https://shop.example/cart"})
	b.visit(c)
	b.await(heading, "This payment has expired")
	b.stillTheSame()
	if evaluate[bool](b, `document.querySelector("[data-payment]").checkVisibility()`) {
		t.Error("an expired page still says how to pay")
	}
	if !evaluate[bool](b, element("cancel")+`.checkVisibility()`) {
		t.Error("an expired page has no way back")
	}
}

func TestOpenPageShowsAPaymentInAnotherAsset(t *testing.T) {
	s := openShop(t).withCron()
	s.customerKeys()
	b := openTab(t)
	c := s.charge(fields{"amount": 5, "asset_code": "USDC", "expires_in": 2 * soon})
	b.visit(c)
	s.pay(c, "5", func(p *wallet.Payment) { p.Asset = wallet.EURC })
	b.await(`!!document.querySelector('[data-testid="other"]')?.innerText.includes("5 EURC")`, "true")
	b.await(heading, "Paid in another asset")
	b.stillTheSame()
}

func TestPageCanBeUsedWithTheKeyboardAlone(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": 5, "asset_code": "USDC", "cancel_url": "https://shop.example/cart"})
	b := openTab(t)
	b.visit(c)
	var reached []string
	b.await(`document.querySelectorAll("[data-wallet-others] button").length`, "6")
	for range 26 {
		b.do(chromedp.KeyEvent(kb.Tab))
		reached = append(reached, evaluate[string](b, `(document.activeElement === document.body ? "" :
			document.activeElement.matches(":focus-visible") + " " + (document.activeElement.labels?.[0] || document.activeElement).innerText.replace(/\s+/g, " ").trim())`))
		// Who issues the asset is proven sooner or later.
		if name, _, found := strings.Cut(reached[len(reached)-1], " by "); found && name == "true USDC" {
			reached[len(reached)-1] = "true USDC · Details"
		}
		if reached[len(reached)-1] == "" {
			break
		}
	}
	want := []string{
		"true Language: English", "true USDC · Details",
		"true Pay 5 USDC with your wallet", "true Other wallets", "true Copy Address", "true Copy Amount", "true Copy Memo (required)",
		"true Where do I get USDC?", "true What is a trustline?", "true Can I pay from an exchange?", "true My wallet can’t send a memo", "true I paid without the memo",
		"true Wallet", "true Amount in USDC", "true Pay", "true Back to Northwind Coffee", "",
	}
	if diff := cmp.Diff(want, reached); diff != "" {
		t.Errorf("what Tab reaches, and whether it can be seen there (-want +got):\n%s", diff)
	}
	evaluate[chromedp.Void](b, element("copy-memo")+`.focus()`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.await(`document.querySelector("[data-live]").textContent`, "Copied: Memo (required)")
}
