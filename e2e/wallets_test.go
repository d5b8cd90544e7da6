package e2e

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"

	"edgecheckout/e2e/chromium"
	"edgecheckout/sandbox/stack"
)

// standIns is what the extensions of wallets put into a page: objects, and listeners for the
// messages of the wallets' own packages, which the page loads unmodified.
//
//go:embed testdata/wallets/extensions.js
var standIns string

//go:embed testdata/wallets/albedo.html
var albedoWindow []byte

// serveAlbedo serves the window of Albedo's stand-in.
func serveAlbedo(t *testing.T, e *extension) (address string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /confirm", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(albedoWindow)
	})
	mux.HandleFunc("POST /answer", func(w http.ResponseWriter, r *http.Request) {
		var asked request
		err := json.NewDecoder(r.Body).Decode(&asked)
		var answer string
		if err == nil {
			answer, err = e.answer(asked)
		}
		if err != nil {
			w.WriteHeader(http.StatusForbidden)
			answer = err.Error()
		}
		fmt.Fprint(w, answer)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// extension is the stand-in of a wallet: it speaks the wallet's protocol and signs with real keys.
type extension struct {
	keys       *keypair.Full
	passphrase string
	// What it does other than a wallet that is well and whose owner agrees.
	refuses     error                                                       // to show its account, or to sign
	refusesOnly string                                                      // the method that it refuses; empty: all
	changes     func(txnbuild.TransactionParams) txnbuild.TransactionParams // before it signs
	unsigned    bool
	network     string // whose passphrase it names; empty: the right one
}

// request is what a stand-in in the page asks of the extension.
type request struct {
	Method string `json:"method"` // "network", "account" or "sign"
	XDR    string `json:"xdr"`
}

func (e *extension) answer(r request) (string, error) {
	if e.refuses != nil && (e.refusesOnly == "" || e.refusesOnly == r.Method) {
		return "", e.refuses
	}
	switch r.Method {
	case "network":
		if e.network != "" {
			return e.network, nil
		}
		return e.passphrase, nil
	case "account":
		return e.keys.Address(), nil
	case "sign":
		return e.sign(r.XDR)
	}
	return "", fmt.Errorf("no wallet has the method %q", r.Method)
}

func (e *extension) sign(envelope string) (string, error) {
	generic, err := txnbuild.TransactionFromXDR(envelope)
	if err != nil {
		return "", err
	}
	tx, ok := generic.Transaction()
	if !ok {
		return "", errors.New("the envelope is a fee bump")
	}
	if e.unsigned {
		return envelope, nil
	}
	if e.changes != nil {
		source := tx.SourceAccount()
		params := e.changes(txnbuild.TransactionParams{
			SourceAccount: &source, Operations: tx.Operations(), BaseFee: tx.BaseFee(), Memo: tx.Memo(),
			Preconditions: txnbuild.Preconditions{TimeBounds: tx.Timebounds()},
		})
		if tx, err = txnbuild.NewTransaction(params); err != nil {
			return "", err
		}
	}
	if tx, err = tx.Sign(e.passphrase, e.keys); err != nil {
		return "", err
	}
	return tx.Base64()
}

// install puts the stand-in of one wallet into the pages of a tab.
func (b *tab) install(wallet string, e *extension) {
	b.t.Helper()
	address := ""
	if wallet == "albedo" {
		address = serveAlbedo(b.t, e)
	}
	arguments := fmt.Sprintf("(%q, %q)", wallet, address)
	b.do(
		chromedp.ExposeFunc("extension", func(_ context.Context, r request) (string, error) { return e.answer(r) }),
		command(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: "(" + standIns + ")" + arguments}),
	)
}

// customerExtension is an extension with the account of the shop's customer.
func (s *shop) customerExtension() *extension {
	return &extension{keys: s.customerKeys(), passphrase: s.on.Passphrase}
}

// click presses the element with a test id.
func (b *tab) click(testID string) {
	b.t.Helper()
	b.do(chromium.Click(`[data-testid="` + testID + `"]`))
}

// otherWallets unfolds the wallets that are not in the browser.
const otherWallets = `[data-testid="other-wallets"] summary`

// step is the code of the sentence that the page shows of a wallet.
const step = `document.querySelector('[data-testid="wallet-step"]')?.dataset.code`

// wantPaidBy checks that a checkout was paid once, in full, by an account.
func (s *shop) wantPaidBy(c stack.Checkout, account string) {
	s.t.Helper()
	paid := s.awaitStatus(c.ID, "completed")
	var froms []string
	for _, p := range paid.Payments {
		froms = append(froms, p.From)
	}
	if diff := cmp.Diff([]string{account}, froms); diff != "" || paid.Exception != nil {
		s.t.Errorf("payments from (-want +got):\n%s, exception %v", diff, paid.Exception)
	}
}

func TestCustomerPaysWithAWalletInTheBrowser(t *testing.T) {
	for _, wallet := range []string{"freighter", "lobstr", "xbull", "xbull-old", "rabet"} {
		t.Run(wallet, func(t *testing.T) {
			s := openShop(t)
			e := s.customerExtension()
			c := s.charge(fields{"amount": "7.25", "asset_code": "USDC"})
			b := openTab(t)
			b.install(wallet, e)
			b.visit(c)
			if wallet == "xbull-old" {
				wallet = "xbull"
			}
			b.await(element("wallet-"+wallet)+`?.innerText.includes("in this browser")`, "true")
			b.click("wallet-" + wallet)
			b.await(`document.querySelector("[data-pay]").dataset.phase`, "paid")
			b.stillTheSame()
			s.wantPaidBy(c, e.keys.Address())
		})
	}
}

func TestCustomerPaysWithTheKeyboardAlone(t *testing.T) {
	s := openShop(t)
	e := s.customerExtension()
	c := s.charge(fields{"amount": "7.25", "asset_code": "USDC"})
	b := openTab(t)
	b.install("rabet", e)
	b.visit(c)
	b.await(element("wallet-rabet")+`?.checkVisibility()`, "true")
	const active = `document.activeElement.dataset.testid ?? document.activeElement.parentElement?.dataset.testid`
	press := func(until string) {
		for range 20 {
			b.do(chromedp.KeyEvent(kb.Tab))
			if evaluate[string](b, `String(`+active+`)`) == until {
				b.do(chromedp.KeyEvent(kb.Enter))
				return
			}
		}
		t.Fatalf("the key Tab does not lead to %s", until)
	}
	press("other-wallets")
	press("wallet-freighter")
	b.await(step, "absent")
	press("choice-1") // another wallet
	b.await(active, "wallet-rabet")
	b.do(chromedp.KeyEvent(kb.Enter))
	b.await(`document.querySelector("[data-pay]").dataset.phase`, "paid")
	s.wantPaidBy(c, e.keys.Address())
}

// Albedo's window opens for the account, and once more, by another click, for the payment.
func TestCustomerPaysWithAlbedo(t *testing.T) {
	s := openShop(t)
	e := s.customerExtension()
	c := s.charge(fields{"amount": "7.25", "asset_code": "USDC"})
	b := openTab(t)
	b.install("albedo", e)
	b.visit(c)
	b.await(element("wallet-albedo")+`?.textContent.includes("opens a window")`, "true")
	b.do(chromium.Click(otherWallets))
	e.refuses, e.refusesOnly = errors.New("Action request was rejected by the user."), "sign"
	b.click("wallet-albedo")
	b.await(step, "connected")
	b.click("choice-0")
	b.await(step, "rejected")
	e.refuses = nil
	b.click("choice-0")
	b.await(`document.querySelector("[data-pay]").dataset.phase`, "paid")
	b.stillTheSame()
	s.wantPaidBy(c, e.keys.Address())
}

// stranger is an account that holds only XLM.
func (s *shop) stranger() *extension {
	s.t.Helper()
	keys, err := keypair.Random()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.wallet().Fund(s.t.Context(), keys.Address()); err != nil {
		s.t.Fatal(err)
	}
	return &extension{keys: keys, passphrase: s.on.Passphrase}
}

// The customer holds no USDC. The merchant receives exactly the USDC that she asked for.
func TestCustomerPaysInAnotherAsset(t *testing.T) {
	s := openShop(t)
	e := s.stranger()
	c := s.charge(fields{"amount": 5, "asset_code": "USDC"})
	b := openTab(t)
	b.expect("429 (Too Many Requests)") // without a cache, the account is read once in three seconds, and the page asks again
	b.expect("400")
	b.install("freighter", e)
	b.visit(c)
	b.await(element("wallet-freighter")+`?.innerText.includes("in this browser")`, "true")
	b.click("wallet-freighter")
	b.await(step, "no_trustline")
	b.await(element("send-XLM")+`?.innerText`, "Pay about 15 XLM, at most 15.15 XLM")
	if words := evaluate[string](b, element("wallet-quoted")+`.innerText`); !strings.Contains(words, "at most 1 % more than quoted") {
		t.Errorf("the page says of its quotes: %s", words)
	}
	b.click("send-XLM")
	b.await(`document.querySelector("[data-pay]").dataset.phase`, "paid")
	s.wantPaidBy(c, e.keys.Address())
	wantVerdict(t, s.read(c.ID), verdict{Status: "completed", Received: "5", Payments: []money{{Amount: "5", Asset: "USDC"}}})
	account, ok := s.on.Sandbox().Ledger().Account(e.keys.Address())
	if spent := 10_000_0000000 - account.Balance; !ok || spent != 15_0000000+100 {
		t.Errorf("it took %d stroops, want 15 XLM and the fee", spent)
	}
}

// A payment in another asset is offered to whoever does not want the first one, too.
func TestCustomerChoosesAnotherAsset(t *testing.T) {
	s := openShop(t)
	e := s.customerExtension()
	e.refuses, e.refusesOnly = errors.New("The user rejected this request."), "sign"
	c := s.charge(fields{"amount": 6, "asset_code": "XLM"})
	b := openTab(t)
	b.expect("429 (Too Many Requests)") // without a cache, the account is read once in three seconds, and the page asks again
	b.install("freighter", e)
	b.visit(c)
	b.await(element("wallet-freighter")+`?.innerText.includes("in this browser")`, "true")
	b.click("wallet-freighter")
	b.await(step, "rejected")
	e.refuses = nil
	b.click("choice-1")
	b.await(step, "options")
	b.await(element("send-USDC")+`?.innerText`, "Pay about 2 USDC, at most 2.02 USDC")
	b.await(element("send-EURC")+`?.innerText`, "Pay about 6 EURC, at most 6.06 EURC") // at the sandbox's usual rate
	b.click("send-USDC")
	b.await(`document.querySelector("[data-pay]").dataset.phase`, "paid")
	s.wantPaidBy(c, e.keys.Address())
}

// The account could not pay: the page says why, and what to do.
func TestPageSaysWhyAnAccountCannotPay(t *testing.T) {
	for name, test := range map[string]struct {
		keys   func(*shop) *keypair.Full
		charge fields
		step   string
		words  string
	}{
		"an account that is not on the ledger": {
			keys:   func(*shop) *keypair.Full { return keypair.MustRandom() },
			charge: fields{"amount": 5, "asset_code": "USDC"}, step: "unfunded", words: "is not on this network yet",
		},
		"too little": {
			keys:   (*shop).customerKeys,
			charge: fields{"amount": 1000001, "asset_code": "USDC"}, step: "too_little", words: "can spend 1,000,000 USDC, and 1,000,001 USDC are due",
		},
		"the shop's own account": {
			keys:   func(s *shop) *keypair.Full { return s.keys },
			charge: fields{"amount": 5, "asset_code": "USDC"}, step: "own_account", words: "the shop’s own account",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t)
			c := s.charge(test.charge)
			b := openTab(t)
			b.expect("400")
			b.install("rabet", &extension{keys: test.keys(s), passphrase: s.on.Passphrase})
			b.visit(c)
			b.await(element("wallet-rabet")+`?.innerText.includes("in this browser")`, "true")
			b.click("wallet-rabet")
			b.await(step, test.step)
			if words := evaluate[string](b, walletWords); !strings.Contains(words, test.words) || strings.Contains(words, "{") {
				t.Errorf("the page says %q", words)
			}
			b.click("choice-0")
			b.await(`document.querySelector("[data-wallet-list]").checkVisibility()`, "true")
		})
	}
}

