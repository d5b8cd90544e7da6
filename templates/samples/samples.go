// Package samples has a checkout in every state that the payment page can show, for the gallery and
// for tests.
package samples

import (
	"cmp"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"edgecheckout/templates"
	"edgecheckout/templates/text"
)

const (
	merchantAccount = "GDQP2KPQGKIHYJGXNUIYOMHARUARCA7DJT5FO2FFOOKY3B2WSQHG4W37"
	muxedAddress    = "MDQP2KPQGKIHYJGXNUIYOMHARUARCA7DJT5FO2FFOOKY3B2WSQHG5AAAAAAAAAAAAFM7K"
	issuerAccount   = "GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5"
	payerAccount    = "GCCK2JISUUTIJKYUHIT6FJKM2G73ZP5L6I2GPTUFFIMV6ZZF32DDCXBI"
	hash            = "0f1c17ed6a3cbbb0c367f72fb6ff26a25c215a30c7e7632abda7f443c8f6bd5f"
	memo            = "3k9v2m8q7c1x5t0z6w4h8n2r7e"
	testPassphrase  = "Test%20SDF%20Network%20%3B%20September%202015"
)

// Sample is a checkout, named after its state.
type Sample struct {
	Name, About string
	Checkout    templates.Checkout
}

// All returns every state of the payment page, and contents that stress the layout. Links between
// pages begin with origin.
func All(origin string) []Sample {
	all := []Sample{
		{"waiting", "Open, nothing has arrived.", open()},
		{"waiting-xlm", "The native asset on the public network, no description, nowhere to return to.", with(open(), func(c *templates.Checkout) {
			c.Amount, c.Due, c.AssetCode, c.AssetIssuer = "120.5", "120.5", "XLM", ""
			c.Network, c.Description, c.CancelURL = "", "", ""
		})},
		{"partly", "Open, part of it has arrived.", partly()},
		{"checking", "The deadline has passed, the ledger has not been read up to it.", with(open(), func(c *templates.Checkout) { c.Late = true })},
		{"other-asset", "Open, something arrived in another asset.", with(open(), func(c *templates.Checkout) {
			c.Payments = []templates.Payment{payment("50", "EURC", templates.ReasonWrongAsset)}
		})},
		{"cancelling", "Open, the merchant has cancelled it a moment ago.", with(open(), func(c *templates.Checkout) { c.Standing.Cancelled = true })},
		{"cancelled", "The merchant cancelled it, and nothing arrived.", with(open(), func(c *templates.Checkout) {
			c.Status, c.Standing.Cancelled = templates.Expired, true
		})},
		{"suspended", "Open, the operator has suspended the merchant.", with(open(), func(c *templates.Checkout) { c.Standing.Suspended = true })},
		{"paid", "Completed, with nowhere to go on to.", paid()},
		{"paid-redirect", "Completed, on the way to the merchant.", with(paid(), func(c *templates.Checkout) {
			c.RedirectURL = "https://shop.example/thanks?order=1042"
		})},
		{"paid-overpaid", "Completed with more than was asked for.", with(paid(), func(c *templates.Checkout) {
			c.Exception, c.Received = "overpaid", "1060.5"
			c.Payments = []templates.Payment{payment("1060.5", "USDC", "")}
		})},
		{"expired", "Nothing arrived in time.", with(open(), func(c *templates.Checkout) { c.Status = templates.Expired })},
		{"failed-underpaid", "The time is over and not all of it arrived.", with(partly(), func(c *templates.Checkout) { c.Status = templates.Failed })},
		{"failed-wrong-asset", "The time is over and only another asset arrived.", with(open(), func(c *templates.Checkout) {
			c.Status, c.Exception = templates.Failed, "wrong_asset"
			c.Payments = []templates.Payment{payment("50", "EURC", templates.ReasonWrongAsset)}
		})},
		{"branded", "A merchant with a logo, a colour and an address, and a product with a picture.", with(open(), func(c *templates.Checkout) {
			c.Brand = brand(origin, "#0a7c66")
			c.Amount, c.Due, c.Description = "49.9", "49.9", "Sidamo, ground for filter, 250 g"
			c.IssuerDomain, c.Currency = "circle.com", "USD"
		})},
		{"branded-light", "The same in a colour that cannot be read on white, and images that do not load.", with(open(), func(c *templates.Checkout) {
			c.Brand = brand(origin, "#ffd23f")
			c.LogoURL, c.PictureURL = c.LogoURL+"/none", c.PictureURL+"/none"
		})},
		{"branded-paid", "The same, completed with more than was asked for.", with(paid(), func(c *templates.Checkout) {
			c.Brand = brand(origin, "#0a7c66")
			c.Exception, c.Received, c.RedirectURL = "overpaid", "60", "https://shop.example/thanks?order=1042"
			c.Payments = []templates.Payment{payment("60", "USDC", "")}
		})},
		{"test-wallet", "The local network, with its test wallets.", with(open(), func(c *templates.Checkout) {
			c.Network, c.TestWallet = "Local network", "http://127.0.0.1:8000/wallet"
		})},
		{"wallets", "Open, with the wallets of the browser.", with(open(), func(c *templates.Checkout) {
			c.StreamURL = cmp.Or(origin, "https://horizon.example") + "/accounts/" + merchantAccount + "/payments?cursor=now&join=transactions"
		})},
		{"largest", "The largest amount, the longest description and a hostile merchant.", with(open(), func(c *templates.Checkout) {
			c.Merchant = "<script>alert(1)</script> & “Süße\u202eTräume” GmbH"
			c.Amount, c.Due, c.AssetCode = "922337203685.4775807", "922337203685.4775807", "LONGASSET012"
			c.Description = strings.Repeat("Donaudampfschifffahrtsgesellschaft ", 12) + "\nשלום, 你好, 👋🏽"
		})},
		{"smallest", "The smallest amount, right-to-left words.", with(open(), func(c *templates.Checkout) {
			c.Merchant, c.Description = "متجر الزهور", "باقة ورد حمراء (12)"
			c.Amount, c.Due, c.AssetCode, c.AssetIssuer = "0.0000001", "0.0000001", "XLM", ""
		})},
	}
	for i, s := range all {
		all[i].Checkout = addressed(s.Checkout, id(s.Name), origin)
	}
	return all
}

