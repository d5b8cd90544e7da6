package e2e

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/stellar/go/txnbuild"

	"edgecheckout/e2e/chromium"
	"edgecheckout/e2e/walletconnect"
)

// phone is a phone with the account of a wallet's stand-in, in which the network of a chain is chosen.
func (s *shop) phone(e *extension, chain string) *walletconnect.Phone {
	s.t.Helper()
	p, err := relay.Phone(s.t.Context(), walletconnect.Wallet{
		Root: root, Name: "LOBSTR Wallet", Chain: chain,
		Answer: func(method, xdr string) (string, error) { return e.answer(request{Method: method, XDR: xdr}) },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// code returns the code that the page shows to a wallet on a phone.
func (b *tab) code() string {
	b.t.Helper()
	b.await(step, "scan")
	evaluate[bool](b, `!!(navigator.clipboard.writeText = async (text) => { window.copied = text })`)
	b.click("copy-code")
	b.await(element("copy-code")+`.textContent`, "Copied")
	return evaluate[string](b, `window.copied`)
}

// scan has a phone scan the code on the page.
func (b *tab) scan(p *walletconnect.Phone) {
	b.t.Helper()
	if err := p.Scan(b.code()); err != nil {
		b.t.Fatal(err)
	}
}

// chooseWalletConnect chooses it among the wallets of the page.
func (b *tab) chooseWalletConnect() {
	b.t.Helper()
	b.await(element("wallet-walletconnect")+`?.textContent.includes("on a phone")`, "true")
	b.do(chromium.Click(otherWallets))
	b.click("wallet-walletconnect")
}

// The wallet sees what it is asked for, and signs. Afterwards it has nothing more to do with the page,
// and the browser has kept nothing.
func TestCustomerPaysWithAWalletOnAPhone(t *testing.T) {
	s := openShop(t)
	e := s.customerExtension()
	phone := s.phone(e, "stellar:testnet")
	c := s.charge(fields{"amount": "7.25", "asset_code": "USDC"})
	b := openTab(t)
	b.visit(c)
	if got := evaluate[int](b, scriptsOfWalletConnect); got != 0 {
		t.Errorf("%d scripts of WalletConnect were loaded before it was chosen", got)
	}
	b.chooseWalletConnect()
	b.scan(phone)
	b.await(`document.querySelector("[data-pay]").dataset.phase`, "paid")
	b.stillTheSame()
	s.wantPaidBy(c, e.keys.Address())
	wantSaid(t, phone, "proposal", func(p proposal) bool {
		stellar := p.OptionalNamespaces["stellar"]
		return len(p.OptionalNamespaces) == 1 && strings.Join(stellar.Chains, " ") == "stellar:testnet" &&
			strings.Join(stellar.Methods, " ") == "stellar_signXDR" && p.Proposer.Metadata.URL == service.BaseURL
	})
	wantSaid(t, phone, "request", func(r struct{ Method, ChainID string }) bool {
		return r.Method == "stellar_signXDR" && r.ChainID == "stellar:testnet"
	})
	if _, err := phone.Await("ended"); err != nil {
		t.Error(err)
	}
	if got := evaluate[int](b, scriptsOfWalletConnect); got != 1 {
		t.Errorf("%d scripts of WalletConnect were loaded, want one", got)
	}
	if got := evaluate[string](b, elsewhere); got != "" {
		t.Errorf("the page loaded something from %s", got)
	}
	b.await(`(indexedDB.databases().then((all) => (window.kept = all.length + localStorage.length + sessionStorage.length)), window.kept)`, "0")
}

const (
	scriptsOfWalletConnect = `performance.getEntriesByType("resource").filter((e) => e.name.includes("/walletconnect.")).length`
	elsewhere              = `performance.getEntriesByType("resource").map((e) => new URL(e.name).hostname).filter((host) => host !== location.hostname).join()`
)

// proposal is what a wallet is asked to agree to.
type proposal struct {
	OptionalNamespaces map[string]struct{ Chains, Methods []string }
	Proposer           struct{ Metadata struct{ URL string } }
}

// wantSaid checks what has happened to a phone.
func wantSaid[T any](t *testing.T, p *walletconnect.Phone, event string, good func(T) bool) {
	t.Helper()
	said, err := p.Await(event)
	if err != nil {
		t.Fatal(err)
	}
	var params T
	if err := json.Unmarshal(said.Params, &params); err != nil || !good(params) {
		t.Errorf("%s: %s (%v)", event, said.Params, err)
	}
}

// The connection of a page ends while its customer is in the wallet. It connects again, and gets what
// the wallet has said meanwhile.
func TestPageHearsAWalletAfterItsConnectionWasLost(t *testing.T) {
	s := openShop(t)
	e := s.customerExtension()
	phone := s.phone(e, "stellar:testnet")
	c := s.charge(fields{"amount": "7.25", "asset_code": "USDC"})
	b := openTab(t)
	b.visit(c)
	b.chooseWalletConnect()
	code := b.code()
	relay.Drop(code)
	if err := phone.Scan(code); err != nil {
		t.Fatal(err)
	}
	b.await(`document.querySelector("[data-pay]").dataset.phase`, "paid")
	s.wantPaidBy(c, e.keys.Address())
}

// Whatever goes wrong, the page says what to do, and the customer can go on and pay.
func TestCustomerPaysAfterAWalletOnAPhoneRefused(t *testing.T) {
	for name, test := range map[string]struct {
		chain string // of the phone at first
		spoil func(*extension)
		step  string // what the page shows in between
		words string // of it
		again bool   // whether the wallet must scan another code
		error string // what the browser reports
	}{
		"the account is not shown": {
			step: "rejected", words: "You declined in WalletConnect", again: true,
			spoil: func(e *extension) { e.refuses = errors.New("User rejected the request") },
		},
		"the payment is declined": {
			step: "rejected", words: "You declined in LOBSTR Wallet",
			spoil: func(e *extension) { e.refuses, e.refusesOnly = errors.New("User rejected the request"), "sign" },
		},
		"another network": {
			chain: "stellar:pubnet", step: "network", words: "is set to another network", again: true,
			spoil: func(*extension) {},
		},
		"another network since": {
			step: "network", words: "LOBSTR Wallet is set to another network", again: true,
			spoil: func(e *extension) {
				e.refuses, e.refusesOnly = errors.New("Please switch to Testnet and try again"), "sign"
			},
		},
		"a fault of the wallet": {
			step: "wallet", words: "LOBSTR Wallet reports a problem: Failed to sign transaction. Nothing was paid.",
			spoil: func(e *extension) { e.refuses, e.refusesOnly = errors.New("Failed to sign transaction"), "sign" },
		},
		"no signature": {step: "unsigned", spoil: func(e *extension) { e.unsigned = true }},
		"a memo is left out": {
			step: "changed",
			spoil: func(e *extension) {
				e.changes = func(p txnbuild.TransactionParams) txnbuild.TransactionParams {
					p.Memo = nil
					return p
				}
			},
		},
		"a signature for another network": {
			step: "signature", words: "LOBSTR Wallet signed with another account", again: true, error: "400",
			spoil: func(e *extension) { e.passphrase += " 2" },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t)
			good := s.customerExtension()
			e := *good
			test.spoil(&e)
			if test.chain == "" {
				test.chain = "stellar:testnet"
			}
			phone := s.phone(&e, test.chain)
			c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
			b := openTab(t)
			if test.error != "" {
				b.expect(test.error)
			}
			b.visit(c)
			b.chooseWalletConnect()
			b.scan(phone)
			b.await(step, test.step)
			if words := evaluate[string](b, walletWords); !strings.Contains(words, test.words) || strings.Contains(words, "{") {
				t.Errorf("the page says %q", words)
			}
			if status := s.read(c.ID); status.Status != "open" || len(status.Payments) > 0 {
				t.Fatalf("after a refusal: %s with %d payments", status.Status, len(status.Payments))
			}
			e = *good
			b.click("choice-0")
			if test.again {
				b.scan(s.phone(good, "stellar:testnet"))
			}
			b.await(`document.querySelector("[data-pay]").dataset.phase`, "paid")
			b.stillTheSame()
			s.wantPaidBy(c, good.keys.Address())
		})
	}
}

// The wallet ends the connection instead of signing.
func TestCustomerConnectsAgainAfterAWalletOnAPhoneLeft(t *testing.T) {
	s := openShop(t)
	e := s.customerExtension()
	var phone *walletconnect.Phone
	phone, err := relay.Phone(t.Context(), walletconnect.Wallet{
		Root: root, Name: "Freighter", Chain: "stellar:testnet",
		Answer: func(method, _ string) (string, error) {
			if method == "account" {
				return e.keys.Address(), nil
			}
			err := phone.Leave()
			<-t.Context().Done()
			return "", err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	b := openTab(t)
	b.visit(c)
	b.chooseWalletConnect()
	b.scan(phone)
	b.await(step, "disconnected")
	b.click("choice-0")
	b.scan(s.phone(e, "stellar:testnet"))
	b.await(`document.querySelector("[data-pay]").dataset.phase`, "paid")
	s.wantPaidBy(c, e.keys.Address())
}

// Whoever changes their mind leaves nobody who listens behind.
func TestPageLeavesTheRelayWhenAnotherWalletIsChosen(t *testing.T) {
	s := openShop(t)
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	b := openTab(t)
	b.visit(c)
	b.chooseWalletConnect()
	code := b.code()
	if !relay.Listens(code) {
		t.Fatal("the page shows a code and does not listen")
	}
	b.click("choice-0")
	deadline := time.Now().Add(10 * time.Second)
	for relay.Listens(code) {
		if time.Now().After(deadline) {
			t.Fatal("the page still listens")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Whoever leaves the page has no session in the wallet any more.
func TestPageTellsAWalletOnAPhoneThatItIsLeft(t *testing.T) {
	s := openShop(t)
	e := s.customerExtension()
	e.refuses, e.refusesOnly = errors.New("User rejected the request"), "sign"
	phone := s.phone(e, "stellar:testnet")
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	b := openTab(t)
	b.visit(c)
	b.chooseWalletConnect()
	b.scan(phone)
	b.await(step, "rejected")
	b.do(chromium.Open(service.BaseURL + "/docs"))
	if _, err := phone.Await("ended"); err != nil {
		t.Error(err)
	}
}

// On a phone, a link opens the wallet that has the code, and another one the wallet that is to sign.
func TestPageOnAPhoneOpensTheWalletThatIsToSign(t *testing.T) {
	s := openShop(t)
	e := s.customerExtension()
	looked := make(chan bool)
	phone, err := relay.Phone(t.Context(), walletconnect.Wallet{
		Root: root, Name: "LOBSTR Wallet", Chain: "stellar:testnet",
		Answer: func(method, xdr string) (string, error) {
			if method == "sign" {
				<-looked
			}
			return e.answer(request{Method: method, XDR: xdr})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	b := openTab(t)
	b.do(command(emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true}))
	b.visit(c)
	b.chooseWalletConnect()
	b.await(step, "open-here")
	const link = `document.querySelector("[data-wallet-choices] a")`
	if err := phone.Scan(evaluate[string](b, `new URL(`+link+`.href).searchParams.get("uri")`)); err != nil {
		t.Fatal(err)
	}
	b.await(step, "signing")
	if got := evaluate[string](b, link+`.textContent + " " + `+link+`.href`); got != "Open LOBSTR Wallet lobstr://" {
		t.Errorf("the link is %s", got)
	}
	close(looked)
	b.await(`document.querySelector("[data-pay]").dataset.phase`, "paid")
	s.wantPaidBy(c, e.keys.Address())
}
