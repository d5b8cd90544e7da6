// Package console renders the pages on which owners of shops see what was paid and change what they
// may. It does not know how that is stored. Nothing on the pages needs a script; one copies values
// and has wallets sign.
package console

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// Frame is what stands around every screen.
type Frame struct {
	Screen    string // whose link in the navigation is marked: "home", "checkouts", …
	Merchant  string
	Network   string // "" on the public network; else "Test network", "Local network" …
	FormToken string // every form carries it
	Once      string // makes a form that is sent twice act once
	Notice    string // what has just been done
	Problem   string // what could not be done, and why
	ReadAt    time.Time
	Horizon   string // to which the page's script submits transactions; "" if nobody may know it
}

// Screen is a page of the console. Each has a type with its data, which says what of it
// stands where.
type Screen interface {
	title() string
	sections() []section
}

// section is a part of a screen. Of what follows the text, each part is left out if it is empty.
type section struct {
	id, title, text string
	facts           []fact
	chart           []bar
	moments         []Moment
	table           *table
	sign            *signing
	code            string // to copy as a whole
	qr              string // the text of a QR code
	forms           []form
}

// signing says who signs the code of a section, a transaction, with a wallet in the page.
type signing struct {
	passphrase, account string
	until               time.Time // it can be submitted; zero for a challenge, which goes into the form
}

type fact struct {
	name  string
	value cell
}

// cell is a value: in a table, or of a fact.
type cell struct {
	text   string
	href   string
	look   look
	detail string // a second line
	form   *form  // instead of text
	below  []cell
}

// look is how a value is shown.
type look string

const (
	plain  look = ""
	mono   look = "value"  // an id, an address or a key, to copy as a whole
	number look = "number" // an amount
	good   look = "good"
	warn   look = "warn"
	bad    look = "bad"
	quiet  look = "quiet"
)

type table struct {
	name  string
	head  []string
	rows  [][]cell
	empty string // what is said instead of a table without rows
	links []cell // below it: older entries, a file
	note  string
}

// bar is one of a chart's bars.
type bar struct {
	label, text string
	tenths      int // of a percent of the longest bar
}

type form struct {
	action string
	get    bool // it only asks, so it needs no token
	fields []field
	hidden []Option
	button string
	look   look
	inline bool // a single button among other things
}

type field struct {
	name, label, kind, value, hint string
	options                        []Option // of a choice
	required                       bool
	size                           int // the most characters
}

// Option is a choice of a field, or a hidden value.
type Option struct{ Value, Text string }

// Moment is an entry of a time line.
type Moment struct {
	At    time.Time
	Title string
	Text  string
	Href  string // where to look further
	Link  string // what the link says
	Tone  string // "", good, warn, bad
}

// place is an entry of the navigation.
type place struct{ screen, path, text string }

var places = []place{
	{"home", "/console", "Home"},
	{"checkouts", "/console/checkouts", "Checkouts"},
	{"inbox", "/console/inbox", "Inbox"},
	{"links", "/console/links", "Links"},
	{"products", "/console/products", "Products"},
	{"customers", "/console/customers", "Customers"},
	{"developers", "/console/developers", "Developers"},
	{"settings", "/console/settings", "Settings"},
	{"health", "/console/health", "Health"},
}

// moment formats a time for people. Without scripts, nobody knows their time zone.
func moment(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.UTC().Format("2 Jan 2006, 15:04 UTC")
}

// Money is an amount of an asset.
type Money struct {
	Amount string // exact, in units: "12.5"
	Code   string
	Issuer string // "" for XLM
}

func (m Money) String() string { return m.Amount + " " + m.Code }

func (m Money) cell() cell { return cell{text: m.String(), look: number} }

// statusLook is the look of a checkout's status.
func statusLook(status, exception string) look {
	switch {
	case exception != "":
		return warn
	case status == "completed":
		return good
	case status == "failed":
		return bad
	case status == "expired":
		return quiet
	}
	return plain
}

func words(code string) string { return strings.ReplaceAll(code, "_", " ") }

// state is a status with its exception: "completed, overpaid".
func state(status, exception string) string {
	if exception == "" {
		return status
	}
	return status + ", " + words(exception)
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

// address is where a link leads: to a web page, or to a wallet (SEP-7), whose scheme templ does not
// know.
func address(href string) templ.SafeURL {
	if strings.HasPrefix(href, "web+stellar:") {
		return templ.SafeURL(href)
	}
	return templ.URL(href)
}

// scripted reports whether the script has something to do: a value to copy or to sign.
func scripted(all []section) bool {
	return slices.ContainsFunc(all, func(s section) bool { return s.code != "" })
}

func (b bar) width() string { return fmt.Sprint(max(b.tenths, 2)) }
