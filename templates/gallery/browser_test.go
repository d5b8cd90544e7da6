package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"edgecheckout/e2e/chromium"
	"edgecheckout/e2e/walletconnect"
	"edgecheckout/templates"
	"edgecheckout/templates/samples"
	"edgecheckout/templates/static"
	"edgecheckout/templates/text"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// shop serves the page of one checkout, and the answer to its status call that a test has set.
type shop struct {
	*httptest.Server
	mu     sync.Mutex
	code   int
	retry  string
	answer string
	calls  int
	now    *templates.Checkout // what the page is now, if a test has said so
	hang   bool                // whether the status call is not answered
}

const waitingAnswer = `{"status":"open","exception":null,"amount_received":0,"amount_due":50,"seconds_left":870,"redirect_url":null,` +
	`"phase":"waiting","cancelled":false,"received_other":[],"ledger_read_at":null,"behind":false}`

func newShop(t *testing.T, c templates.Checkout) *shop {
	s := &shop{code: http.StatusOK, answer: waitingAnswer}
	mux := http.NewServeMux()
	for _, a := range static.Files() {
		mux.HandleFunc("GET "+a.Path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", a.ContentType)
			_, _ = w.Write(a.Body)
		})
	}
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", c.ContentSecurityPolicy(c.StreamURL, c.TestWallet))
		if err := templates.Pay(c).Render(r.Context(), w); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("GET /pay/"+c.ID+"/check", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.now == nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if err := templates.Pay(*s.now).Render(r.Context(), w); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("GET /pay/"+c.ID+"/status", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		hang := s.hang
		s.mu.Unlock()
		if hang {
			<-r.Context().Done()
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls++
		w.Header().Set("Content-Type", "application/json")
		if s.retry != "" {
			w.Header().Set("Retry-After", s.retry)
		}
		w.WriteHeader(s.code)
		_, _ = w.Write([]byte(s.answer))
	})
	mux.HandleFunc("GET /thanks", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("thank you"))
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *shop) say(code int, retry, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.code, s.retry, s.answer = code, retry, answer
}

// becomes says what the page is when it is loaded now.
func (s *shop) becomes(c templates.Checkout) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = &c
}

func (s *shop) called() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// browser is shared by all tests.
var browser context.Context

func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "8") // tabs mostly wait
	var stop func()
	var err error
	relay := walletconnect.Start()
	browser, stop, err = chromium.Start(context.Background(), relay.Browser()...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	stop()
	relay.Close()
	os.Exit(code)
}

// tab opens a tab that behaves as if it were in the foreground, and lets the test run in parallel.
func tab(t *testing.T) context.Context {
	t.Helper()
	t.Parallel()
	ctx, stop := chromedp.NewContext(browser)
	t.Cleanup(stop)
	do(t, ctx, command(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}))
	return ctx
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// text evaluates a JavaScript expression to a string.
func value(t *testing.T, ctx context.Context, expression string) string {
	t.Helper()
	v, err := evaluate(ctx, expression)
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

func evaluate(ctx context.Context, expression string) (string, error) {
	return chromedp.Run(ctx, chromedp.Evaluate[string]("String("+expression+")"))
}

// await waits until a JavaScript expression equals want.
func await(t *testing.T, ctx context.Context, expression, want string) {
	t.Helper()
	awaitFor(t, ctx, expression, want, 15*time.Second)
}

func awaitFor(t *testing.T, ctx context.Context, expression, want string, patience time.Duration) {
	t.Helper()
	var got string
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		// An evaluation fails if the page is just going to another one.
		if got, err = evaluate(ctx, expression); err == nil && got == want {
			return
		}
	}
	t.Fatalf("%s is %q, %v, want %q", expression, got, err, want)
}

const (
	standing = `document.querySelector('.phase:not([hidden]) h2').innerText`
	live     = `document.querySelector('[data-live]').textContent`
)

func element(testID string) string { return `document.querySelector('[data-testid="` + testID + `"]')` }

func visible(testID string) string { return element(testID) + `.checkVisibility()` }

