// Package templates renders what people see: the payment page in each of its states, its receipt,
// and short messages where there is no page. It does not know how a checkout is stored or settled:
// it renders a [Checkout] to HTML. Its texts are in package text.
//
// The page works without JavaScript. The script only keeps it up to date, copies values and counts
// down.
package templates

import (
	"slices"
	"strings"
	"time"

	"edgecheckout/templates/text"
)

// Checkout is everything that the payment page shows about a checkout. Amounts are exact decimals
// in units of the asset.
type Checkout struct {
	Standing
	Brand
	ID          string         // chk_…
	Language    *text.Language // nil: English
	AnyLanguage bool           // neither the address nor the merchant has chosen the language
	Merchant    string
	Description string // "" if none
	Amount      string // "50", "0.0000001"
	AssetCode   string
	AssetIssuer string // "" for XLM
	IssuerName  string // "Circle"; "" if nobody vouches for who it is
	// IssuerDomain is the home domain of the issuer's account, if that domain names the account, too.
	IssuerDomain string
	// Currency is what that domain says it pays for the asset, "USD" or "EUR"; "" if it says nothing.
	Currency    string
	Destination string // G…
	// Muxed is the M… address by which a payment without a memo is known; "" if there is none.
	Muxed      string
	Memo       string // 26 characters, MEMO_TEXT
	PaymentURI string // web+stellar:pay?…
	Network    string // "" on the public network; else "Test network", "Local network" …
	// TestWallet is the URL to which the test wallet's form posts; "" except on the local network.
	TestWallet string
	PageURL    string // absolute URL of this page
	// StreamURL is where Horizon streams the destination's payments; "" if it must not be
	// disclosed. The page uses it only to know when to ask for the status.
	StreamURL string
	// WalletConnect is how wallets on phones are reached.
	WalletConnect WalletConnect
	ExpiresAt     time.Time
	CancelURL     string // "" if none
	RedirectURL   string // only if Completed and if the merchant gave one
	Received      string // "0", "25"
	Due           string // what is still missing, "0" if nothing
	Payments      []Payment
	// ExplorerURL is where a transaction can be looked up, with {hash} for its hash; "" for nowhere.
	ExplorerURL string
	// HorizonURL is a Horizon that anyone may ask; "" if there is none to name.
	HorizonURL string
}

// WalletConnect is what a page needs to speak to wallets on phones.
type WalletConnect struct {
	Project string // the id of the operator's project; "" if the page does not offer it
	Chain   string // the network as those wallets call it: "stellar:pubnet" or "stellar:testnet"
}

// Payment is money that arrived with the checkout's memo.
type Payment struct {
	Amount      string
	AssetCode   string
	AssetIssuer string // "" for XLM
	From        string // "" if nobody is known to have sent it
	Hash        string // of the transaction
	Ledger      string
	ClosedAt    time.Time
	Reason      string // why it does not count; "" if it does
}

// Reasons why a [Payment] does not count.
const (
	ReasonWrongAsset = "wrong_asset"
	ReasonLate       = "late"
	ReasonDuplicate  = "duplicate"
)

// t returns the texts of the page's language.
func (c *Checkout) t() *text.Language {
	if c.Language == nil {
		return text.English
	}
	return c.Language
}

// streamURL is StreamURL if the page awaits a payment and the URL is a web URL, otherwise "".
func (c *Checkout) streamURL() string {
	if !c.AsksForMoney() || origin(c.StreamURL) == "" {
		return ""
	}
	return c.StreamURL
}

// some reports whether any counting money has arrived.
func (c *Checkout) some() bool { return c.Received != "" && c.Received != "0" }

// others are the payments in another asset.
func (c *Checkout) others() []Payment {
	var others []Payment
	for _, p := range c.Payments {
		if p.Reason == ReasonWrongAsset {
			others = append(others, p)
		}
	}
	return others
}

