// Package templates renders what people see: the payment page in each of its states, and short
// messages where there is no page. It does not know how a checkout is stored or settled: it renders
// a [Checkout] to HTML.
//
// The page works without JavaScript. The script only keeps it up to date, copies values and counts
// down.
package templates

import (
	"slices"
	"strings"
	"time"
)

// Status is the status of a checkout. A status other than [Open] never changes again.
type Status string

const (
	Open      Status = "open"
	Completed Status = "completed"
	Expired   Status = "expired"
	Failed    Status = "failed"
)

// Checkout is everything that the payment page shows about a checkout. Amounts are exact decimals
// in units of the asset.
type Checkout struct {
	ID          string // chk_…
	Merchant    string
	Description string // "" if none
	Amount      string // "50", "0.0000001"
	AssetCode   string
	AssetIssuer string // "" for XLM
	Destination string // G…
	Memo        string // 26 characters, MEMO_TEXT
	PaymentURI  string // web+stellar:pay?…
	Network     string // "" on the public network; else "Test network", "Local network" …
	// TestWallet is the URL to which the test wallet's form posts; "" except on the local network.
	TestWallet string
	PageURL    string // absolute URL of this page
	// StreamURL is where Horizon streams the destination's payments; "" if it must not be
	// disclosed. The page uses it only to know when to ask for the status.
	StreamURL   string
	ExpiresAt   time.Time
	CancelURL   string // "" if none
	RedirectURL string // only if Completed and if the merchant gave one
	Status      Status
	Exception   string // "", underpaid, overpaid, wrong_asset
	Received    string // "0", "25"
	Due         string // what is still missing, "0" if nothing
	// Late says that the deadline of an open checkout has passed, but the ledger has not yet been
	// read up to it. The page then no longer asks anyone to pay.
	Late bool
	// Suspended says that the operator has suspended the merchant. The page then asks nobody to pay.
	Suspended bool
}

// phase is a state of the page. It is finer than the status, because the page says something else
// for an open checkout that was partly paid, or whose deadline has passed but the ledger has not
// yet been read up to it.
type phase string

const (
	waiting   phase = "waiting"
	partly    phase = "partly"
	checking  phase = "checking"
	suspended phase = "suspended"
	paid      phase = "paid"
	expired   phase = "expired"
	underpaid phase = "underpaid"
	wrong     phase = "wrong-asset"
)

// phase must agree with phaseOf in pay.js, which derives it from the answer of the status call.
func (c Checkout) phase() phase {
	switch {
	case c.Status == Completed:
		return paid
	case c.Status == Expired:
		return expired
	case c.Status == Failed && c.Exception == "wrong_asset":
		return wrong
	case c.Status == Failed:
		return underpaid
	case c.Late:
		return checking
	case c.Suspended:
		return suspended
	case c.Exception == "underpaid":
		return partly
	}
	return waiting
}

// AsksForMoney reports whether the page asks its reader to pay.
func (c Checkout) AsksForMoney() bool {
	p := c.phase()
	return p == waiting || p == partly
}

// streamURL is StreamURL if the page awaits a payment and the URL is a web URL, otherwise "".
func (c Checkout) streamURL() string {
	if !c.AsksForMoney() || origin(c.StreamURL) == "" {
		return ""
	}
	return c.StreamURL
}

// some reports whether any counting money has arrived.
func (c Checkout) some() bool { return c.Received != "" && c.Received != "0" }

// toPay is the amount that a customer must send now.
func (c Checkout) toPay() string {
	if c.phase() == partly && c.Due != "" {
		return c.Due
	}
	return c.Amount
}

const paymentScheme = "web+stellar:pay?"

// paymentURI is PaymentURI for the amount that is still due. It is "" if PaymentURI is not a
// payment request: the button must never link to another scheme.
func (c Checkout) paymentURI() string {
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
func (c Checkout) asset() string {
	if c.AssetIssuer == "" {
		return "native"
	}
	return c.AssetCode + ":" + c.AssetIssuer
}

// deadline is for people. It truncates the seconds, so it is never later than the deadline.
func (c Checkout) deadline() string { return c.ExpiresAt.UTC().Format("15:04 UTC, 2 January 2006") }

// phases lists the phases that a page may show without being reloaded: all of them while the
// checkout is open, afterwards only its own.
func (c Checkout) phases() []phase {
	if c.Status != Open {
		return []phase{c.phase()}
	}
	if c.phase() == suspended {
		return []phase{suspended, checking, paid, expired, underpaid, wrong}
	}
	return []phase{waiting, partly, checking, paid, expired, underpaid, wrong}
}

func (c Checkout) title() string { return c.Amount + " " + c.AssetCode + " to " + c.Merchant }

func (c Checkout) statusPath() string { return "/pay/" + c.ID + "/status" }

// redirect is RedirectURL if it is a web URL, otherwise "". It also goes into a meta element, in
// which a javascript: URL would run.
func (c Checkout) redirect() string {
	if c.Status != Completed || origin(c.RedirectURL) == "" {
		return ""
	}
	return c.RedirectURL
}

// farewell is how many seconds a finished page waits before it redirects: long enough to read it.
func (c Checkout) farewell() string {
	if c.Exception != "" {
		return "15"
	}
	return "5"
}
