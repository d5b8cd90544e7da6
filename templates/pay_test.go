package templates_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"edgecheckout/templates"
	"edgecheckout/templates/samples"

	"github.com/google/go-cmp/cmp"
)

func TestEachStateShowsWhatItShould(t *testing.T) {
	const closing = "What arrived is in Northwind Coffee’s account. Do not pay any more here: contact them and quote the reference below."
	const paid = "Time 13:58:04 UTC, 23 November 2026 Paid by GCCK2JISUUTIJKYUHIT6FJKM2G73ZP5L6I2GPTUFFIMV6ZZF32DDCXBI " +
		"Transaction 0f1c17ed6a3cbbb0c367f72fb6ff26a25c215a30c7e7632abda7f443c8f6bd5f Look it up in an explorer Receipt"
	const noScript = " Without JavaScript this page does not notice your payment by itself. Check again"
	const sent = " Already sent it? Contact Northwind Coffee with your transaction ID."
	for _, tc := range []struct {
		sample  string
		status  string // the text that shows the status
		payable bool
		ledger  string // what has been received, and what is still due
	}{
		{"waiting", "Waiting for your payment This page notices it by itself, usually within seconds." + noScript, true, ""},
		{"partly", "Part of it has arrived 30.25 USDC received. Please send the 19.75 USDC still due, with the same memo." + noScript, true,
			"Received 30.25 USDC Still due 19.75 USDC"},
		{"other-asset", "Waiting for your payment This page notices it by itself, usually within seconds. Something else arrived 50 EURC " +
			"It is not the USDC that was asked for, so it does not count. It is in Northwind Coffee’s account: contact them and quote the reference below." +
			noScript, true, ""},
		{"checking", "The time to pay is over Please do not pay any more. We are still reading the ledger for a payment that was made in time." +
			noScript, false, ""},
		{"cancelling", "Northwind Coffee cancelled this payment Please do not pay. Did you pay just now? It still counts, and this page will show it. " +
			"Northwind Coffee can tell you more." + noScript, false, ""},
		{"cancelled", "Northwind Coffee cancelled this payment We saw no payment with this memo before it was cancelled. Please do not pay any more." +
			sent, false, ""},
		{"suspended", "This shop is suspended Please do not pay. A payment that you have already sent is still noticed here. " +
			"If you have already paid, contact Northwind Coffee and quote the reference below." + noScript, false, ""},
		{"paid", "Payment complete Thank you. Northwind Coffee has received your payment. Amount 50 USDC " + paid, false, "Received 50 USDC"},
		{"paid-redirect", "Payment complete Thank you. Northwind Coffee has received your payment. Amount 50 USDC " + paid +
			" Continue to Northwind Coffee", false, "Received 50 USDC"},
		{"paid-overpaid", "Payment complete You sent 1,060.50 USDC; 50 USDC was asked for. Northwind Coffee has received all of it: " +
			"ask them about the difference. Amount 1,060.50 USDC " + paid, false, "Received 1,060.50 USDC"},
		{"expired", "This payment has expired We saw no payment with this memo in time. Please do not pay any more: start again at Northwind Coffee." +
			sent, false, ""},
		{"failed-underpaid", "Not paid in full The time to pay is over, and only 30.25 USDC of 50 USDC arrived. " + closing + " Amount 30.25 USDC " + paid,
			false, "Received 30.25 USDC"},
		{"failed-wrong-asset", "Paid in another asset The time to pay is over. What arrived is not the USDC that was asked for; " +
			"an asset of the same name from another issuer is another asset. Something else arrived 50 EURC " + closing + " Amount 50 EURC " + paid, false, ""},
	} {
		t.Run(tc.sample, func(t *testing.T) {
			c := sample(t, tc.sample)
			d := document(t, templates.Pay(c))
			if diff := cmp.Diff(tc.status, shown(byTestID(d, "status"))); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.ledger, shown(d.Find("[data-ledger]"))); diff != "" {
				t.Errorf("ledger (-want +got):\n%s", diff)
			}
			for _, id := range []string{"wallet-link", "qr", "destination", "to-pay", "memo", "warning", "expires", "copy-destination", "copy-amount", "copy-memo"} {
				want := 0
				if tc.payable {
					want = 1
				}
				if got := byTestID(d, id).Length(); got != want {
					t.Errorf("%d elements %q, want %d", got, id, want)
				}
			}
			if got, want := byTestID(d, "cancel").Length() == 1, c.Status != templates.Completed; got != want {
				t.Errorf("a way back: %t, want %t", got, want)
			}
			if got := shown(byTestID(d, "reference")); got != c.ID {
				t.Errorf("reference is %q, want %q", got, c.ID)
			}
			status, _ := byTestID(d, "status").Attr("data-status")
			exception, _ := byTestID(d, "status").Attr("data-exception")
			if status != string(c.Status) || exception != c.Exception {
				t.Errorf("status is marked %q, %q, want %q, %q", status, exception, c.Status, c.Exception)
			}
		})
	}
}

