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

// URI is the request as a link. It has no character that must be escaped: only the network's
// passphrase could have some, see [URINetworkOf].
func (r PaymentRequest) URI() string {
	asset := ""
	if !r.Asset.IsNative() {
		asset = "&asset_code=" + r.Asset.Code + "&asset_issuer=" + string(r.Asset.Issuer)
	}
	return "web+stellar:pay?destination=" + string(r.Destination) + "&amount=" + r.Amount.String() + asset +
		"&memo=" + r.Memo + "&memo_type=MEMO_TEXT" + string(r.Network)
}

// URINetwork is what a SEP-7 request says of its network.
type URINetwork string

// URINetworkOf makes it of the network's passphrase, which SEP-7 wants to be left out for the public network.
func URINetworkOf(passphrase string) URINetwork {
	if passphrase == PublicPassphrase {
		return ""
	}
	// SEP-7 wants a blank as RFC 3986 has it.
	return URINetwork("&network_passphrase=" + strings.ReplaceAll(url.QueryEscape(passphrase), "+", "%20"))
}

// PublicPassphrase names the public Stellar network.
const PublicPassphrase = "Public Global Stellar Network ; September 2015"