func sample(t *testing.T, name string) templates.Checkout {
	t.Helper()
	for _, s := range samples.All("http://127.0.0.1:8787") {
		if s.Name == name {
			return s.Checkout
		}
	}
	t.Fatalf("there is no sample %q", name)
	return templates.Checkout{}
}

func TestPageFollowsThePaymentToTheMerchant(t *testing.T) {
	s := newShop(t, sample(t, "test-wallet"))
	ctx := tab(t)
	do(t, ctx, chromedp.Navigate(s.URL+"/page"))
	await(t, ctx, standing, "Waiting for your payment")
	await(t, ctx, visible("due"), "false")

	s.say(200, "", `{"status":"open","exception":"underpaid","amount_received":12.5000001,"amount_due":37.4999999,"seconds_left":800,"redirect_url":null,"phase":"partly","received_other":[]}`)
	await(t, ctx, standing, "Part of it has arrived")
	await(t, ctx, element("received")+".innerText", "12.5000001")
	await(t, ctx, element("due")+".innerText", "37.4999999")
	await(t, ctx, element("to-pay")+".innerText", "37.4999999")
	await(t, ctx, `document.querySelector('[data-test-amount]').value`, "37.4999999")
	await(t, ctx, visible("qr"), "false") // while there is none for this amount
	await(t, ctx, `new URL(`+element("wallet-link")+`.href).searchParams.get('amount')`, "37.4999999")
	await(t, ctx, live, "Part of it has arrived 12.5000001 USDC received. Please send the 37.4999999 USDC still due, with the same memo.")

	s.say(200, "", `{"status":"completed","exception":null,"amount_received":50,"amount_due":0,"seconds_left":790,"redirect_url":"`+s.URL+`/thanks","phase":"paid","received_other":[]}`)
	await(t, ctx, standing, "Payment complete")
	if got := value(t, ctx, visible("wallet-link")+"+' '+"+visible("test-wallet")+"+' '+"+visible("cancel")); got != "false false false" {
		t.Errorf("a paid page shows the wallet link, the test wallet and the way back: %s", got)
	}
	if got := value(t, ctx, element("redirect")+".href"); got != s.URL+"/thanks" {
		t.Errorf("the link leads to %q", got)
	}
	await(t, ctx, "location.href", s.URL+"/thanks")
}

func TestTerminalStatusIsShownWithoutReload(t *testing.T) {
	for _, tc := range []struct{ answer, want, others string }{
		{`{"status":"completed","exception":null,"amount_received":50,"amount_due":0,"seconds_left":1,"redirect_url":null,"phase":"paid","received_other":[]}`, "Payment complete", ""},
		{`{"status":"completed","exception":"overpaid","amount_received":60,"amount_due":0,"seconds_left":1,"redirect_url":null,"phase":"overpaid","received_other":[]}`, "Payment complete", "You sent 60 USDC"},
		{`{"status":"completed","exception":null,"amount_received":50,"amount_due":0,"seconds_left":1,"redirect_url":"javascript:alert(1)","phase":"paid","received_other":[]}`, "Payment complete", "has received your payment"},
		{`{"status":"expired","exception":null,"amount_received":0,"amount_due":50,"seconds_left":0,"redirect_url":null,"phase":"expired","received_other":[]}`, "This payment has expired", ""},
		{`{"status":"failed","exception":"underpaid","amount_received":30,"amount_due":20,"seconds_left":0,"redirect_url":null,"phase":"underpaid","received_other":[]}`, "Not paid in full", "30 USDC of 50 USDC"},
		{`{"status":"failed","exception":"wrong_asset","amount_received":0,"amount_due":50,"seconds_left":0,"redirect_url":null,"phase":"wrong-asset","received_other":[]}`, "Paid in another asset", ""},
		{`{"status":"open","exception":null,"amount_received":0,"amount_due":50,"seconds_left":0,"redirect_url":null,"phase":"checking","received_other":[]}`, "The time to pay is over", "Please do not pay any more"},
	} {
		t.Run(tc.want, func(t *testing.T) {
			s := newShop(t, sample(t, "waiting"))
			s.say(200, "", tc.answer)
			ctx := tab(t)
			do(t, ctx, chromedp.Navigate(s.URL+"/page"))
			await(t, ctx, standing, tc.want)
			if got := value(t, ctx, element("status")+".innerText"); !strings.Contains(got, tc.others) {
				t.Errorf("%q is not in %q", tc.others, got)
			}
			await(t, ctx, visible("wallet-link"), "false")
			await(t, ctx, "!!"+live, "true")
		})
	}
}

