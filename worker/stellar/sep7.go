package stellar

import "edgecheckout/worker/codec"

// PaymentRequest asks a wallet to pay (SEP-7, https://stellar.org/protocol/sep-7).
type PaymentRequest struct {
	Destination Address
	Amount      Amount
	Asset       Asset
	Memo        string // of type MEMO_TEXT, at most 28 bytes
	Network     URINetwork
}

// URI is the request as a link.
func (r PaymentRequest) URI() string {
	w := codec.NewWriter(512)
	r.WriteURI(w)
	return string(w.Bytes())
}

// WriteURI writes [PaymentRequest.URI], which has no character that JSON must escape.
func (r PaymentRequest) WriteURI(w *codec.Writer) {
	w.Raw("web+stellar:pay?destination=")
	w.Raw(string(r.Destination))
	w.Raw("&amount=")
	r.Amount.WriteJSON(w)
	if !r.Asset.IsNative() {
		w.Raw("&asset_code=")
		w.Raw(r.Asset.Code)
		w.Raw("&asset_issuer=")
		w.Raw(string(r.Asset.Issuer))
	}
	w.Raw("&memo=")
	w.Raw(r.Memo)
	w.Raw("&memo_type=MEMO_TEXT")
	w.Raw(string(r.Network))
}

// URINetwork is what a SEP-7 request says of its network.
type URINetwork string

// URINetworkOf makes it of the network's passphrase, which SEP-7 wants to be left out for the public network.
func URINetworkOf(passphrase string) URINetwork {
	if passphrase == PublicPassphrase {
		return ""
	}
	return URINetwork("&network_passphrase=" + escape(passphrase))
}

// escape writes a parameter of a URI: what RFC 3986 does not call unreserved as %XX, a blank too, as SEP-7 wants it.
func escape(s string) string {
	const digits = "0123456789ABCDEF"
	b := make([]byte, 0, 3*len(s))
	for i := range len(s) {
		c := s[i]
		switch {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '-', c == '.', c == '_', c == '~':
			b = append(b, c)
		default:
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return string(b)
}

// PublicPassphrase names the public Stellar network.
const PublicPassphrase = "Public Global Stellar Network ; September 2015"
