package worker_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"edgecheckout/sandbox/ledger"
)

func TestHomeSumsUpWhatWasPaid(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop := s.tenant(edge, "Shop", s.Merchant())
	customer := s.Person()
	owner := s.owner(edge, shop)
	owner.open("/console").shows("paid", "TodayNothing yet", "Sums of the 0 checkouts")
	for _, amount := range []string{"5", "2.5000001"} {
		c := shop.post("/checkout?type=direct", fmt.Sprintf(`{"amount":%q,"asset_code":"USDC"}`, amount))
		s.Pay(customer, addr(c.text("destination")), amount, s.USDC(), c.text("memo"))
		s.Advance(10 * time.Second)
	}
	over := shop.post("/checkout?type=direct", `{"amount":1,"asset_code":"XLM"}`)
	s.Pay(customer, addr(over.text("destination")), "3", xlm, over.text("memo"))
	s.Advance(10 * time.Second)
	s.Advance(time.Minute)
	s.sweep(edge)
	home := s.owner(edge, shop).open("/console")
	home.shows("paid", "Today7.5000001 USDC", "In seven days7.5000001 USDC", "3 XLM")
	home.shows("attention", "Overpaid", "3 XLM received, 1 XLM asked")
	home.shows("settlement", "on time")
	s.Sleep(24 * time.Hour)
	s.Advance(time.Minute)
	s.sweep(edge)
	later := s.owner(edge, shop).open("/console")
	later.shows("paid", "TodayNothing yet", "In seven days7.5000001 USDC")
	later.shows("days", "Sun 22 Nov", "7.5000001")
}

func TestCheckoutsAreFoundByWhatOwnersKnow(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop := s.tenant(edge, "Shop", s.Merchant())
	wanted := shop.post("/checkout?type=direct", `{"amount":"12.34","asset_code":"USDC","customer_email":"ada@example.com","description":"Red shoes"}`)
	s.Sleep(time.Minute)
	other := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"XLM"}`).text("id")
	s.Pay(s.Person(), addr(wanted.text("destination")), "12.34", s.USDC(), wanted.text("memo"))
	s.Advance(time.Minute)
	s.sweep(edge)
	paid := shop.get("/checkout/" + wanted.text("id"))
	hash := paid.fields["payments"].([]any)[0].(map[string]any)["transaction_hash"].(string)
	owner := s.owner(edge, shop)
	for _, query := range []string{
		"q=" + wanted.text("id"), "q=" + wanted.text("memo"), "q=" + wanted.text("customer_id"), "q=" + hash, "q=" + strings.ToUpper(hash), "q=12.34", "q=12.3400", "q=red+shoes",
		"status=completed", "status=completed&from=2026-11-22&to=2026-11-22",
	} {
		list := owner.open("/console/checkouts?" + query).part("list")
		if !strings.Contains(list, wanted.text("id")) || strings.Contains(list, other) {
			t.Errorf("%s finds %s", query, list)
		}
	}
	for _, query := range []string{"q=" + wanted.text("id") + "x", "q=99", "status=failed", "to=2026-11-21", "from=2026-11-23"} {
		if r := owner.open("/console/checkouts?" + query); r.text(`[data-testid="empty"]`) == "" {
			t.Errorf("%s finds %s", query, r.part("list"))
		}
	}
	for _, query := range []string{"status=paid", "from=yesterday", "to=2026-13-01", "after=x"} {
		if r := owner.get("/console/checkouts?" + query); r.status != 400 || r.text(`[data-testid="problem"]`) == "" {
			t.Errorf("%s: %d", query, r.status)
		}
	}
}

func TestListsGoOnWithOlderObjects(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop := s.tenant(edge, "Shop", s.Merchant())
	want := map[string]bool{}
	for range 60 {
		s.Sleep(time.Second)
		want[shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"XLM"}`).text("id")] = true
	}
	owner := s.owner(edge, shop)
	pages, path := 0, "/console/checkouts"
	for path != "" {
		list := owner.open(path)
		for id := range want {
			if strings.Contains(list.body, id) {
				delete(want, id)
			}
		}
		path = ""
		list.Find(".links a").Each(func(i int, _ *selection) {
			if link := list.Find(".links a").Eq(i); link.Text() == "Older" {
				path = link.AttrOr("href", "")
			}
		})
		pages++
	}
	if len(want) != 0 || pages != 3 {
		t.Errorf("%d pages, %d checkouts missing", pages, len(want))
	}
	if file := owner.open("/console/checkouts.csv"); strings.Count(file.body, "\n") != 61 {
		t.Errorf("the file has %d lines", strings.Count(file.body, "\n"))
	}
}

