package stellar

import (
	"encoding/binary"
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
	number, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return ""
	}
	key, err := strkey.Decode(strkey.VersionByteAccountID, string(a))
	if err != nil {
		return ""
	}
	// [strkey.MuxedAccount] would encode the number by reflection.
	muxed, err := strkey.Encode(strkey.VersionByteMuxedAccount, binary.BigEndian.AppendUint64(key, number))
	if err != nil {
		return ""
	}
	return muxed
}