func TestAmountsKeepEveryDigit(t *testing.T) {
	s := newShop(t, sample(t, "largest"))
	s.say(200, "", `{"status":"open","exception":"underpaid","amount_received":0.0000001,"amount_due":922337203685.4775806,"seconds_left":870,"redirect_url":null,"phase":"partly","received_other":[]}`)
	ctx := tab(t)
	do(t, ctx, chromedp.Navigate(s.URL+"/page"))
	await(t, ctx, element("received")+".innerText", "0.0000001")
	await(t, ctx, element("due")+".innerText", "922,337,203,685.4775806")
	await(t, ctx, element("to-pay")+".innerText", "922337203685.4775806")
}

func TestCountdownAtZeroStopsAskingForMoney(t *testing.T) {
	s := newShop(t, sample(t, "waiting"))
	s.say(200, "", strings.Replace(waitingAnswer, "870", "2", 1))
	ctx := tab(t)
	do(t, ctx, chromedp.Navigate(s.URL+"/page"))
	await(t, ctx, `!!document.querySelector('[data-left]').textContent`, "true")
	s.say(503, "", "")
	await(t, ctx, standing, "The time to pay is over")
	await(t, ctx, visible("wallet-link"), "false")
}

func TestCopyButtons(t *testing.T) {
	c := sample(t, "waiting")
	s := newShop(t, c)
	ctx := tab(t)
	do(t, ctx, chromedp.Navigate(s.URL+"/page"))
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		_, err := chromedp.CallBrowser(ctx, cdpbrowser.SetPermission, cdpbrowser.SetPermissionParams{
			Permission: &cdpbrowser.PermissionDescriptor{Name: name}, Setting: cdpbrowser.PermissionSettingGranted,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, value := range []struct{ testID, what, want string }{
		{"copy-destination", "Address", c.Destination}, {"copy-amount", "Amount", "50"}, {"copy-memo", "Memo (required)", c.Memo},
	} {
		do(t, ctx, chromium.Click(`[data-testid="`+value.testID+`"]`))
		await(t, ctx, live, "Copied: "+value.what)
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string]("navigator.clipboard.readText()", chromedp.EvalAwaitPromise))
		if err != nil || got != value.want {
			t.Errorf("%s: the clipboard holds %q, want %q (%v)", value.what, got, value.want, err)
		}
	}

	// Without the clipboard API, the text is selected and copied.
	do(t, ctx, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		value(t, ctx, `Object.defineProperty(navigator, "clipboard", {value: undefined})`)
		return nil
	}), chromium.Click(`[data-testid="copy-destination"]`))
	await(t, ctx, live, "Copied: Address")
	if got := value(t, ctx, "getSelection().toString()"); got != c.Destination {
		t.Errorf("selected is %q, want %q", got, c.Destination)
	}
}

func TestOneClickSelectsAWholeValueWithoutScripts(t *testing.T) {
	c := sample(t, "waiting")
	s := newShop(t, c)
	ctx := tab(t)
	do(t, ctx, command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}),
		chromedp.Navigate(s.URL+"/page"), chromium.Click(`[data-testid="destination"]`))
	if got := value(t, ctx, "getSelection().toString()"); got != c.Destination {
		t.Errorf("selected is %q, want %q", got, c.Destination)
	}
	if got := value(t, ctx, visible("copy-destination")); got != "false" {
		t.Error("a copy button is shown that does nothing")
	}
}

