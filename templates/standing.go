package templates

import (
	"slices"
	"strings"
)

// Status is the status of a checkout. A status other than [Open] never changes again.
type Status string

const (
	Open      Status = "open"
	Completed Status = "completed"
	Expired   Status = "expired"
	Failed    Status = "failed"
)

// Standing is where a payment stands.
type Standing struct {
	Status    Status
	Exception string // "", underpaid, overpaid, wrong_asset
	// Cancelled says that the merchant has cancelled the checkout. While it is open, money in
	// transit still counts.
	Cancelled bool
	// Late says that the deadline of an open checkout has passed, but the ledger has not yet been
	// read up to it. The page then no longer asks anyone to pay.
	Late bool
	// Suspended says that the operator has suspended the merchant. The page then asks nobody to pay.
	Suspended bool
}

// Phase is a state of the page. It is finer than the status, because the page says something else
// for an open checkout that was partly paid, or whose deadline has passed but the ledger has not
// yet been read up to it.
type Phase string

const (
	Waiting    Phase = "waiting"
	Partly     Phase = "partly"
	Checking   Phase = "checking"
	Cancelling Phase = "cancelling"
	Suspended  Phase = "suspended"
	Paid       Phase = "paid"
	Overpaid   Phase = "overpaid"
	Unpaid     Phase = "expired"
	Cancelled  Phase = "cancelled"
	Underpaid  Phase = "underpaid"
	WrongAsset Phase = "wrong-asset"
)

// Phases lists all phases, and those that an open page may come to.
var Phases = []Phase{Waiting, Partly, Checking, Cancelling, Suspended, Paid, Overpaid, Unpaid, Cancelled, Underpaid, WrongAsset}

// Phase derives the phase. The page's script does not: the status call tells it.
func (s Standing) Phase() Phase {
	switch {
	case s.Status == Completed && s.Exception == "overpaid":
		return Overpaid
	case s.Status == Completed:
		return Paid
	case s.Status == Expired && s.Cancelled:
		return Cancelled
	case s.Status == Expired:
		return Unpaid
	case s.Status == Failed && s.Exception == "wrong_asset":
		return WrongAsset
	case s.Status == Failed:
		return Underpaid
	case s.Cancelled:
		return Cancelling
	case s.Late:
		return Checking
	case s.Suspended:
		return Suspended
	case s.Exception == "underpaid":
		return Partly
	}
	return Waiting
}

// AsksForMoney reports whether the page asks its reader to pay.
func (s Standing) AsksForMoney() bool { return s.Phase().asksForMoney() }

func (p Phase) asksForMoney() bool { return p == Waiting || p == Partly }

func (p Phase) in(phases []Phase) bool { return slices.Contains(phases, p) }

// phases lists the phases that a page may show without being loaded again: all of them while the
// checkout is open, afterwards only its own.
func (s Standing) phases() []Phase {
	if s.Status != Open {
		return []Phase{s.Phase()}
	}
	return Phases
}

// in writes phases for the attribute data-in of an element that is shown only in them.
func in(phases ...Phase) string {
	var b strings.Builder
	for i, p := range phases {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(p))
	}
	return b.String()
}

// Groups of phases in which parts of the page are shown.
var (
	whilePayable = []Phase{Waiting, Partly}
	// The other phases tell whom to ask beside what has gone wrong.
	unlessToldWhomToAsk = []Phase{Waiting, Partly, Checking, Paid}

	unlessPaid = []Phase{Waiting, Partly, Checking, Cancelling, Suspended, Unpaid, Cancelled, Underpaid, WrongAsset}
)
