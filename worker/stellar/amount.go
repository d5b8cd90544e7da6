package stellar

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"

	"edgecheckout/worker/codec"
)

// Amount is a quantity of an asset in stroops, the ledger's unit: 1e-7 of the asset's unit.
type Amount int64

// StroopsPerUnit is the number of stroops in one unit of an asset.
const StroopsPerUnit = 10_000_000

// MaxAmount is the largest amount that the ledger can hold, an int64 of stroops:
// 922337203685.4775807.
const MaxAmount Amount = math.MaxInt64

// ErrAmount reports a string that is not an amount. An amount is digits with at most 7 decimals, no
// sign and no exponent, and not above [MaxAmount].
var ErrAmount = errors.New("an amount is digits with at most 7 decimals, not above 922337203685.4775807")

// ParseAmount parses a decimal such as "50" or "0.0000001" without going through a float. The error
// is [ErrAmount].
func ParseAmount(s string) (Amount, error) {
	whole, fraction, dotted := strings.Cut(s, ".")
	if whole == "" || len(whole) > 12 || len(fraction) > 7 || dotted && fraction == "" {
		return 0, ErrAmount
	}
	digits := whole + fraction + "0000000"[len(fraction):]
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return 0, ErrAmount
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, ErrAmount
	}
	return Amount(n), nil
}

// String writes the shortest exact decimal: "50", "0.0000001".
func (a Amount) String() string {
	var room [amountSize]byte
	return string(a.appendTo(room[:0]))
}

// amountSize is enough for the longest amount, a decimal point, and the digit that the point
// replaces.
const amountSize = 24

func (a Amount) appendTo(b []byte) []byte {
	b = strconv.AppendInt(b, int64(a)/StroopsPerUnit, 10)
	if fraction := int64(a) % StroopsPerUnit; fraction != 0 {
		whole := len(b)
		b = strconv.AppendInt(b, fraction+StroopsPerUnit, 10)
		b[whole] = '.' // replaces the unit that was added to keep leading zeros
		b = bytes.TrimRight(b, "0")
	}
	return b
}

// Plus adds two non-negative amounts. A sum beyond [MaxAmount] is MaxAmount. No checkout asks for
// more, so comparisons of sums with what is due stay correct.
func (a Amount) Plus(b Amount) Amount {
	if a > MaxAmount-b {
		return MaxAmount
	}
	return a + b
}

// MarshalJSON writes the amount as an exact JSON number.
func (a Amount) MarshalJSON() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalJSON reads what [Amount.MarshalJSON] wrote.
func (a *Amount) UnmarshalJSON(text []byte) error {
	parsed, err := ParseAmount(string(text))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}

// WriteJSON implements store.Writer.
func (a Amount) WriteJSON(w *codec.Writer) {
	w.Raw(a.String())
}

// Decimal is an [Amount] that JSON holds as a string. Most languages read a number as a binary
// float, which cannot represent all amounts.
type Decimal Amount

// MarshalText implements [encoding.TextMarshaler].
func (d Decimal) MarshalText() ([]byte, error) { return []byte(Amount(d).String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Decimal) UnmarshalText(text []byte) error {
	parsed, err := ParseAmount(string(text))
	*d = Decimal(parsed)
	return err
}

// WriteJSON implements store.Writer.
func (d Decimal) WriteJSON(w *codec.Writer) { w.String("", Amount(d).String()) }

// ReadJSON implements store.Reader.
func (a *Amount) ReadJSON(r *codec.Reader) {
	parsed, err := ParseAmount(r.Number())
	if err != nil {
		r.Refuse()
		return
	}
	*a = parsed
}