// Horizon does not say what became of a submission, and whether it was taken or not the page sends
// the same envelope again until it knows.
func TestPageSubmitsAgainUntilItKnows(t *testing.T) {
	// The answers of a Horizon that has waited 30 seconds in vain, and of one whose core is busy.
	const timeout = `{"type":"https://stellar.org/horizon-errors/transaction_submission_timeout","title":"Transaction Submission Timeout","status":504}`
	const later = `{"tx_status":"TRY_AGAIN_LATER","hash":"0"}`
	for name, test := range map[string]struct {
		status int
		body   string
		taken  bool // whether the submission without a good answer reached the ledger
	}{
		"a timeout, and it was taken":     {504, timeout, true},
		"a timeout, and it was not taken": {504, timeout, false},
		"TRY_AGAIN_LATER":                 {503, later, false},
		"no answer":                       {0, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t)
			e := s.customerExtension()
			c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
			b := openTab(t)
			b.install("freighter", e)
			b.do(command(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: fmt.Sprintf(`{
				const { fetch } = window;
				window.submitted = [];
				window.fetch = async (url, options) => {
					if (options?.method !== "POST" || !String(url).endsWith("/transactions")) return fetch(url, options);
					window.submitted.push(options.body.get("tx"));
					if (window.submitted.length > 2) return fetch(url, options);
					if (%v && window.submitted.length === 1) await fetch(url, options);
					if (%d === 0) throw new TypeError("Failed to fetch");
					return new Response(%q, { status: %[2]d });
				};
			}`, test.taken, test.status, test.body)}))
			b.visit(c)
			b.await(element("wallet-freighter")+`?.innerText.includes("in this browser")`, "true")
			b.click("wallet-freighter")
			b.await(`document.querySelector("[data-pay]").dataset.phase`, "paid")
			s.wantPaidBy(c, e.keys.Address())
			// If it was taken, the page may have seen that before it knew of its submission.
			if different := evaluate[int](b, `new Set(window.submitted).size`); different != 1 {
				t.Errorf("%d different envelopes were submitted, want one", different)
			}
			if times := evaluate[int](b, `window.submitted.length`); !test.taken && times != 3 {
				t.Errorf("submitted %d times, want 3", times)
			}
		})
	}
}

