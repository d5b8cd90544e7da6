package stellar

import (
	"errors"

	"github.com/stellar/go/strkey"
)

// Address is a Stellar account: a valid G… key.
type Address string

// ErrAddress reports a string that is not a G… account.
var ErrAddress = errors.New("not a Stellar account (G…, 56 characters)")

// ParseAddress checks the version byte and the checksum.
func ParseAddress(s string) (Address, error) {
	if !strkey.IsValidEd25519PublicKey(s) {
		return "", ErrAddress
	}
	return Address(s), nil
}