func TestPageOpenedWhenPaidStays(t *testing.T) {
	c := sample(t, "paid-redirect")
	c.RedirectURL = newShop(t, sample(t, "waiting")).URL + "/thanks"
	for _, scripts := range []bool{true, false} {
		t.Run(fmt.Sprintf("scripts %t", scripts), func(t *testing.T) {
			s := newShop(t, c)
			ctx := tab(t)
			do(t, ctx, command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts}), chromedp.Navigate(s.URL+"/page"))
			time.Sleep(12 * time.Second)
			if got := value(t, ctx, "location.href"); got != s.URL+"/page" {
				t.Errorf("the page has gone to %s", got)
			}
			do(t, ctx, chromium.Click(`[data-testid="redirect"]`))
			await(t, ctx, "location.href", c.RedirectURL)
		})
	}
}

func TestRedirectCanBeStopped(t *testing.T) {
	s := newShop(t, sample(t, "waiting"))
	paid := sample(t, "paid-redirect")
	paid.ID, paid.RedirectURL = sample(t, "waiting").ID, s.URL+"/thanks"
	s.becomes(paid)
	s.say(200, "", `{"status":"completed","exception":null,"amount_received":50,"amount_due":0,"seconds_left":1,"redirect_url":"`+s.URL+`/thanks","phase":"paid","received_other":[]}`)
	ctx := tab(t)
	do(t, ctx, chromedp.Navigate(s.URL+"/page"))
	await(t, ctx, `document.querySelector("[data-leaving]:not([hidden])")?.textContent.replace(/\d+/, "some")`, "You will be taken there in some s.")
	// The proof is taken from the page as it is now.
	await(t, ctx, `!!document.querySelector(".proofs")?.innerText.includes("`+paid.Payments[0].Hash+`")`, "true")
	await(t, ctx, `document.title`, "Payment complete · 50 USDC to Northwind Coffee")
	do(t, ctx, chromium.Click(`.phase:not([hidden]) [data-stay-here]`))
	time.Sleep(10 * time.Second)
	if got := value(t, ctx, "location.href"); got != s.URL+"/page" {
		t.Errorf("the page has gone to %s", got)
	}
	if got := value(t, ctx, `document.querySelector("[data-leaving]").checkVisibility()`); got != "false" {
		t.Error("the page still counts down")
	}
}

func TestCodeIsDrawnAnewAfterAPartPayment(t *testing.T) {
	c := sample(t, "waiting")
	s := newShop(t, c)
	ctx := tab(t)
	do(t, ctx, chromedp.Navigate(s.URL+"/page"))
	await(t, ctx, visible("qr"), "true")
	before := value(t, ctx, `document.querySelector("[data-testid=qr] path").getAttribute("d")`)
	part := sample(t, "partly")
	part.ID = c.ID
	s.becomes(part)
	s.say(200, "", `{"status":"open","exception":"underpaid","amount_received":30.25,"amount_due":19.75,"seconds_left":800,"redirect_url":null,"phase":"partly","received_other":[]}`)
	await(t, ctx, `document.querySelector("[data-code-for]").dataset.codeFor + " " + document.querySelector("[data-code-for]").checkVisibility()`, "19.75 true")
	if after := value(t, ctx, `document.querySelector("[data-testid=qr] path").getAttribute("d")`); after == before {
		t.Error("the code still asks for the whole amount")
	}
}

func TestPaymentInAnotherAssetShowsAtOnce(t *testing.T) {
	c := sample(t, "waiting")
	s := newShop(t, c)
	ctx := tab(t)
	do(t, ctx, chromedp.Navigate(s.URL+"/page"))
	await(t, ctx, standing, "Waiting for your payment")
	other := sample(t, "other-asset")
	other.ID = c.ID
	s.becomes(other)
	s.say(200, "", strings.Replace(waitingAnswer, `"received_other":[]`, `"received_other":[{"amount":50,"asset_code":"EURC","asset_issuer":null}]`, 1))
	await(t, ctx, `document.querySelector("[data-testid=other]")?.innerText.includes("50 EURC")`, "true")
	await(t, ctx, visible("wallet-link"), "true")
}