// LinkSample is a payment link, named after its state.
type LinkSample struct {
	Name, About string
	Link        templates.Link
}

// Links returns every state of the page of a payment link, in a language. Images are at origin.
func Links(origin string, l *templates.Language) []LinkSample {
	sold := templates.Link{
		Language: l, Merchant: "Northwind Coffee", Description: "A bag of Sidamo", Amount: "12.5", AssetCode: "USDC", AssetIssuer: issuerAccount,
		IssuerName: "Circle", Network: "Test network", Action: "/buy/link_01kay3t4w5x6y7z8a9b0c1d2e3",
	}
	branded := sold
	branded.Brand = brand(origin, "#0a7c66")
	branded.IssuerDomain, branded.Currency = "circle.com", "USD"
	asked := sold
	asked.Amount, asked.AssetCode, asked.AssetIssuer, asked.Description = "", "XLM", "", "A donation"
	wrong := asked
	wrong.Typed, wrong.Problem = "free", text.Fill(l.AmountProblem, "amount", l.Number("12.5"))
	return []LinkSample{
		{"buy", "A payment link.", sold},
		{"buy-branded", "A payment link with the merchant's brand, of an asset whose issuer is proven.", branded},
		{"buy-amount", "A payment link whose customer says how much.", asked},
		{"buy-wrong", "The customer has typed no amount.", wrong},
	}
}

