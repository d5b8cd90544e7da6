package stellar

import (
	"net/url"
	"strings"
)

// PaymentRequest asks a wallet to pay (SEP-7, https://stellar.org/protocol/sep-7).
type PaymentRequest struct {
	Destination Address
	Amount      Amount
	Asset       Asset
	Memo        string // of type MEMO_TEXT, at most 28 bytes
	Network     URINetwork
}

// URI returns the request as a URI. Only the network's passphrase can contain characters that need
// escaping, and [URINetworkOf] has escaped them.
func (r PaymentRequest) URI() string {
	asset := ""
	if !r.Asset.IsNative() {
		asset = "&asset_code=" + r.Asset.Code + "&asset_issuer=" + string(r.Asset.Issuer)
	}
	return "web+stellar:pay?destination=" + string(r.Destination) + "&amount=" + r.Amount.String() + asset +
		"&memo=" + r.Memo + "&memo_type=MEMO_TEXT" + string(r.Network)
}

// SigningRequest asks a wallet to sign a transaction and submit it (SEP-7).
type SigningRequest struct {
	Envelope string  // XDR of a TransactionEnvelope without signatures, in base64
	Signer   Address // the account whose key is to sign
	Network  URINetwork
}

// URI returns the request as a URI.
func (r SigningRequest) URI() string {
	return "web+stellar:tx?xdr=" + url.QueryEscape(r.Envelope) + "&pubkey=" + string(r.Signer) + string(r.Network)
}

// URINetwork is the part of a SEP-7 URI that names the network.
type URINetwork string

// URINetworkOf returns the parameter for a network's passphrase. SEP-7 omits it for the public
// network.
func URINetworkOf(passphrase string) URINetwork {
	if passphrase == PublicPassphrase {
		return ""
	}
	// SEP-7 requires a space to be escaped as in RFC 3986.
	return URINetwork("&network_passphrase=" + strings.ReplaceAll(url.QueryEscape(passphrase), "+", "%20"))
}

// PublicPassphrase is the passphrase of the public Stellar network.
const PublicPassphrase = "Public Global Stellar Network ; September 2015"
