// Package checkout defines what a checkout is and when it is paid. It does no I/O; time and entropy
// are arguments.
package checkout

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"edgecheckout/worker/codec"
)

// Kind is the prefix of an id, which says what the id names.
type Kind string

// The prefixes of all ids in the API.
const (
	KindCheckout Kind = "chk_"
	KindCustomer Kind = "cus_"
	KindProduct  Kind = "prod_"
	KindPayment  Kind = "pay_"
	KindMerchant Kind = "mer_"
	KindKey      Kind = "key_"
	KindRequest  Kind = "req_"
	KindWebhook  Kind = "wh_"
	KindEvent    Kind = "evt_"
	KindRefund   Kind = "rf_"
	KindLink     Kind = "link_"
)

// ErrID reports a string that is not an id of the wanted kind.
var ErrID = errors.New("not an id of this kind")

// NewID makes an id from the time and ten bytes of entropy, which must be cryptographically secure:
// anyone who can guess a checkout's id can open its page.
func NewID(kind Kind, now time.Time, entropy io.Reader) (string, error) {
	var u ulid.ULID
	if err := u.SetTime(ulid.Timestamp(now)); err != nil {
		return "", fmt.Errorf("making an id: %w", err)
	}
	if _, err := io.ReadFull(entropy, u[6:]); err != nil {
		return "", fmt.Errorf("making an id: %w", err)
	}
	return kind.format(u), nil
}

// DeriveID derives an id from a secret, a time and parts. It is deterministic, so two data centres
// that create the same object at the same time write the same key. Each part is prefixed with its
// length: ("ab","c") differs from ("a","bc").
func DeriveID(kind Kind, secret []byte, at time.Time, parts ...string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(kind))
	for _, p := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		mac.Write(n[:])
		mac.Write([]byte(p))
	}
	var u ulid.ULID
	copy(u[:], mac.Sum(nil))
	_ = u.SetTime(ulid.Timestamp(at)) // fails only after the year 10889
	return kind.format(u)
}

// ParseID checks that s is an id of the kind, exactly as this service writes it, and returns its 16
// bytes. The error is [ErrID].
func ParseID(kind Kind, s string) (ulid.ULID, error) {
	rest, ok := strings.CutPrefix(s, string(kind))
	if !ok {
		return ulid.ULID{}, ErrID
	}
	u, err := ulid.ParseStrict(rest)
	if err != nil {
		return ulid.ULID{}, ErrID
	}
	if kind.format(u) != s {
		return ulid.ULID{}, ErrID
	}
	return u, nil
}

// format writes an id. It runs several times for every request, so it allocates only the result.
func (k Kind) format(u ulid.ULID) string {
	var text [32]byte
	n := copy(text[:], k)
	putLower(text[n:n+ulid.EncodedSize], u)
	return string(text[:n+ulid.EncodedSize])
}

// putLower writes a ULID in lower case into 26 bytes.
func putLower(text []byte, u ulid.ULID) {
	_ = u.MarshalTextTo(text) // fails only if the size is another one
	for i, c := range text {
		if 'A' <= c && c <= 'Z' {
			text[i] = c + 'a' - 'A'
		}
	}
}

// ID is the id of a checkout. The zero value names none.
type ID ulid.ULID

// ParseCheckoutID parses a chk_ id. The error is [ErrID].
func ParseCheckoutID(s string) (ID, error) {
	u, err := ParseID(KindCheckout, s)
	return ID(u), err
}

func (id ID) String() string { return KindCheckout.format(ulid.ULID(id)) }

// MayExist reports whether a checkout with this id can still be stored, judging by the time in the
// id. That is the time of creation, or the beginning of the day of creation for an id that was
// derived from an Idempotency-Key.
func (id ID) MayExist(now time.Time) bool {
	at := ulid.Time(ulid.ULID(id).Time())
	return at.After(now.Add(-MemoLifetime-24*time.Hour)) && at.Before(now.Add(memoSkew))
}

// MarshalText writes the id as [ID.String] does.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what [ID.MarshalText] wrote.
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := ParseCheckoutID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// WriteJSON implements store.Writer.
func (id ID) WriteJSON(w *codec.Writer) { w.String("", id.String()) }

// ReadJSON implements store.Reader.
func (id *ID) ReadJSON(r *codec.Reader) {
	parsed, err := ParseCheckoutID(r.String())
	if err != nil {
		r.Refuse()
		return
	}
	*id = parsed
}