func TestCheckoutShowsItsStory(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop := s.stocked(edge, "Shop")
	c := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC","metadata":{"order":"1042"}}`)
	customer := s.Person()
	s.Pay(customer, addr(c.text("destination")), "2", s.USDC(), c.text("memo"))
	s.Advance(time.Minute)
	s.sweep(edge)
	owner := s.owner(edge, shop.tenant)
	page := owner.open("/console/checkouts/" + c.text("id"))
	page.shows("summary", "open, underpaid", "5 USDC", "2 USDC", "https://pay.example/pay/"+c.text("id"), c.text("memo"), "1042")
	s.Pay(customer, addr(c.text("destination")), "3", s.USDC(), c.text("memo"))
	s.Advance(time.Minute)
	s.sweep(edge)
	s.Pay(customer, addr(c.text("destination")), "5", s.USDC(), c.text("memo"))
	s.Advance(time.Minute)
	s.sweep(edge)
	s.Advance(time.Minute)
	s.sweep(edge)
	page = owner.open("/console/checkouts/" + c.text("id"))
	page.shows("timeline", "Made", "Paid 2 USDC", "Paid 3 USDC", "Completed")
	page.shows("told", "checkout.created", "payment.confirmed", "checkout.completed")
	if page.Find(`form[action$="/cancel"]`).Length() != 0 {
		t.Error("a completed checkout can be cancelled")
	}
	if link := page.Find(`[data-testid="timeline"] a`).First().AttrOr("href", ""); !strings.HasPrefix(link, "https://horizon.example/transactions/") {
		t.Errorf("the ledger is at %s, on %s", link, ledger.Passphrase)
	}

	open := "/console/checkouts/" + shop.ids["checkouts"]
	cancelled := owner.follow(owner.submit(owner.open(open), open+"/cancel"))
	if got := cancelled.text(`[data-testid="notice"]`); !strings.Contains(got, "cancelled") {
		t.Errorf("%s", got)
	}
	cancelled.shows("timeline", "Cancelled")
	if r := owner.submit(page, "/console/sign-out"); r.status != 303 {
		t.Error(r.status)
	}
}

func TestOwnersLookAfterProducts(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop := s.tenant(edge, "Shop", s.Merchant())
	owner := s.owner(edge, shop)
	form := owner.open("/console/products")
	wrong := owner.submit(form, "/console/products", "name", "Tea", "price_amount", "free", "asset_code", "XLM")
	if wrong.status != 400 || !strings.Contains(wrong.text(`[data-testid="problem"]`), "price_amount") || wrong.form("/console/products").Get("name") != "Tea" {
		t.Errorf("%d %s", wrong.status, wrong.text("main"))
	}
	fields := []string{"name", "Tea", "description", "Green", "price_amount", "2.5", "asset_code", "USDC", "image", "https://shop.example/tea.jpg"}
	owner.follow(owner.submit(form, "/console/products", fields...))
	owner.follow(owner.submit(form, "/console/products", fields...)) // the button pressed twice
	listed := shop.list("/product").ids
	if len(listed) != 1 {
		t.Fatalf("made %v", listed)
	}
	path := "/console/products/" + listed[0]
	page := owner.open(path)
	page.shows("summary", "Tea", "2.5 USDC", "active")
	owner.follow(owner.submit(page, path, "price_amount", "3"))
	got := shop.get("/product/" + listed[0])
	if got.text("price_amount") != "3" || got.text("name") != "Tea" || got.text("asset_issuer") != string(s.USDC().Issuer) || !strings.Contains(got.body, "tea.jpg") {
		t.Errorf("%s", got.body)
	}
	owner.follow(owner.submit(page, path+"/archive")).shows("summary", "archived")
	owner.follow(owner.submit(owner.open(path), path+"/activate")).shows("summary", "active")
}

