package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"edgecheckout/e2e/chromium"
	"edgecheckout/sandbox/stack"
	"edgecheckout/sandbox/wallet"

	"github.com/chromedp/chromedp"
	"github.com/stellar/go/txnbuild"
)

// canSignIn waits until the service knows everywhere that the shop is paid to its account.
func (s *shop) canSignIn() {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Second) {
		signed, err := wallet.SignChallenge(s.challenge(), s.on.Passphrase, s.keys)
		if err != nil {
			s.t.Fatal(err)
		}
		reply, err := s.on.Merchant("").Do(s.t.Context(), http.MethodPost, "/auth", []byte(`{"transaction": "`+signed+`"}`))
		if err == nil && reply.Status == http.StatusOK {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("%d %s, %v", reply.Status, reply.Body, err)
		}
	}
}

// The whole console works without scripts, in a browser that keeps the session in a cookie for this
// machine alone.
func TestOwnerUsesTheConsoleWithoutScripts(t *testing.T) {
	s := openShop(t)
	b := openTab(t).withoutScripts()
	o := owner{b, s}
	to, press, fill, title := o.to, o.press, o.fill, consoleTitle

	s.canSignIn()
	to("/console")
	b.await(title, "Sign in")
	b.audited("sign-in")
	fill("wallet", t.Name())
	press(`form[action="/console/sign-in/test-wallet"] button`)
	b.await(title, "Home")
	if got := evaluate[string](b, "document.cookie"); got != "" {
		t.Errorf("scripts can read the cookie: %s", got)
	}

	to("/console/products")
	fill("name", "Bag of coffee")
	fill("price_amount", "12.5")
	press(`form[action="/console/products"] button`)
	b.await(`document.querySelector("[data-testid=notice]")?.innerText`, "Added.")
	product := evaluate[string](b, `document.querySelector("td a").getAttribute("href").split("/").pop()`)
	reply, err := s.CreateCheckout(t.Context(), "product", fields{"product_id": product})
	if err != nil {
		t.Fatal(err)
	}
	s.pay(reply.Object, "13")
	order := "/console/checkouts/" + reply.Object.ID
	for range 60 {
		if to(order); strings.Contains(evaluate[string](b, "document.body.innerText"), "completed, overpaid") {
			break
		}
	}
	b.await(`document.querySelector("[data-testid=section-summary] dd").innerText`, "completed, overpaid")
	for path, heading := range map[string]string{
		"/console": "Home", "/console/checkouts": "Checkouts", order: "Checkout", "/console/inbox": "Inbox", "/console/links": "Links", "/console/products/" + product: "Product",
		"/console/customers": "Customers", "/console/developers": "Developers", "/console/settings": "Settings", "/console/health": "Health",
	} {
		to(path)
		b.await(title, heading)
		b.audited(path)
	}

	to("/console/links")
	fill("amount", "7.5")
	fill("asset_code", "XLM")
	fill("description", "Tasting")
	press(`form[action="/console/links"] button`)
	b.await(`document.querySelector("[data-testid=notice]")?.innerText.startsWith("The link is made.")`, "true")
	b.audited("link")
	press(`[data-testid="section-address"] dd a`)
	b.await(title, "Payment to Northwind Coffee")
	press(`form[action^="/buy/"] button`)
	b.await(`location.pathname.startsWith("/pay/")`, "true") // the page of the link has an amount, too
	b.await(`document.querySelector("[data-testid=amount]")?.innerText.includes("7.50")`, "true")

	to("/console")
	press(`form[action="/console/sign-out"] button`)
	b.await(title, "Sign in")
	to("/console/settings")
	b.await(title, "Sign in")
}

// owner is somebody who uses the console in a tab.
type owner struct {
	*tab
	s *shop
}

const consoleTitle = `document.querySelector("h1")?.innerText`

func (o owner) to(path string) {
	o.t.Helper()
	o.do(chromium.Open(o.s.on.BaseURL + path))
}

func (o owner) press(selector string) {
	o.t.Helper()
	o.do(chromium.Click(selector))
}

func (o owner) fill(name, value string) {
	o.t.Helper()
	evaluate[string](o.tab, fmt.Sprintf(`document.querySelector("[name=%s]").value = %q`, name, value))
}

// signIn signs in with the test wallet.
func (o owner) signIn() {
	o.t.Helper()
	o.s.canSignIn()
	o.to("/console")
	o.await(consoleTitle, "Sign in")
	o.fill("wallet", o.t.Name())
	o.press(`form[action="/console/sign-in/test-wallet"] button`)
	o.await(consoleTitle, "Home")
}

// buy opens a link, presses its button, and returns the checkout.
func (o owner) buy(link string) stack.Checkout {
	o.t.Helper()
	o.do(chromium.Open(link))
	o.await(`document.querySelector("form [data-testid=buy]") !== null`, "true")
	o.press(`form [data-testid=buy]`)
	o.await(`location.pathname.startsWith("/pay/")`, "true")
	return o.s.read(evaluate[string](o.tab, `location.pathname.split("/").pop()`))
}