func TestFinishedPageContainsOnlyItsState(t *testing.T) {
	for _, s := range samples.All("") {
		d := document(t, templates.Pay(s.Checkout))
		if s.Checkout.Status != templates.Open && d.Find(".phase").Length() != 1 {
			t.Errorf("%s: %d states, want one", s.Name, d.Find(".phase").Length())
		}
		if visible := d.Find(".phase:not([hidden])").Length(); visible != 1 {
			t.Errorf("%s: %d visible states, want one", s.Name, visible)
		}
	}
}

func TestSummary(t *testing.T) {
	c := sample(t, "waiting")
	d := document(t, templates.Pay(c))
	want := map[string]string{
		"merchant": c.Merchant, "description": c.Description, "amount": "50", "asset": "USDC", "issuer": c.AssetIssuer,
		"network": "Test network", "destination": c.Destination, "to-pay": "50", "memo": c.Memo,
		"expires": "Pay by 14:05 UTC, 23 November 2026", "cancel": "Back to Northwind Coffee",
		"warning": "Include the memo: without it, Northwind Coffee can’t tell the payment is yours.",
	}
	got := map[string]string{}
	for id := range want {
		got[id] = strings.Join(strings.Fields(byTestID(d, id).Text()), " ")
	}
	got["merchant"] = d.Find("h1 bdi").Text()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, _ := byTestID(d, "expires").Attr("datetime"); got != "2026-11-23T14:05:37Z" {
		t.Errorf("datetime is %q", got)
	}
	if got, _ := d.Find("[data-pay]").Attr("data-status-url"); got != "/pay/"+c.ID+"/status" {
		t.Errorf("the script follows %q", got)
	}
}

func TestAbsentValuesAreNotShown(t *testing.T) {
	d := document(t, templates.Pay(sample(t, "waiting-xlm")))
	for _, id := range []string{"issuer", "network", "description", "cancel", "test-wallet"} {
		if byTestID(d, id).Length() != 0 {
			t.Errorf("%q is on the page", id)
		}
	}
}

// Copied values must contain no white space, or wallets refuse them.
func TestCopiedValuesHaveNoSpaces(t *testing.T) {
	for _, s := range samples.All("") {
		d := document(t, templates.Pay(s.Checkout))
		want := map[string]string{"issuer": s.Checkout.AssetIssuer, "reference": s.Checkout.ID}
		if s.Checkout.AsksForMoney() {
			want["destination"], want["memo"], want["to-pay"] = s.Checkout.Destination, s.Checkout.Memo, s.Checkout.Due
		}
		for id, value := range want {
			if got := byTestID(d, id).Text(); got != value {
				t.Errorf("%s: %s is %q, want %q", s.Name, id, got, value)
			}
		}
	}
}

func TestWalletLink(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*templates.Checkout)
		want   string
	}{
		{"asks for the amount", func(c *templates.Checkout) {}, "web+stellar:pay?destination=G&amount=50&memo=m"},
		{"asks for what is still due", func(c *templates.Checkout) { c.Exception, c.Received, c.Due = "underpaid", "12.5", "37.5" },
			"web+stellar:pay?destination=G&amount=37.5&memo=m"},
		{"is no script", func(c *templates.Checkout) { c.PaymentURI = "javascript:alert(1)" }, ""},
		{"is no other request", func(c *templates.Checkout) { c.PaymentURI = "web+stellar:tx?xdr=AAAA" }, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := sample(t, "waiting")
			c.PaymentURI = "web+stellar:pay?destination=G&amount=50&memo=m"
			tc.change(&c)
			d := document(t, templates.Pay(c))
			if got, _ := byTestID(d, "wallet-link").Attr("href"); got != tc.want {
				t.Errorf("href is %q, want %q", got, tc.want)
			}
			if codes := byTestID(d, "qr").Length(); (codes == 1) != (tc.want != "") {
				t.Errorf("%d QR codes", codes)
			}
		})
	}
}

