package e2e

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
	"github.com/stellar/go/keypair"
	"github.com/stellar/go/txnbuild"

	"edgecheckout/sandbox/stack"
)

// standIns is what the extensions of wallets put into a page: objects, and listeners for the
// messages of the wallets' own packages, which the page loads unmodified.
//
//go:embed testdata/wallets/extensions.js
var standIns string

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
	times       int    // that it refuses; 0: always
}

// request is what a stand-in in the page asks of the extension.
type request struct {
	Method string `json:"method"` // "network", "account" or "sign"
	XDR    string `json:"xdr"`
}

// errLater ends the refusals of an extension that refuses some times only.
func (e *extension) answer(r request) (string, error) {
	if e.refuses != nil && (e.refusesOnly == "" || e.refusesOnly == r.Method) {
		if e.times--; e.times == 0 {
			defer func() { e.refuses = nil }()
		}
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
	name, err := json.Marshal(wallet)
	if err != nil {
		b.t.Fatal(err)
	}
	b.do(
		chromedp.ExposeFunc("extension", func(_ context.Context, r request) (string, error) { return e.answer(r) }),
		command(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: "(" + standIns + ")(" + string(name) + ")"}),
	)
}

// customerExtension is an extension with the account of the shop's customer.
func (s *shop) customerExtension() *extension {
	return &extension{keys: s.customerKeys(), passphrase: s.on.Passphrase}
}

// click presses the element with a test id.
func (b *tab) click(testID string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(`[data-testid="` + testID + `"]`)))
}

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