func TestOwnersLookAfterLinks(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop := s.tenant(edge, "Shop", s.Merchant())
	owner := s.owner(edge, shop)
	form := owner.open("/console/links")
	if form.Find(`select[name="product_id"]`).Length() != 0 {
		t.Error("a product can be chosen, and there is none")
	}
	wrong := owner.submit(form, "/console/links", "amount", "free", "asset_code", "USDC", "description", "Tasting")
	if wrong.status != 400 || !strings.Contains(wrong.text(`[data-testid="problem"]`), "amount") || wrong.form("/console/links").Get("description") != "Tasting" {
		t.Errorf("%d %s", wrong.status, wrong.text("main"))
	}
	fields := []string{"amount", "12.5", "asset_code", "USDC", "description", "Tasting", "redirect_url", "https://shop.example/thanks", "metadata", "event: tasting\r\n\r\nroom : 4: left"}
	first := owner.follow(owner.submit(form, "/console/links", fields...))
	again := owner.submit(form, "/console/links", fields...) // the button pressed twice
	ids := shop.list("/payment_links").ids
	if len(ids) != 1 || again.header.Get("Location") != "/console/links/"+ids[0]+"?done=linked" {
		t.Fatalf("made %v, and then %v", ids, again.header)
	}
	path, url := "/console/links/"+ids[0], "https://pay.example/buy/"+ids[0]
	first.shows("summary", "Tasting", "12.5 USDC", "open")
	if got := first.text(`[data-testid="code-address"]`); got != url {
		t.Errorf("the address is %s", got)
	}
	if got := first.text(`[data-testid="code-button"]`); !strings.HasPrefix(got, `<a href="`+url+`"`) {
		t.Errorf("the button is %s", got)
	}
	if first.Find(`[data-testid="section-print"] svg path`).Length() == 0 || first.Find(`a[href="`+url+`/qr.svg"]`).Length() != 1 {
		t.Error("there is no code to print")
	}
	link := shop.get("/payment_links/" + ids[0])
	if link.text("redirect_url") != "https://shop.example/thanks" || link.text("metadata.event") != "tasting" || link.text("metadata.room") != "4: left" {
		t.Errorf("%s", link.body)
	}

	// What a form leaves out is removed.
	owner.follow(owner.submit(first, path, "amount", "", "redirect_url", "", "metadata", "event: talk"))
	link = shop.get("/payment_links/" + ids[0])
	if link.fields["amount"] != nil || link.fields["redirect_url"] != nil || link.text("metadata.event") != "talk" || strings.Contains(link.body, "room") || link.text("asset_code") != "USDC" {
		t.Errorf("%s", link.body)
	}
	owner.open("/console/links").shows("list", "Tasting", "the customer says how much USDC")
	owner.follow(owner.submit(first, path+"/close")).shows("summary", "closed")
	if shop.get("/payment_links/" + ids[0]).fields["active"] != false {
		t.Error("still active")
	}
	owner.follow(owner.submit(owner.open(path), path+"/open")).shows("summary", "open")

	// A link of a product, and back.
	product := shop.post("/product", `{"name":"Sidamo","asset_code":"XLM","price_amount":3}`).text("id")
	page := owner.open(path)
	if r := owner.submit(page, path, "product_id", product, "amount", "5"); r.status != 400 || r.form(path).Get("product_id") != product {
		t.Errorf("a product and an amount: %d %s", r.status, r.text("main"))
	}
	owner.follow(owner.submit(page, path, "product_id", product)).shows("summary", "Sidamo, 3 XLM", product)
	if link = shop.get("/payment_links/" + ids[0]); link.text("product_id") != product || link.fields["asset_code"] != nil {
		t.Errorf("%s", link.body)
	}
	owner.follow(owner.submit(owner.open(path), path, "product_id", "", "amount", "7", "asset_code", "XLM")).shows("summary", "7 XLM")

	// Metadata that the lines of a form cannot hold stays as it is.
	odd := shop.post("/payment_links", `{"amount":1,"asset_code":"XLM","metadata":{"said":"in two\nlines"}}`).text("id")
	page = owner.open("/console/links/" + odd)
	page.shows("summary", "said", "in two lines")
	owner.follow(owner.submit(page, "/console/links/"+odd, "amount", "2"))
	if link = shop.get("/payment_links/" + odd); link.text("amount") != "2" || link.text("metadata.said") != "in two\nlines" {
		t.Errorf("%s", link.body)
	}
}