// The network asks for a higher fee than was bid: the customer signs once more, for more.
func TestCustomerAllowsAHigherFee(t *testing.T) {
	s := openShop(t)
	e := s.customerExtension()
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	b := openTab(t)
	b.install("freighter", e)
	b.do(command(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `{
		const { fetch } = window;
		let refused = 0;
		window.fetch = (url, options) =>
			options?.method === "POST" && String(url).endsWith("/transactions") && refused++ === 0
				? new Response('{"title":"Transaction Failed","status":400,"extras":{"result_codes":{"transaction":"tx_insufficient_fee"}}}', { status: 400 })
				: fetch(url, options);
	}`}))
	b.visit(c)
	b.await(element("wallet-freighter")+`?.innerText.includes("in this browser")`, "true")
	b.click("wallet-freighter")
	b.await(step, "fee")
	if words := evaluate[string](b, walletWords); !strings.Contains(words, "up to 0.10 XLM") {
		t.Errorf("the page says %q", words)
	}
	b.click("choice-0")
	b.await(`document.querySelector("[data-pay]").dataset.phase`, "paid")
	s.wantPaidBy(c, e.keys.Address())
	transaction, ok := s.on.Sandbox().Ledger().Transaction(s.read(c.ID).Payments[0].TransactionHash)
	if !ok || transaction.FeeBid != 1_000_000 {
		t.Errorf("the fee that was bid: %+v", transaction)
	}
}