func TestCancelledCheckoutTakesTheButtonAway(t *testing.T) {
	s := newShop(t, sample(t, "waiting"))
	ctx := tab(t)
	do(t, ctx, chromedp.Navigate(s.URL+"/page"))
	await(t, ctx, visible("wallet-link"), "true")
	s.say(200, "", strings.Replace(waitingAnswer, `"phase":"waiting","cancelled":false`, `"phase":"cancelling","cancelled":true`, 1))
	await(t, ctx, standing, "Northwind Coffee cancelled this payment")
	await(t, ctx, visible("wallet-link"), "false")
}

func TestSlowLedgerIsAdmitted(t *testing.T) {
	const notice = `document.querySelector('[data-notice=slow]').checkVisibility()`
	t.Run("the server says so", func(t *testing.T) {
		s := newShop(t, sample(t, "waiting"))
		ctx := tab(t)
		do(t, ctx, chromedp.Navigate(s.URL+"/page"))
		await(t, ctx, notice, "false")
		s.say(200, "", strings.Replace(waitingAnswer, `"behind":false`, `"behind":true`, 1))
		await(t, ctx, notice, "true")
		s.say(200, "", waitingAnswer)
		await(t, ctx, notice, "false")
	})
	t.Run("the server does not answer", func(t *testing.T) {
		s := newShop(t, sample(t, "waiting"))
		s.mu.Lock()
		s.hang = true
		s.mu.Unlock()
		ctx := tab(t)
		do(t, ctx, chromedp.Navigate(s.URL+"/page"))
		time.Sleep(11 * time.Second)
		if got := value(t, ctx, notice); got != "false" {
			t.Error("it is said too early")
		}
		await(t, ctx, notice, "true")
	})
}

func TestPageSaysThatNoWalletOpened(t *testing.T) {
	s := newShop(t, sample(t, "waiting"))
	ctx := tab(t)
	do(t, ctx, chromedp.Navigate(s.URL+"/page"))
	await(t, ctx, visible("no-wallet"), "false")
	do(t, ctx, chromium.Click(`[data-testid="wallet-link"]`))
	await(t, ctx, visible("no-wallet"), "true")
	await(t, ctx, live, "No wallet opened\nScan the code with a wallet on your phone, or copy the payment details into any Stellar wallet.")

	// A wallet that opens takes the focus.
	do(t, ctx, chromedp.Navigate(s.URL+"/page"))
	await(t, ctx, visible("no-wallet"), "false")
	do(t, ctx, chromium.Click(`[data-testid="wallet-link"]`))
	value(t, ctx, `window.dispatchEvent(new Event("blur"))`)
	time.Sleep(2 * time.Second)
	if got := value(t, ctx, visible("no-wallet")); got != "false" {
		t.Error("the page says that no wallet opened although one did")
	}
}

func TestDeadlineIsShownByTheClockOfTheDevice(t *testing.T) {
	c := sample(t, "waiting")
	c.ExpiresAt = time.Now().Add(time.Hour).Truncate(time.Minute)
	s := newShop(t, c)
	ctx := tab(t)
	do(t, ctx, command(emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "America/New_York"}), chromedp.Navigate(s.URL+"/page"))
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	day := "today"
	if c.ExpiresAt.In(zone).Day() != time.Now().In(zone).Day() {
		day = "tomorrow"
	}
	await(t, ctx, element("expires")+`.textContent.replace(/\s/g, " ")`, "Pay by "+c.ExpiresAt.In(zone).Format("3:04 PM")+" "+day)
}

