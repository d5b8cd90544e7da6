// Package text has every text of the payment page, in each of its languages: a file a language. The
// page's script has none of its own: it shows what the page carries.
//
// A text may name values in braces, such as {merchant}. [Texts] says which; a translation uses the
// same ones.
package text

import "strings"

// Language is a language of the page.
type Language struct {
	Tag  string // in addresses and for browsers, such as "es" (BCP 47)
	Name string // in the language itself
	// RightToLeft is the direction in which it is written.
	RightToLeft bool
	// Group separates thousands, Decimal the decimals.
	Group, Decimal string
	// money is how an amount of a currency is written, with {amount} and {sign}; dollar is the sign of
	// US dollars (CLDR).
	money, dollar string
	// form chooses the form of a [Plural] for a number.
	form func(n int) form
	Texts
}

// Direction is the language's direction for HTML.
func (l *Language) Direction() string {
	if l.RightToLeft {
		return "rtl"
	}
	return "ltr"
}

// Texts are the texts of one language. A comment says which values a text names, and what is not
// plain from the English one.
type Texts struct {
	// Who asks for how much.
	PageTitle     string // {amount} {merchant}
	PaymentTo     string // {merchant}
	NoRealMoney   string // beside the name of a test network
	AssetBy       string // {asset} {issuer}: the issuer by name
	Details       string // what unfolds the account that issues the asset
	Issuer        string
	IssuerProven  string // {domain}
	IssuerUnknown string // {asset}
	Received      string
	StillDue      string

	// Until when.
	PayBy          string // {time}
	PayByToday     string // {time}
	PayByTomorrow  string // {time}
	TimeLeft       string // {duration}
	HoursMinutes   string // {h} {m}: short, a duration
	MinutesSeconds string // {m} {s}
	Seconds        string // {s}
	MinutesLeft    Plural // {n}: read out by screen readers
	DateTime       string // {time} {day} {month} {year}, in UTC
	Months         [12]string

	// How to pay.
	PayWithWallet  string // {to-pay}
	WalletHint     string
	NoWalletOpened string
	NoWalletHelp   string
	BrowserWallets string
	OtherWallets   string // those that are not installed
	CodeName       string
	CodeCaption    string
	CopyDetails    string
	Address        string
	Amount         string
	Memo           string
	MemoType       string
	MemoWarning    string // {merchant}
	Copy           string
	Copied         string // {what}: Address, Amount or Memo
	Selected       string // {what}
	Direct         string // {merchant}, twice
	Reference      string
	BackTo         string // {merchant}
	CheckAgain     string
	NoScript       string
	ChooseLanguage string

	// Where the payment stands.
	Standing         string
	Waiting          string
	WaitingText      string
	Partly           string
	PartlyText       string // {received} {due}
	Over             string
	OverText         string
	Cancelled        string // {merchant}
	CancelledWait    string // {merchant}
	CancelledText    string
	Suspended        string
	SuspendedText    string
	SuspendedContact string // {merchant}
	Paid             string
	PaidText         string // {merchant}
	OverpaidText     string // {received} {amount} {merchant}
	Continue         string // {merchant}
	Leaving          string // {duration}
	Stay             string
	Expired          string
	ExpiredText      string // {merchant}
	AlreadySent      string // {merchant}
	Underpaid        string
	UnderpaidText    string // {received} {amount}
	WrongAsset       string
	WrongAssetText   string // {asset}
	InAccount        string // {merchant}
	Other            string // heading of what arrived in another asset, while the checkout is open
	OtherText        string // {asset} {merchant}
	Slow             string
	Offline          string
	Lost             string
	Contact          string // {merchant} {email}

	// What people ask.
	Help          string
	HelpAsset     string // {asset}
	HelpAssetText string // {asset}
	HelpTrust     string
	HelpTrustText string // {asset}
	HelpExchange  string
	HelpExText    string
	HelpMemo      string
	HelpMemoText  string // {merchant}
	HelpMuxed     string
	HelpMuxedText string
	MuxedAddress  string // an address that needs no memo

	// The proof.
	Receipt       string
	ReceiptTitle  string // {merchant}
	Print         string
	ToPage        string
	AskedFor      string
	For           string // what was bought
	PaidTo        string
	PaidBy        string
	Time          string
	Ledger        string
	Transaction   string
	Explorer      string // link to a transaction elsewhere
	Payments      Plural // {n}
	Counted       string
	NotWrongAsset string // {asset}
	NotLate       string
	NotDuplicate  string
	NothingYet    string
	NotFinal      string
	CheckYourself string
	CheckIntro    string
	CheckAmount   string
	CheckMemo     string
	CheckTime     string
	CheckPayer    string
	CheckSuccess  string
	OverpaidNote  string // {received} {amount} {merchant}

	// The page of a payment link.
	BuyTitle      string // {merchant}
	AmountIn      string // {asset}
	AmountProblem string // {amount}: an example
	ContinueToPay string
	NothingToBuy  string
	NothingText   string
	NotSold       string
	NotSoldText   string
	BuySuspended  string

	// Where there is no page.
	NoPage       string
	NoPageText   string
	Failed       string
	FailedText   string
	QuoteRequest string
	Busy         string
	BusyText     string // {duration}
	BusyBuyText  string
}

