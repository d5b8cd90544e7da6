package text

import (
	"strconv"
	"strings"
	"time"
)

// Fill replaces the values that a text names: pairs of a name and its value.
func Fill(text string, pairs ...string) string {
	var b strings.Builder
	for piece, name := range Pieces(text) {
		b.WriteString(piece)
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == name {
				b.WriteString(pairs[i+1])
			}
		}
	}
	return b.String()
}

// Pieces yields a text piece by piece, each with the name of the value that follows it; the last
// piece is followed by none.
func Pieces(text string) func(yield func(piece, name string) bool) {
	return func(yield func(piece, name string) bool) {
		for text != "" {
			piece, rest, found := strings.Cut(text, "{")
			name, after, closed := strings.Cut(rest, "}")
			if !found || !closed {
				yield(text, "")
				return
			}
			if !yield(piece, name) {
				return
			}
			text = after
		}
	}
}

// Count returns the form of a text for n things, with the number in it.
func (l *Language) Count(p Plural, n int) string {
	return Fill(p.of(l.form(n)), "n", strconv.Itoa(n))
}

// Number writes an exact decimal such as "1234.5" for people: with the language's separators, and
// with two decimals if it has one. It drops no digit. The digits are 0 to 9 in every language,
// because they must be compared with those that a wallet shows.
func (l *Language) Number(exact string) string {
	whole, decimals, fraction := strings.Cut(exact, ".")
	var b strings.Builder
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(l.Group)
		}
		b.WriteByte(whole[i])
	}
	if fraction {
		b.WriteString(l.Decimal)
		b.WriteString(decimals)
		if len(decimals) == 1 {
			b.WriteByte('0')
		}
	}
	return b.String()
}

// Money writes an exact decimal of a currency ("USD" or "EUR") for people, as [Language.Number] does,
// and with at least two decimals. It is "" for any other currency.
func (l *Language) Money(exact, currency string) string {
	sign, ok := map[string]string{"USD": l.dollar, "EUR": "€"}[currency]
	if !ok {
		return ""
	}
	if _, decimals, _ := strings.Cut(exact, "."); decimals == "" {
		exact += ".00"
	}
	return Fill(l.money, "amount", l.Number(exact), "sign", sign)
}

// Moment writes a time in UTC. It drops the seconds, so it is never later than the time.
func (l *Language) Moment(t time.Time) string {
	t = t.UTC()
	year, month, day := t.Date()
	return Fill(l.DateTime, "time", t.Format("15:04"), "day", strconv.Itoa(day), "month", l.Months[month-1], "year", strconv.Itoa(year))
}

// Exactly writes a time in UTC to the second, for proofs.
func (l *Language) Exactly(t time.Time) string {
	t = t.UTC()
	year, month, day := t.Date()
	return Fill(l.DateTime, "time", t.Format("15:04:05"), "day", strconv.Itoa(day), "month", l.Months[month-1], "year", strconv.Itoa(year))
}