func TestPageWithoutScriptsWaitsForItsReader(t *testing.T) {
	for _, s := range samples.All("") {
		d := document(t, templates.Pay(s.Checkout))
		if n := d.Find("meta[http-equiv]").Length(); n != 0 {
			t.Errorf("%s is loaded again by itself, which takes from its reader what is selected", s.Name)
		}
		link, is := byTestID(d, "check").Attr("href")
		if want := s.Checkout.Status == templates.Open; is != want || want && link != "/pay/"+s.Checkout.ID+"/check?lang=en" {
			t.Errorf("%s is checked again at %q", s.Name, link)
		}
		if d.Find("button[data-copy]:not([hidden])").Length() != 0 {
			t.Errorf("%s shows copy buttons that would do nothing", s.Name)
		}
	}
}

func TestRedirectLeadsOnlyToTheWebAndOnlyOncePaid(t *testing.T) {
	for _, tc := range []struct {
		status templates.Status
		url    string
		want   bool
	}{
		{templates.Completed, "https://shop.example/thanks", true},
		{templates.Completed, "http://localhost:3000/thanks", true},
		{templates.Completed, "javascript:alert(1)", false},
		{templates.Completed, "data:text/html,x", false},
		{templates.Completed, "//shop.example", false},
		{templates.Open, "https://shop.example/thanks", false},
		{templates.Expired, "https://shop.example/thanks", false},
		{templates.Failed, "https://shop.example/thanks", false},
	} {
		c := sample(t, "waiting")
		c.Status, c.RedirectURL = tc.status, tc.url
		page := markup(t, templates.Pay(c))
		if strings.Contains(page, tc.url) != tc.want {
			t.Errorf("%s with redirect %q: on the page %t, want %t", tc.status, tc.url, !tc.want, tc.want)
		}
	}
}

// The stream tells the page when to ask for the status, so only a page that awaits money needs it.
func TestPageHasTheStreamOnlyWhileItAwaitsAPayment(t *testing.T) {
	const stream = "https://horizon.example/accounts/G/payments?cursor=now&join=transactions"
	for _, s := range samples.All("") {
		c := s.Checkout
		c.StreamURL = stream
		want := []string{"", ""}
		if c.AsksForMoney() {
			want = []string{stream, c.Memo}
		}
		page := document(t, templates.Pay(c)).Find("[data-pay]")
		if diff := cmp.Diff(want, []string{page.AttrOr("data-stream-url", ""), page.AttrOr("data-memo", "")}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s.Name, diff)
		}
	}
	for _, url := range []string{"", "javascript:alert(1)", "//horizon.example/payments", "https://a.example;script-src */payments"} {
		c := sample(t, "waiting")
		c.StreamURL = url
		if got, is := document(t, templates.Pay(c)).Find("[data-pay]").Attr("data-stream-url"); is {
			t.Errorf("the stream %q became %q", url, got)
		}
	}
}

func TestTestWallet(t *testing.T) {
	c := sample(t, "test-wallet")
	form := byTestID(document(t, templates.Pay(c)), "test-wallet").Find("form")
	got := map[string]string{}
	for _, name := range []string{"method", "action"} {
		got[name], _ = form.Attr(name)
	}
	for _, name := range []string{"destination", "memo", "asset", "return_to", "amount"} {
		got[name], _ = form.Find(`input[name="` + name + `"]`).Attr("value")
	}
	got["wallets"] = strings.Join(strings.Fields(form.Find(`select[name="wallet"]`).Text()), " ")
	want := map[string]string{
		"method": "post", "action": c.TestWallet, "destination": c.Destination, "memo": c.Memo,
		"asset": "USDC:" + c.AssetIssuer, "return_to": c.PageURL, "amount": "50", "wallets": "alice bob",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	c.AssetCode, c.AssetIssuer = "XLM", ""
	form = byTestID(document(t, templates.Pay(c)), "test-wallet").Find("form")
	if asset, _ := form.Find(`input[name="asset"]`).Attr("value"); asset != "native" {
		t.Errorf("XLM is sent as %q", asset)
	}
}

func TestMessage(t *testing.T) {
	d := document(t, templates.Message(templates.MessagePage{Language: templates.English, Title: "Not <found>", Text: "Go & start again.", RequestID: "req_1"}))
	got := []string{d.Find("title").Text(), shown(byTestID(d, "title")), shown(byTestID(d, "text")), shown(byTestID(d, "request-id"))}
	if diff := cmp.Diff([]string{"Not <found>", "Not <found>", "Go & start again.", "req_1"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if d.Find("script").Length() != 0 {
		t.Error("a message runs a script")
	}
}

func BenchmarkPay(b *testing.B) {
	page := templates.Pay(samples.All("http://127.0.0.1:8787")[0].Checkout)
	for b.Loop() {
		if err := page.Render(context.Background(), io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