// form is one of the forms that a language has for numbers of things, as in CLDR.
type form int

const (
	other form = iota
	zero
	one
	two
	few
	many
)

// Plural has the forms of a text for different numbers {n}. A language has those that its rule can
// choose, and always Other.
type Plural struct{ Zero, One, Two, Few, Many, Other string }

func (p Plural) of(f form) string {
	return [...]string{p.Other, p.Zero, p.One, p.Two, p.Few, p.Many}[f]
}

// Rules of CLDR for whole numbers.

func never(int) form { return other }

func oneIsOne(n int) form {
	if n == 1 {
		return one
	}
	return other
}

// zeroIsOne is the rule of French and Portuguese.
func zeroIsOne(n int) form {
	if n == 0 || n == 1 {
		return one
	}
	return other
}

func arabic(n int) form {
	switch {
	case n == 0:
		return zero
	case n == 1:
		return one
	case n == 2:
		return two
	case n%100 >= 3 && n%100 <= 10:
		return few
	case n%100 >= 11:
		return many
	}
	return other
}

// Languages lists all languages; the first is that of whoever reads none of the others.
var Languages = []*Language{&english, &spanish, &portuguese, &french, &german, &indonesian, &chinese, &arabicLanguage}

// English is the first language.
var English = &english

// Find returns the language with exactly this tag; nil if there is none.
func Find(tag string) *Language {
	for _, l := range Languages {
		if l.Tag == tag {
			return l
		}
	}
	return nil
}

// Match returns the language of a BCP 47 tag, such as es for "es-MX"; nil if the page is not in it.
func Match(tag string) *Language {
	primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
	if primary == "in" {
		primary = "id" // its tag until 1989, which some devices still send
	}
	return Find(primary)
}

// Accepted returns the language that an Accept-Language header prefers (RFC 9110, 12.5.4); nil if
// it accepts none.
func Accepted(header string) *Language {
	var best *Language
	quality := 0
	for i := 0; header != "" && i < 32; i++ {
		var item string
		item, header, _ = strings.Cut(header, ",")
		tag, weight, _ := strings.Cut(item, ";")
		if q := thousandths(weight); q > quality {
			if l := Match(tag); l != nil {
				best, quality = l, q
			}
		}
	}
	return best
}

// thousandths parses a weight such as "q=0.8"; an absent one is 1000, a malformed one 0.
func thousandths(weight string) int {
	weight = strings.TrimSpace(weight)
	if weight == "" {
		return 1000
	}
	value, ok := strings.CutPrefix(weight, "q=")
	if !ok || len(value) == 0 || len(value) > 5 || value[0] != '0' && value[0] != '1' || len(value) > 1 && value[1] != '.' {
		return 0
	}
	if value[0] == '1' {
		return 1000
	}
	n := 0
	for i := 2; i < 5; i++ {
		n *= 10
		if i < len(value) {
			if value[i] < '0' || value[i] > '9' {
				return 0
			}
			n += int(value[i] - '0')
		}
	}
	return n
}