// walletWords are what the page says of a wallet.
const walletWords = `document.querySelector('[data-testid="wallet-words"]').textContent`

// Whatever goes wrong, the page says what to do, and the customer can go on and pay.
func TestCustomerPaysAfterAWalletRefused(t *testing.T) {
	for name, test := range map[string]struct {
		wallet string
		spoil  func(*extension)
		mend   func(*extension)
		step   string // what the page shows in between
		words  string // of it
		error  string // what the browser reports
	}{
		"declined in Freighter": {
			wallet: "freighter", step: "rejected",
			spoil: func(e *extension) { e.refuses = errors.New("The user rejected this request.") },
		},
		"declined in LOBSTR": {
			wallet: "lobstr", step: "rejected",
			spoil: func(e *extension) { e.refuses, e.refusesOnly = errors.New("User declined access"), "sign" },
		},
		"declined in Rabet": {
			wallet: "rabet", step: "rejected",
			spoil: func(e *extension) { e.refuses, e.refusesOnly = errors.New("user-rejected"), "sign" },
		},
		"declined in xBull": {
			wallet: "xbull", step: "rejected",
			spoil: func(e *extension) { e.refuses, e.refusesOnly = errors.New("The user rejected it"), "sign" },
		},
		"locked": {
			wallet: "rabet", step: "locked",
			spoil: func(e *extension) { e.refuses = errors.New("wallet is locked") },
		},
		"another network": {
			wallet: "freighter", step: "network",
			spoil: func(e *extension) { e.network = "Public Global Stellar Network ; September 2015" },
			mend:  func(e *extension) { e.network = "" },
		},
		"a fault of the wallet": {
			wallet: "xbull", step: "wallet", words: "xBull reports a problem: ledger device is asleep. Nothing was paid.",
			spoil: func(e *extension) { e.refuses = errors.New("ledger device is asleep") },
		},
		"a signature for another network": {
			wallet: "lobstr", step: "signature", error: "400",
			spoil: func(e *extension) { e.passphrase += " 2" },
			mend:  func(e *extension) { e.passphrase = strings.TrimSuffix(e.passphrase, " 2") },
		},
		"no signature": {
			wallet: "freighter", step: "unsigned",
			spoil: func(e *extension) { e.unsigned = true },
			mend:  func(e *extension) { e.unsigned = false },
		},
		"something else is signed": {
			wallet: "freighter", step: "changed",
			spoil: func(e *extension) {
				e.changes = func(p txnbuild.TransactionParams) txnbuild.TransactionParams {
					p.Operations = []txnbuild.Operation{&txnbuild.Payment{Destination: e.keys.Address(), Amount: "1", Asset: txnbuild.NativeAsset{}}}
					return p
				}
			},
			mend: func(e *extension) { e.changes = nil },
		},
		"a memo is left out": {
			wallet: "rabet", step: "changed",
			spoil: func(e *extension) {
				e.changes = func(p txnbuild.TransactionParams) txnbuild.TransactionParams {
					p.Memo = nil
					return p
				}
			},
			mend: func(e *extension) { e.changes = nil },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t)
			e := s.customerExtension()
			test.spoil(e)
			if test.mend == nil {
				test.mend = func(e *extension) { e.refuses = nil }
			}
			c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
			b := openTab(t)
			if test.error != "" {
				b.expect(test.error)
			}
			b.install(test.wallet, e)
			b.visit(c)
			b.await(element("wallet-"+test.wallet)+`?.innerText.includes("in this browser")`, "true")
			b.click("wallet-" + test.wallet)
			b.await(step, test.step)
			if words := evaluate[string](b, walletWords); !strings.Contains(words, test.words) || strings.Contains(words, "{") {
				t.Errorf("the page says %q", words)
			}
			if status := s.read(c.ID); status.Status != "open" || len(status.Payments) > 0 {
				t.Fatalf("after a refusal: %s with %d payments", status.Status, len(status.Payments))
			}
			test.mend(e)
			b.click("choice-0")
			b.await(`document.querySelector("[data-pay]").dataset.phase`, "paid")
			b.stillTheSame()
			s.wantPaidBy(c, e.keys.Address())
		})
	}
}

func TestWalletThatIsNotInTheBrowserIsExplained(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	b := openTab(t)
	b.visit(c)
	b.do(chromium.Click(otherWallets))
	for _, wallet := range []string{"freighter", "lobstr", "xbull", "rabet"} {
		b.await(element("wallet-"+wallet)+`?.innerText.includes("not in this browser")`, "true")
		b.click("wallet-" + wallet)
		b.await(step, "absent")
		b.click("choice-1") // another wallet
	}
	if got := evaluate[string](b, `performance.getEntriesByType("resource").map((e) => e.name.replace(/.*\/|\..*/g, "")).filter((name) => name === "albedo").join()`); got != "" {
		t.Errorf("the page loaded the script of a wallet that nobody chose: %s", got)
	}
}
