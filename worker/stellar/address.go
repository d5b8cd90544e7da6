package stellar

import (
	"errors"

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