func TestOwnersLookAfterCustomers(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop := s.tenant(edge, "Shop", s.Merchant())
	id := shop.post("/customers", `{"name":"Ada","email":"ada@example.com","metadata":{"tier":"gold"}}`).text("id")
	owner := s.owner(edge, shop)
	for _, search := range []string{"", id, "ADA@example.com"} {
		owner.open("/console/customers?q="+search).shows("list", "Ada", "ada@example.com")
	}
	if r := owner.get("/console/customers?q=Ada"); r.status != 400 {
		t.Errorf("%d %s", r.status, r.text("main"))
	}
	path := "/console/customers/" + id
	owner.follow(owner.submit(owner.open(path), path, "name", "Ada L.", "phone", "+14155550123")).shows("summary", "Ada L.", "+14155550123", "ada@example.com")
	if got := shop.get("/customers/" + id); !strings.Contains(got.body, `"tier":"gold"`) {
		t.Errorf("%s", got.body)
	}
	owner.follow(owner.submit(owner.open(path), path+"/delete"))
	if r := owner.get(path); r.status != 404 {
		t.Errorf("%d %s", r.status, r.text("main"))
	}
}

func TestInboxHasMoneyThatNobodyAskedFor(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop := s.tenant(edge, "Shop", s.Merchant())
	other := s.tenant(edge, "Other", s.Merchant())
	ada := shop.post("/customers", `{"name":"Ada"}`).text("id")
	theirs := other.post("/customers", `{"name":"Theirs"}`).text("id")
	customer := s.Person()
	c := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	s.Pay(customer, addr(c.text("destination")), "7", s.USDC(), c.text("memo"))
	s.Advance(10 * time.Second)
	s.Pay(customer, addr(c.text("destination")), "1.25", xlm, "thank you")
	s.Advance(10 * time.Second)
	s.Pay(customer, addr(other.keys.Address()), "9.75", xlm, "for another")
	s.Advance(10 * time.Second)
	s.Advance(time.Minute)
	s.sweep(edge)
	owner := s.owner(edge, shop)
	inbox := owner.open("/console/inbox")
	inbox.shows("inbox", "7 USDC", "overpaid by 2", "5 USDC asked", "1.25 XLM", "unmatched")
	if strings.Contains(inbox.body, "9.75") {
		t.Error("another merchant's money is shown")
	}
	action := func(of screen, row, end string) (found string) {
		of.Find("tr").Each(func(_ int, tr *selection) {
			if strings.Contains(tr.Text(), row) {
				found = tr.Find(`form[action$="`+end+`"]`).AttrOr("action", "")
			}
		})
		return found
	}
	if r := owner.submit(inbox, action(inbox, "1.25 XLM", "/assign"), "customer", theirs); r.status != 400 {
		t.Errorf("assigned to another merchant's customer: %d", r.status)
	}
	inbox = owner.follow(owner.submit(inbox, action(inbox, "1.25 XLM", "/assign"), "customer", ada))
	inbox.shows("inbox", ada)
	inbox = owner.follow(owner.submit(inbox, action(inbox, "7 USDC", "/seen")))
	if strings.Contains(inbox.part("inbox"), "7 USDC") {
		t.Errorf("still shown: %s", inbox.part("inbox"))
	}
	owner.open("/console/inbox?seen=true").shows("inbox", "7 USDC", "seen")
	// Another merchant's payment is none.
	unmatched := other.list("/payment?unmatched=true").ids[0]
	token := inbox.form("/console/sign-out")
	if r := owner.send("POST", "/console/inbox/"+unmatched+"/seen", token); r.status != 404 {
		t.Errorf("%d %s", r.status, r.text("main"))
	}
}

