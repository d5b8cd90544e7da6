// Package templates renders what people see: the payment page in each of its states, and short messages for when there is
// no page. It knows nothing of how a checkout is stored or settled; it is given a Checkout and writes HTML.
//
// The page is whole without JavaScript. The script only keeps it current, copies values and counts down.
package templates

import (
	"strings"
	"time"
)

// Status is where a checkout stands. A status other than Open never changes again.
type Status string

const (
	Open      Status = "open"
	Completed Status = "completed"
	Expired   Status = "expired"
	Failed    Status = "failed"
)

// Checkout is everything the payment page shows, and nothing else of a session. Amounts are decimal strings in units of
// the asset, written exactly.
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
	TestWallet  string // URL that the test-wallet form posts to; "" everywhere but on the local network
	PageURL     string // absolute URL of this page
	// StreamURL is where Horizon streams the destination's payments, "" if nobody may know. The page only watches it to know when to ask for the status.
	StreamURL   string
	ExpiresAt   time.Time
	CancelURL   string // "" if none
	RedirectURL string // only when Completed, and only if the merchant gave one
	Status      Status
	Exception   string // "", underpaid, overpaid, wrong_asset
	Received    string // "0", "25"
	Due         string // what is still missing, "0" when nothing
	// Late says that an open checkout's deadline has passed while the ledger has not been read up to it yet. The page
	// then asks nobody to pay any more.
	Late bool
}

// phase names the part of the page that tells where a checkout stands. It is finer than the status, because an open
// checkout that was partly paid, and one that waits for the ledger after its deadline, need other words.
type phase string

const (
	waiting   phase = "waiting"
	partly    phase = "partly"
	checking  phase = "checking"
	paid      phase = "paid"
	expired   phase = "expired"
	underpaid phase = "underpaid"
	wrong     phase = "wrong-asset"
)

// phase must agree with phaseOf in pay.js, which derives the same from an answer of the status call.
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
	case c.Exception == "underpaid":
		return partly
	}
	return waiting
}

// payable reports whether the page asks for money.
func (c Checkout) payable() bool {
	p := c.phase()
	return p == waiting || p == partly
}

// streamURL is StreamURL while a payment is awaited, if it leads to the web.
func (c Checkout) streamURL() string {
	if !c.payable() || origin(c.StreamURL) == "" {
		return ""
	}
	return c.StreamURL
}

// some reports whether money arrived that counts.
func (c Checkout) some() bool { return c.Received != "" && c.Received != "0" }

// toPay is what a customer who pays now must send.
func (c Checkout) toPay() string {
	if c.phase() == partly && c.Due != "" {
		return c.Due
	}
	return c.Amount
}

const paymentScheme = "web+stellar:pay?"

// paymentURI is PaymentURI, asking for what is still due, or "" if it is no payment request: a link with another scheme
// must never stand behind the button.
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

// asset is the asset as the test wallet names it: native, or CODE:ISSUER.
func (c Checkout) asset() string {
	if c.AssetIssuer == "" {
		return "native"
	}
	return c.AssetCode + ":" + c.AssetIssuer
}

// deadline is written for people. The seconds are cut off, so that it errs on the early side.
func (c Checkout) deadline() string { return c.ExpiresAt.UTC().Format("15:04 UTC, 2 January 2006") }

// phases lists the phases that a page may come to show without being loaded again: all of them while the checkout is
// open, and after that only its own.
func (c Checkout) phases() []phase {
	if c.Status != Open {
		return []phase{c.phase()}
	}
	return []phase{waiting, partly, checking, paid, expired, underpaid, wrong}
}

func (c Checkout) title() string { return c.Amount + " " + c.AssetCode + " to " + c.Merchant }

func (c Checkout) statusPath() string { return "/pay/" + c.ID + "/status" }

// redirect is RedirectURL if it leads to a web page, else "": it also ends in a meta element, which would run a script.
func (c Checkout) redirect() string {
	if c.Status != Completed || origin(c.RedirectURL) == "" {
		return ""
	}
	return c.RedirectURL
}

// farewell is how many seconds a finished page stays before it goes on by itself: long enough to read what it says.
func (c Checkout) farewell() string {
	if c.Exception != "" {
		return "15"
	}
	return "5"
}
