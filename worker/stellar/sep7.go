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
	Message     string // shown by the wallet, at most maxMessage characters of it; "" for none
}

// maxMessage is how many characters SEP-7 allows a message to have.
const maxMessage = 300

// URI returns the request as a URI. Only the message and the network's passphrase can contain
// characters that need escaping, and [URINetworkOf] has escaped the latter.
func (r PaymentRequest) URI() string {
	asset := ""
	if !r.Asset.IsNative() {
		asset = "&asset_code=" + r.Asset.Code + "&asset_issuer=" + string(r.Asset.Issuer)
	}
	return "web+stellar:pay?destination=" + string(r.Destination) + "&amount=" + r.Amount.String() + asset +
		"&memo=" + r.Memo + "&memo_type=MEMO_TEXT" + string(r.Network) + r.message()
}

func (r PaymentRequest) message() string {
	if r.Message == "" {
		return ""
	}
	text, characters := r.Message, 0
	for i := range text {
		if characters++; characters > maxMessage {
			text = text[:i]
			break
		}
	}
	return "&msg=" + escape(text)
}

// escape escapes a value as RFC 3986 does, a space included.
func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

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
	return URINetwork("&network_passphrase=" + escape(passphrase))
}

// PublicPassphrase is the passphrase of the public Stellar network.
const PublicPassphrase = "Public Global Stellar Network ; September 2015"