func TestHiddenPagePausesAndResumesAtOnce(t *testing.T) {
	s := newShop(t, sample(t, "waiting"))
	ctx := tab(t)
	do(t, ctx, chromedp.Navigate(s.URL+"/page"))
	await(t, ctx, `!!document.querySelector('[data-left]').textContent`, "true")
	hide := func(hidden bool) {
		value(t, ctx, fmt.Sprintf(`Object.defineProperty(document, "hidden", {value: %t, configurable: true}) && document.dispatchEvent(new Event("visibilitychange"))`, hidden))
	}
	hide(true)
	before := s.called()
	time.Sleep(3 * time.Second)
	if got := s.called(); got != before {
		t.Errorf("%d status calls of a hidden page", got-before)
	}
	s.say(200, "", `{"status":"completed","exception":null,"amount_received":50,"amount_due":0,"seconds_left":1,"redirect_url":null,"phase":"paid","received_other":[]}`)
	hide(false)
	returned := time.Now()
	await(t, ctx, standing, "Payment complete")
	if took := time.Since(returned); took > 3*time.Second {
		t.Errorf("the page asked only %s after returning, as if it had not been away", took)
	}
	ended := s.called()
	time.Sleep(3 * time.Second)
	if got := s.called(); got != ended {
		t.Errorf("%d status calls after the end", got-ended)
	}
}

func TestPageHonoursRetryAfter(t *testing.T) {
	s := newShop(t, sample(t, "waiting"))
	s.say(429, "7", `{"error":{}}`)
	ctx := tab(t)
	do(t, ctx, chromedp.Navigate(s.URL+"/page"))
	time.Sleep(5 * time.Second)
	if got := s.called(); got != 1 {
		t.Errorf("%d status calls within a pause of 7 s, want one", got)
	}
	s.say(200, "", `{"status":"expired","exception":null,"amount_received":0,"amount_due":50,"seconds_left":0,"redirect_url":null,"phase":"expired","received_other":[]}`)
	await(t, ctx, standing, "This payment has expired")
}

func TestPageSaysThatItIsOffline(t *testing.T) {
	s := newShop(t, sample(t, "waiting"))
	ctx := tab(t)
	do(t, ctx, command(network.Enable, network.EnableParams{}), chromedp.Navigate(s.URL+"/page"))
	offline := func(is bool) {
		do(t, ctx, command(network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: is, DownloadThroughput: -1, UploadThroughput: -1}))
	}
	const notice = `document.querySelector('[data-notice=offline]').checkVisibility()`
	await(t, ctx, notice, "false")
	offline(true)
	await(t, ctx, notice, "true")
	offline(false)
	await(t, ctx, notice, "false")
}

// Every page is opened at every width with its policy. The policy must block nothing, nothing may
// overflow, and every control must be large enough to touch.
func TestLayout(t *testing.T) {
	ctx := tab(t)
	do(t, ctx, command(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `window.refused = ""; addEventListener("securitypolicyviolation", e => (window.refused += e.violatedDirective + " " + e.blockedURI))`,
	}))
	err := withServer(func(origin string) error {
		var names []string
		for _, s := range samples.All(origin) {
			names = append(names, s.Name)
		}
		for _, s := range samples.Links(origin, text.English) {
			names = append(names, s.Name)
		}
		for _, name := range append(names, "message") {
			for _, width := range widths {
				do(t, ctx,
					command(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 800, DeviceScaleFactor: 1, Mobile: width < 600}),
					chromedp.Navigate(origin+"/"+name))
				if got := value(t, ctx, "document.documentElement.scrollWidth <= innerWidth"); got != "true" {
					t.Errorf("%s is wider than %d", name, width)
				}
				small := value(t, ctx, `[...document.querySelectorAll("button, .button, select, input:not([type=hidden])")]
					.filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 44).map(e => e.outerHTML).join()`)
				if small != "" {
					t.Errorf("%s at %d: lower than 44 px: %s", name, width, small)
				}
				if got := value(t, ctx, "window.refused"); got != "" {
					t.Errorf("%s: the policy refused %s", name, got)
				}
				if got := value(t, ctx, `[...document.styleSheets].filter((s) => s.href).length + " " + getComputedStyle(document.body).marginTop`); got != "1 0px" {
					t.Errorf("%s: the stylesheet was not applied: %s", name, got)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