// issuedBy says who issues the asset, for people; "" if only its account is known.
func (c *Checkout) issuedBy() string {
	switch {
	case c.IssuerName != "" && c.IssuerDomain != "":
		return c.IssuerName + " (" + c.IssuerDomain + ")"
	case c.IssuerName != "":
		return c.IssuerName
	}
	return c.IssuerDomain
}

// worth is the amount in the currency that the issuer promises; "" if none is proven to, and at a
// payment link whose customer says how much.
func (c *Checkout) worth() string {
	if c.IssuerDomain == "" || c.Amount == "" {
		return ""
	}
	return c.t().Money(c.Amount, c.Currency)
}

// toPay is the amount that a customer must send now.
func (c *Checkout) toPay() string {
	if c.Phase() == Partly && c.Due != "" {
		return c.Due
	}
	return c.Amount
}

const paymentScheme = "web+stellar:pay?"

// paymentURI is PaymentURI for the amount that is still due. It is "" if PaymentURI is not a
// payment request: the button must never link to another scheme.
func (c *Checkout) paymentURI() string {
	query, ok := strings.CutPrefix(c.PaymentURI, paymentScheme)
	if !ok {
		return ""
	}
	parameters := strings.Split(query, "&")
	for i, p := range parameters {
		if strings.HasPrefix(p, "amount=") {
			parameters[i] = "amount=" + c.toPay()
		}
	}
	return paymentScheme + strings.Join(parameters, "&")
}

// withoutMessage removes the message from a payment request, for its QR code: each character makes
// the code finer and harder to scan, and who scans it has the page before them.
func withoutMessage(uri string) string {
	parameters := strings.Split(uri, "&")
	return strings.Join(slices.DeleteFunc(parameters, func(p string) bool { return strings.HasPrefix(p, "msg=") }), "&")
}

// asset is the asset as the test wallet expects it: native, or CODE:ISSUER.
func (c *Checkout) asset() string {
	if c.AssetIssuer == "" {
		return "native"
	}
	return c.AssetCode + ":" + c.AssetIssuer
}

// subject is what the payment is about.
func (c *Checkout) subject() string {
	t := c.t()
	return text.Fill(t.PageTitle, "amount", t.Number(c.Amount)+" "+c.AssetCode, "merchant", c.Merchant)
}

// title is what the browser's tab says. A page that no longer waits says how it stands first.
func (c *Checkout) title() string {
	if p := c.Phase(); p != Waiting {
		return text.Fill(heading(c, p), "merchant", c.Merchant) + " · " + c.subject()
	}
	return c.subject()
}

func (c *Checkout) path() string       { return "/pay/" + c.ID }
func (c *Checkout) statusPath() string { return c.path() + "/status" }

// checkPath is the address of the page as it is at the moment of asking, in the same language.
func (c *Checkout) checkPath() string { return c.path() + "/check" + c.query() }

func (c *Checkout) receiptPath() string { return c.path() + "/receipt" + c.query() }

// pagePath is the address of the page in the same language.
func (c *Checkout) pagePath() string { return c.path() + c.query() }

func (c *Checkout) query() string {
	if c.AnyLanguage {
		return ""
	}
	return "?lang=" + c.t().Tag
}

// redirect is RedirectURL if it is a web URL, otherwise "".
func (c *Checkout) redirect() string {
	if c.Status != Completed || origin(c.RedirectURL) == "" {
		return ""
	}
	return c.RedirectURL
}

// explorer is the address of a transaction in the explorer; "" if there is none.
func (c *Checkout) explorer(hash string) string {
	if origin(c.ExplorerURL) == "" {
		return ""
	}
	return strings.ReplaceAll(c.ExplorerURL, "{hash}", hash)
}

// proof is the address of a transaction in Horizon.
func (c *Checkout) proof() string {
	base := c.HorizonURL
	if origin(base) == "" {
		base = "https://horizon.stellar.org"
	}
	return base + "/transactions/{hash}"
}