func TestOwnersPayMoneyBack(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop := s.tenant(edge, "Shop", s.Merchant())
	customer := s.Person()
	c := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	s.Pay(customer, addr(c.text("destination")), "7", s.USDC(), c.text("memo"))
	s.Advance(time.Minute)
	s.sweep(edge)
	owner := s.owner(edge, shop)
	order := "/console/checkouts/" + c.text("id")
	payment := owner.open(order).Find(`[data-testid="section-payments"] a[href^="/console/payments/"]`).AttrOr("href", "")
	page := owner.open(payment)
	page.shows("payment", "7 USDC", customer.Address(), c.text("id"))
	page.shows("refund", "did not ask for 2 USDC of it", "exchange")
	action := payment + "/refund"
	if got := page.form(action).Get("amount"); got != "2" {
		t.Errorf("suggests to pay back %s", got)
	}
	refused := owner.submit(page, action, "amount", "7.1", "reason", "by mistake")
	if refused.status != 400 || !strings.Contains(refused.text(`[data-testid="problem"]`), "amount is more than is left") || refused.form(action).Get("reason") != "by mistake" {
		t.Errorf("%d %s", refused.status, refused.text("main"))
	}
	made := owner.submit(page, action)
	if again := owner.submit(page, action); again.header.Get("Location") != made.header.Get("Location") {
		t.Errorf("the form sent twice leads to %s and %s", made.header.Get("Location"), again.header.Get("Location"))
	}
	refund := owner.follow(made)
	refund.shows("refund", "waits to be signed", "2 USDC", customer.Address(), c.text("id"))
	if refund.Find("form").Length() != 1 {
		t.Error("there is a test wallet on a network that is not local")
	}
	if policy := refund.header.Get("Content-Security-Policy"); !strings.Contains(policy, "connect-src 'self' https://horizon.example;") {
		t.Errorf("a wallet's transaction cannot be submitted: %s", policy)
	}
	if link := refund.Find(`a[href^="web+stellar:tx?"]`); link.Length() != 1 || refund.Find(`[data-testid="section-transaction"] svg path`).Length() == 0 {
		t.Error("no wallet elsewhere can sign it")
	}
	owner.open(order).shows("timeline", "To be paid back: 2 USDC")
	if _, err := s.Ledger.Submit(sign(t, refund.text(`[data-testid="code-transaction"]`), shop.keys)); err != nil {
		t.Fatal(err)
	}
	s.Advance(10 * time.Second)
	page = owner.open(order)
	page.shows("timeline", "Paid back 2 USDC", "to "+customer.Address())
	if link := page.Find(`[data-testid="timeline"] a`).Last().AttrOr("href", ""); !strings.HasPrefix(link, "https://horizon.example/transactions/") {
		t.Errorf("the ledger is at %s", link)
	}
	if strings.Contains(page.part("timeline"), "To be paid back") {
		t.Error("it is still to be paid back")
	}
	path, _, _ := strings.Cut(made.header.Get("Location"), "?")
	owner.open(path).shows("refund", "succeeded")
	page = owner.open(payment)
	page.shows("payment", "5 USDC")
	page.shows("refunds", "2 USDC", "succeeded")
	if got := page.form(action).Get("amount"); got != "5" {
		t.Errorf("suggests to pay back %s of what is left", got)
	}
	owner.open("/console/inbox").shows("inbox", "overpaid by 2", "2 USDC paid back")

	// Money of no checkout goes back to where it came from, or elsewhere.
	stray := s.stray(edge, shop)
	page = owner.open("/console/payments/" + stray)
	page.shows("payment", "1.5 XLM", "no: unmatched")
	refund = owner.follow(owner.submit(page, "/console/payments/"+stray+"/refund", "amount", "", "destination", customer.Address(), "memo", "user 7"))
	refund.shows("refund", "1.5 XLM", "user 7", customer.Address())
	s.Sleep(49 * time.Hour)
	owner = s.owner(edge, shop)
	path = "/console/refunds/" + strings.TrimSpace(refund.Find(`[data-testid="section-refund"] code`).Last().Text())
	late := owner.open(path)
	late.shows("refund", "not signed in time")
	if late.Find(`[data-testid="code-transaction"]`).Length() != 0 {
		t.Error("a transaction that is not valid any more is shown")
	}
}