// The way of a new shop: a product, a link, two sales, of which one is paid too much, the excess
// back, and the month as a file.
func TestOwnerSellsByALinkAndPaysTheExcessBack(t *testing.T) {
	s := openShop(t)
	o := owner{openTab(t), s}
	o.signIn()

	o.to("/console/products")
	o.fill("name", "Bag of coffee")
	o.fill("price_amount", "12.5")
	o.press(`form[action="/console/products"] button`)
	o.await(element("notice")+`?.innerText`, "Added.")
	o.to("/console/links")
	o.await(`document.querySelector("[name=product_id]").options.length`, "2")
	evaluate[int](o.tab, `document.querySelector("[name=product_id]").selectedIndex = 1`)
	o.press(`form[action="/console/links"] button`)
	o.await(element("notice")+`?.innerText.startsWith("The link is made.")`, "true")
	link := evaluate[string](o.tab, element("code-address")+`.textContent`)

	first := o.buy(link)
	s.pay(first, "12.5")
	o.await(`document.querySelector("[data-pay]").dataset.phase`, "paid")
	second := o.buy(link)
	s.pay(second, "15")
	o.await(`document.querySelector("[data-pay]").dataset.phase`, "overpaid")

	o.to("/console/inbox")
	o.press(`[data-testid="section-inbox"] a[href^="/console/payments/"]`)
	o.await(consoleTitle, "Payment")
	o.await(`document.querySelector("[name=amount]").value`, "2.5")
	o.press(`form[action$="/refund"] button`)
	o.await(element("notice")+`?.innerText.startsWith("The transaction is made.")`, "true")
	refund := evaluate[string](o.tab, `location.pathname`)
	o.fill("wallet", t.Name())
	o.press(`form[action$="/test-wallet"] button`)
	o.await(element("notice")+`?.innerText`, "Signed and submitted.")
	for range 60 {
		if strings.Contains(evaluate[string](o.tab, element("section-refund")+`.innerText`), "succeeded") {
			break
		}
		o.to(refund)
	}
	o.to("/console/checkouts/" + second.ID)
	if line := evaluate[string](o.tab, element("timeline")+`.innerText`); !strings.Contains(line, "Paid 15 XLM") || !strings.Contains(line, "Paid back 2.5 XLM") {
		t.Errorf("the time line is %s", line)
	}
	hash := evaluate[string](o.tab, element("timeline")+`.querySelector("li:last-child a").href`)
	paid, ok := s.on.Sandbox().Ledger().Transaction(hash[strings.LastIndex(hash, "/")+1:])
	if !ok || !paid.Successful {
		t.Errorf("the time line leads to %s", hash)
	}

	o.to("/console/checkouts")
	o.fill("from", second.CreatedAt.Format("2006-01-")+"01")
	o.fill("to", second.CreatedAt.Format(time.DateOnly))
	o.press(`form[action="/console/checkouts"] button`)
	o.await(`location.search.includes("from=") && document.readyState`, "complete")
	file, err := chromedp.Run(o.ctx, chromedp.Evaluate[string](`fetch(document.querySelector('a[href^="/console/checkouts.csv"]').href).then((r) => r.text())`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(file, "\n"); lines != 3 || !strings.Contains(file, first.ID) || !strings.Contains(file, second.ID+",") || !strings.Contains(file, "overpaid") {
		t.Errorf("the file of the month is\n%s", file)
	}
}

// The account's wallet in the browser signs in, whichever it is.
func TestOwnerSignsInWithAWalletInTheBrowser(t *testing.T) {
	for _, wallet := range []string{"freighter", "lobstr", "xbull", "rabet", "albedo"} {
		t.Run(wallet, func(t *testing.T) {
			s := openShop(t)
			s.canSignIn()
			e := &extension{keys: s.keys, passphrase: s.on.Passphrase, refuses: errors.New("The user rejected this request."), refusesOnly: "sign"}
			o := owner{openTab(t), s}
			o.install(wallet, e)
			o.to("/console/sign-in?mode=test&account=" + s.account)
			o.await(element("wallet-"+wallet)+` !== null`, "true")
			o.click("wallet-" + wallet)
			o.await(step, "rejected")
			e.refuses = nil
			o.click("choice-0")
			o.await(consoleTitle, "Home")
		})
	}
}

// A wallet that signed another transaction has not signed in, and the page says so.
func TestConsoleRefusesWhatAWalletChanged(t *testing.T) {
	s := openShop(t)
	e := &extension{keys: s.keys, passphrase: s.on.Passphrase, changes: func(p txnbuild.TransactionParams) txnbuild.TransactionParams {
		p.Memo = txnbuild.MemoText("another")
		return p
	}}
	o := owner{openTab(t), s}
	o.install("freighter", e)
	o.to("/console/sign-in?mode=test&account=" + s.account)
	o.await(element("wallet-freighter")+`?.innerText.includes("in this browser")`, "true")
	o.click("wallet-freighter")
	o.await(step, "changed")
	e.changes, e.unsigned = nil, true
	o.click("choice-0")
	o.await(step, "unsigned")
}

// The wallet in the page signs a refund, and the page submits it.
func TestOwnerPaysBackWithAWalletInTheBrowser(t *testing.T) {
	s := openShop(t)
	o := owner{openTab(t), s}
	o.install("freighter", &extension{keys: s.keys, passphrase: s.on.Passphrase})
	c := s.charge(fields{"amount": 5, "asset_code": "USDC"})
	s.pay(c, "5")
	paid := s.awaitStatus(c.ID, "completed")
	o.signIn()
	o.to("/console/payments/" + paid.Payments[0].ID)
	o.press(`form[action$="/refund"] button`)
	o.await(element("wallet-freighter")+`?.innerText.includes("in this browser")`, "true")
	o.click("wallet-freighter")
	for range 20 {
		o.await(`document.readyState === "complete" && !document.querySelector("[data-wallet-step]:not([hidden])")`, "true")
		if strings.Contains(evaluate[string](o.tab, element("section-refund")+`.innerText`), "succeeded") {
			return
		}
		o.to(evaluate[string](o.tab, `location.pathname`))
	}
	t.Errorf("not seen: %s", evaluate[string](o.tab, `document.body.innerText`))
}
