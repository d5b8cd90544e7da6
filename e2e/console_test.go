package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"edgecheckout/e2e/chromium"
	"edgecheckout/sandbox/stack"
	"edgecheckout/sandbox/wallet"

	"github.com/chromedp/chromedp"
)

// canSignIn waits until the service knows everywhere that the shop is paid to its account.
func (s *shop) canSignIn() {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Second) {
		signed, err := wallet.SignChallenge(s.challenge(), s.on.Passphrase, s.keys)
		if err != nil {
			s.t.Fatal(err)
		}
		reply, err := stack.Client{BaseURL: s.on.BaseURL}.Do(s.t.Context(), http.MethodPost, "/auth", []byte(`{"transaction": "`+signed+`"}`))
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
	to := func(path string) { b.do(chromedp.Navigate(s.on.BaseURL + path)) }
	press := func(selector string) { b.do(chromium.Click(selector)) }
	title := `document.querySelector("h1")?.innerText`
	fill := func(name, value string) {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		evaluate[string](b, `document.querySelector("[name=`+name+`]").value = `+string(text))
	}

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
		"/console": "Home", "/console/checkouts": "Checkouts", order: "Checkout", "/console/inbox": "Inbox", "/console/products/" + product: "Product",
		"/console/customers": "Customers", "/console/developers": "Developers", "/console/settings": "Settings", "/console/health": "Health",
	} {
		to(path)
		b.await(title, heading)
		b.audited(path)
	}
	to("/console")
	press(`form[action="/console/sign-out"] button`)
	b.await(title, "Sign in")
	to("/console/settings")
	b.await(title, "Sign in")
}
