package stellar

import (
	"errors"
	"strconv"

	"github.com/stellar/go/strkey"
)

// Address is the address of a Stellar account: a valid G… key.
type Address string

// ErrAddress reports a string that is not the G… address of an account.
var ErrAddress = errors.New("not a Stellar account (G…, 56 characters)")

// ParseAddress checks the version byte and the checksum. The error is [ErrAddress].
func ParseAddress(s string) (Address, error) {
	if !strkey.IsValidEd25519PublicKey(s) {
		return "", ErrAddress
	}
	return Address(s), nil
}

// Muxed returns the M… address of the account with a number in it (SEP-23), given in decimal
// digits; empty if either is none.
func (a Address) Muxed(id string) string {
	var m strkey.MuxedAccount
	number, err := strconv.ParseUint(id, 10, 64)
	if err != nil || m.SetAccountID(string(a)) != nil {
		return ""
	}
	m.SetID(number)
	muxed, err := m.Address()
	if err != nil {
		return ""
	}
	return muxed
}