func TestOwnersLookAfterEndpoints(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop := s.tenant(edge, "Shop", s.Merchant())
	owner := s.owner(edge, shop)
	form := owner.open("/console/developers")
	if r := owner.submit(form, "/console/endpoints", "name", "a", "url", "http://127.0.0.1/", "events", "*"); r.status != 400 || r.form("/console/endpoints").Get("url") != "http://127.0.0.1/" {
		t.Errorf("%d %s", r.status, r.text("main"))
	}
	made := owner.submit(form, "/console/endpoints", "name", "Backend", "url", "https://shop.example/hook", "events", "checkout.created customer.created")
	secret := made.text(`[data-testid="code-secret"]`)
	id := shop.list("/webhooks").ids[0]
	path := "/console/endpoints/" + id
	if !strings.HasPrefix(secret, "whsec_") || strings.Contains(owner.open(path).body, secret) {
		t.Errorf("the secret is %q", secret)
	}
	shop.post("/customers", `{"name":"Ada"}`)
	s.sweep(edge)
	page := owner.open(path)
	page.shows("deliveries", "customer.created")
	event := shop.list("/events").ids[0]
	owner.open("/console/events/"+event).shows("event", "customer.created", event, `"name": "Ada"`)
	owner.follow(owner.submit(owner.open("/console/events/"+event), "/console/events/"+event+"/resend"))
	if next := owner.submit(page, path+"/rotate").text(`[data-testid="code-secret"]`); !strings.HasPrefix(next, "whsec_") || next == secret {
		t.Errorf("rotated to %q", next)
	}
	owner.follow(owner.submit(page, path+"/disable")).shows("summary", "disabled")
	if r := owner.submit(page, path+"/resend"); r.status != 409 {
		t.Errorf("sent to a disabled one: %d", r.status)
	}
	owner.follow(owner.submit(owner.open(path), path+"/enable")).shows("summary", "enabled")
	owner.follow(owner.submit(page, path, "name", "Server")).shows("summary", "Server")
	owner.follow(owner.submit(page, path+"/delete"))
	if len(shop.list("/webhooks").ids) != 0 {
		t.Error("not deleted")
	}
}

func TestSettingsPrepareChangesForTheOwnersWallet(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop := s.tenant(edge, "Shop", s.Merchant())
	owner := s.owner(edge, shop)
	page := owner.open("/console/settings")
	page.shows("account", shop.keys.Address())
	page.shows("memo", "not set")
	page.shows("signers", shop.keys.Address(), "yes")
	token := page.form("/console/settings")
	other := s.Person().Address()
	for change, value := range map[string]string{"memo": "1", "trustline": "EURC:" + other, "signer": other} {
		token.Set("change", change)
		token.Set("value", value)
		r := owner.send("POST", "/console/settings/transaction", token)
		if _, err := s.Ledger.Submit(sign(t, r.text(`[data-testid="code-transaction"]`), shop.keys)); err != nil && change == "trustline" {
			t.Errorf("%s: %d %v", change, r.status, err)
		}
		if r.status != 200 || r.text(`[data-testid="code-transaction"]`) == "" {
			t.Errorf("%s: %d %s", change, r.status, r.text("main"))
		}
		s.Advance(time.Minute)
	}
	for change, value := range map[string]string{"": "", "trustline": "EURC", "signer": shop.keys.Address(), "merge": other} {
		token.Set("change", change)
		token.Set("value", value)
		if r := owner.send("POST", "/console/settings/transaction", token); r.status != 400 || r.text(`[data-testid="problem"]`) == "" {
			t.Errorf("%s %s: %d", change, value, r.status)
		}
	}
	if wrong := owner.submit(page, "/console/settings", "name", " "); wrong.status != 400 {
		t.Errorf("an empty name: %d", wrong.status)
	}
}
