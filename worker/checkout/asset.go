package checkout

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

// Asset is what money is counted in: its code and its issuer. XLM has no issuer; an asset that merely calls itself
// XLM has one, and is another asset.
type Asset struct {
	Code   string  `json:"code"`
	Issuer Address `json:"issuer,omitempty"`
}

// XLM is the network's own asset.
var XLM = Asset{Code: "XLM"}

// IsNative reports whether the asset is XLM itself.
func (a Asset) IsNative() bool { return a == XLM }

// String writes "XLM", or CODE:ISSUER.
func (a Asset) String() string {
	if a.Issuer == "" {
		return a.Code
	}
	return a.Code + ":" + string(a.Issuer)
}

// ErrAssetCode reports a code that the ledger does not know: 1 to 12 letters and digits of ASCII.
var ErrAssetCode = errors.New("an asset code is 1 to 12 letters (a-z, A-Z) and digits")

// CheckAssetCode returns ErrAssetCode unless code can name an asset.
func CheckAssetCode(code string) error {
	if len(code) < 1 || len(code) > 12 {
		return ErrAssetCode
	}
	for i := range len(code) {
		c := code[i]
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z') {
			return ErrAssetCode
		}
	}
	return nil
}
