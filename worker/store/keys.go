// Package record says under which keys the store holds what, and in which form. Every key of the service is made here.
package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

// Written once and never edited:

func CheckoutKey(id checkout.ID) string { return "checkout/" + id.String() }
func OutcomeKey(id checkout.ID) string  { return "outcome/" + id.String() } // only once terminal
func CancelKey(id checkout.ID) string   { return "cancel/" + id.String() }

// Sets that only grow; whoever writes one writes the union of what was there and what it saw:

func SeenKey(id checkout.ID) string { return "seen/" + id.String() }

// StandingKeys are CheckoutKey, OutcomeKey, SeenKey and CancelKey, in one string.
func StandingKeys(id checkout.ID) (checkout, outcome, seen, cancel string) {
	text := id.String()
	all := "checkout/" + text + "outcome/" + text + "seen/" + text + "cancel/" + text
	n := len(text)
	first, second, third := len("checkout/")+n, len("checkout/outcome/")+2*n, len("checkout/outcome/seen/")+3*n
	return all[:first], all[first:second], all[second:third], all[third:]
}

// Objects that merchants and the operator edit, one writer at a time:

func MerchantKey(id string) string { return "merchant/" + id }
func CustomerKey(id string) string { return "customer/" + id }
func ProductKey(id string) string  { return "product/" + id }

// CustomerAliasKey holds the id of the customer that has the address from which alias was derived, where that is
// not the customer's own id.
func CustomerAliasKey(alias string) string { return "customer-alias/" + alias }

// APIKeyKey names a secret by its SHA-256: the store never holds the secret itself.
func APIKeyKey(secret string) string { return "apikey/" + hash(secret) }

// MerchantAPIKeyKey leads from a key's id to its APIKeyKey.
func MerchantAPIKeyKey(merchant, keyID string) string {
	return "merchant-key/" + merchant + "/" + keyID
}

// IdempotencyKey names what a merchant created under an Idempotency-Key.
func IdempotencyKey(merchant string, mode stellar.Mode, key string) string {
	return "idempotency/" + merchant + "/" + string(mode) + "/" + hash(key)
}

// CursorKey names how far the sweep has read a network.
func CursorKey(mode stellar.Mode) string { return "cursor/" + string(mode) }

// IdleKey names from where an account must be read again whose last open session ended.
func IdleKey(mode stellar.Mode, account stellar.Address) string {
	return "idle/" + string(mode) + "/" + string(account)
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// ByMerchantPrefix is common to the index of a merchant's objects of a kind, newest first.
func ByMerchantPrefix(merchant string, mode stellar.Mode, kind checkout.Kind) string {
	return "by-merchant/" + merchant + "/" + string(mode) + "/" + strings.TrimSuffix(string(kind), "_") + "/"
}

// maxMillis is the latest time of which an index can tell, in the year 2286.
const maxMillis = 9_999_999_999_999

// Listed is an entry in the index of a merchant's objects of a kind. All of it stands in the key, so that a list call alone says what there is to
// choose from.
type Listed struct {
	Created  time.Time // in whole milliseconds
	ID       string
	Customer string // whom a checkout charges; empty for nobody, and for objects of other kinds
}

// TimeDigits is how many digits a Position begins with. They are the time's, so that a prefix of n of them is common to what was made within
// 10^(TimeDigits-n) milliseconds.
const TimeDigits = 13

// Complement is the time, in milliseconds, as an index has it: the smaller, the newer, since KV lists in byte order only. A time that does not fit
// TimeDigits becomes the nearest one that does.
func Complement(t time.Time) int64 { return min(max(maxMillis-t.UnixMilli(), 0), maxMillis) }

// Position is where the entry stands in its index. No position is the beginning of another one's.
func (l Listed) Position() string { return padded(Complement(l.Created), TimeDigits) + "/" + l.ID }

// ByMerchantKey names an entry of ByMerchantPrefix's index.
func ByMerchantKey(merchant string, mode stellar.Mode, kind checkout.Kind, l Listed) string {
	key := ByMerchantPrefix(merchant, mode, kind) + l.Position()
	if l.Customer != "" {
		key += "/" + l.Customer
	}
	return key
}

// ErrListedKey reports a key that ByMerchantKey did not write.
var ErrListedKey = errors.New("store: not the key of a listed object")

// ParseListed reads what ByMerchantKey wrote.
func ParseListed(key string) (Listed, error) {
	parts := strings.Split(key, "/")
	if len(parts) < 6 || len(parts) > 7 || len(parts[4]) != TimeDigits {
		return Listed{}, ErrListedKey
	}
	complement, err := strconv.ParseUint(parts[4], 10, 63)
	if err != nil {
		return Listed{}, ErrListedKey
	}
	l := Listed{Created: time.UnixMilli(maxMillis - int64(complement)).UTC(), ID: parts[5]}
	if len(parts) == 7 {
		l.Customer = parts[6]
	}
	return l, nil
}

// OpenPrefix is common to the index of open sessions, in the order in which they fall due.
const OpenPrefix = "open/"

// OpenEntry is a session in the index of open ones. It says all that a sweep must know before it reads the ledger, so that
// one list finds the active accounts and the sessions that fell due, without reading a value.
type OpenEntry struct {
	Due     time.Time // whole minutes, not before the session's deadline
	Created time.Time // whole minutes, not after its creation
	Mode    stellar.Mode
	Account stellar.Address
	ID      checkout.ID
}

// EntryOf returns the index entry of a session that ends at deadline: its expiry, or an earlier one once it was cancelled.
func EntryOf(s *checkout.Checkout, deadline time.Time) OpenEntry {
	return OpenEntry{
		Due:     deadline.Add(time.Minute - time.Nanosecond).Truncate(time.Minute),
		Created: s.CreatedAt.Truncate(time.Minute),
		Mode:    s.Mode,
		Account: s.Account,
		ID:      s.ID,
	}
}

// Key writes the entry as its key. Minutes since 1970 have eight digits until the year 2160.
func (e OpenEntry) Key() string {
	return OpenPrefix + padded(e.Due.Unix()/60, 8) + "/" + padded(e.Created.Unix()/60, 8) + "/" + string(e.Mode) + "/" +
		string(e.Account) + "/" + e.ID.String()
}

// padded writes a number that is not negative with at least so many digits.
func padded(n int64, digits int) string {
	s := strconv.FormatInt(n, 10)
	return "0000000000000"[:max(digits-len(s), 0)] + s
}

// ErrOpenKey reports a key that Key did not write.
var ErrOpenKey = errors.New("store: not the key of an open session")

// ParseOpenKey reads what Key wrote.
func ParseOpenKey(key string) (OpenEntry, error) {
	parts := strings.Split(key, "/")
	if len(parts) != 6 {
		return OpenEntry{}, ErrOpenKey
	}
	due, err1 := strconv.ParseInt(parts[1], 10, 64)
	created, err2 := strconv.ParseInt(parts[2], 10, 64)
	account, err3 := stellar.ParseAddress(parts[4])
	id, err4 := checkout.ParseCheckoutID(parts[5])
	e := OpenEntry{time.Unix(due*60, 0).UTC(), time.Unix(created*60, 0).UTC(), stellar.Mode(parts[3]), account, id}
	if err := errors.Join(err1, err2, err3, err4); err != nil || e.Key() != key {
		return OpenEntry{}, ErrOpenKey
	}
	return e, nil
}
