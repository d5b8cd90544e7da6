package stellar

import (
	"encoding/binary"
	"errors"
)

// Asset is an asset's code and issuer. XLM has no issuer; an asset of another issuer that is also
// called XLM is a different asset.
//
//codec:json
type Asset struct {
	Code   string  `json:"code"`
	Issuer Address `json:"issuer,omitempty"`
}

// XLM is the network's native asset.
var XLM = Asset{Code: "XLM"}

// IsNative reports whether the asset is [XLM].
func (a Asset) IsNative() bool { return a == XLM }

// String returns "XLM" or CODE:ISSUER.
func (a Asset) String() string {
	if a.Issuer == "" {
		return a.Code
	}
	return a.Code + ":" + string(a.Issuer)
}

// ErrAssetCode reports a code that the ledger does not allow. A code is 1 to 12 ASCII letters and
// digits.
var ErrAssetCode = errors.New("an asset code is 1 to 12 letters (a-z, A-Z) and digits")

// CheckAssetCode returns [ErrAssetCode] unless code is a valid asset code.
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

func (a Asset) appendXDR(b []byte) []byte {
	put := binary.BigEndian.AppendUint32
	switch {
	case a.IsNative():
		return put(b, assetNative)
	case len(a.Code) <= alphanum4:
		b = appendPadded(put(b, assetAlphanum4), a.Code, alphanum4)
	default:
		b = appendPadded(put(b, assetAlphanum12), a.Code, alphanum12)
	}
	return appendAccount(b, a.Issuer)
}