// Images are pictures that the samples show, by their paths.
var Images = map[string]string{
	"/samples/logo.svg": `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><path d="M10 18h24v10a10 10 0 0 1-10 10h-4a10 10 0 0 1-10-10z" fill="#0a7c66"/>` +
		`<path d="M34 21h2a5 5 0 0 1 0 10h-2M17 13c-2-2 2-3 0-6M24 13c-2-2 2-3 0-6" fill="none" stroke="#0a7c66" stroke-width="2.5" stroke-linecap="round"/></svg>`,
	"/samples/sidamo.svg": `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><path fill="#e9dcc8" d="M0 0h64v64H0z"/><path d="M20 12h24l3 8v34H17V20z" fill="#6b3f22"/>` +
		`<path d="M20 12h24v5H20z" fill="#4c2b16"/><circle cx="32" cy="36" r="9" fill="#f6efe3"/><path d="M32 28c-4 5 4 10 0 16" fill="none" stroke="#6b3f22" stroke-width="2"/></svg>`,
}

func brand(origin, color string) templates.Brand {
	return templates.Brand{
		LogoURL: origin + "/samples/logo.svg", PictureURL: origin + "/samples/sidamo.svg", Color: color,
		SupportEmail: "help@northwind.example", Website: "https://www.northwind.example/",
	}
}

// id derives an id from a name, so that pages are the same every time.
func id(name string) string {
	return fmt.Sprintf("chk_01kay3t4w5x6y7z8a9%08x", crc32.ChecksumIEEE([]byte(name)))
}

func open() templates.Checkout {
	return templates.Checkout{
		Standing:    templates.Standing{Status: templates.Open},
		Merchant:    "Northwind Coffee",
		Description: "Order 1042: two bags of Sidamo, ground for filter",
		Amount:      "50",
		AssetCode:   "USDC",
		AssetIssuer: issuerAccount,
		IssuerName:  "Circle",
		Destination: merchantAccount,
		Muxed:       muxedAddress,
		Memo:        memo,
		Network:     "Test network",
		ExpiresAt:   time.Date(2026, 11, 23, 14, 5, 37, 0, time.UTC),
		CancelURL:   "https://shop.example/cart",
		Received:    "0",
		Due:         "50",
		ExplorerURL: "https://stellar.expert/explorer/testnet/tx/{hash}",
		HorizonURL:  "https://horizon-testnet.stellar.org",
	}
}

func partly() templates.Checkout {
	return with(open(), func(c *templates.Checkout) {
		c.Exception, c.Received, c.Due = "underpaid", "30.25", "19.75"
		c.Payments = []templates.Payment{payment("30.25", "USDC", "")}
	})
}

func paid() templates.Checkout {
	return with(open(), func(c *templates.Checkout) {
		c.Status, c.Received, c.Due = templates.Completed, "50", "0"
		c.Payments = []templates.Payment{payment("50", "USDC", "")}
	})
}

func payment(amount, code, reason string) templates.Payment {
	return templates.Payment{
		Amount: amount, AssetCode: code, AssetIssuer: issuerAccount, From: payerAccount, Hash: hash, Ledger: "1204417",
		ClosedAt: time.Date(2026, 11, 23, 13, 58, 4, 0, time.UTC), Reason: reason,
	}
}

func with(c templates.Checkout, change func(*templates.Checkout)) templates.Checkout {
	change(&c)
	return c
}

// addressed sets a checkout's id and the URLs that contain it.
func addressed(c templates.Checkout, id, origin string) templates.Checkout {
	c.ID = id
	c.PageURL = origin + "/pay/" + id
	c.PaymentURI = "web+stellar:pay?destination=" + c.Destination + "&amount=" + c.Amount
	if c.AssetIssuer != "" {
		c.PaymentURI += "&asset_code=" + c.AssetCode + "&asset_issuer=" + c.AssetIssuer
	}
	c.PaymentURI += "&memo=" + c.Memo + "&memo_type=MEMO_TEXT"
	if c.Network != "" {
		c.PaymentURI += "&network_passphrase=" + testPassphrase
	}
	return c
}
