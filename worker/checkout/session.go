package checkout

import (
	"strings"
	"time"

	"edgecheckout/worker/codec"
)

// Status says where a checkout stands. All but Open are terminal.
type Status string

const (
	Open      Status = "open"
	Completed Status = "completed"
	Expired   Status = "expired"
	Failed    Status = "failed"
)

// Terminal reports whether the status can never change again.
func (s Status) Terminal() bool { return s != Open }

// Exception says what is unusual about a status; it is empty when nothing is.
type Exception string

const (
	Underpaid  Exception = "underpaid"
	Overpaid   Exception = "overpaid"
	WrongAsset Exception = "wrong_asset"
)

// Session is a checkout as it was asked for. It is written once and never edited; its status follows from the
// ledger (see Settle).
type Session struct {
	ID           ID        `json:"id"`
	Merchant     string    `json:"merchant"`
	MerchantName string    `json:"merchant_name"` // as it was then: the page needs no second record
	Livemode     bool      `json:"livemode"`
	CustomerID   string    `json:"customer_id,omitempty"`
	ProductID    string    `json:"product_id,omitempty"`
	Amount       Amount    `json:"amount"`
	Asset        Asset     `json:"asset"`
	Account      Address   `json:"account"`
	Memo         string    `json:"memo"`
	RedirectURL  string    `json:"redirect_url,omitempty"`
	CancelURL    string    `json:"cancel_url,omitempty"`
	Description  string    `json:"description,omitempty"`
	Metadata     Metadata  `json:"metadata,omitempty"`
	CreatedAt    time.Time `json:"created_at"`
	ExpiresAt    time.Time `json:"expires_at"`
}

// Redirect returns the merchant's URL for after paying, with the checkout's id in the place of {CHECKOUT_ID}.
func (s *Session) Redirect() string { return s.fill(s.RedirectURL) }

// Cancel returns the merchant's URL for giving up, filled in like Redirect.
func (s *Session) Cancel() string { return s.fill(s.CancelURL) }

// IDPlaceholder is what a redirect or cancel URL may contain for the checkout's id.
const IDPlaceholder = "{CHECKOUT_ID}"

func (s *Session) fill(u string) string {
	if !strings.Contains(u, IDPlaceholder) {
		return u
	}
	return strings.ReplaceAll(u, IDPlaceholder, s.ID.String())
}

// PaymentURI is the SEP-7 request (https://stellar.org/protocol/sep-7) to pay amount into the session.
func (s *Session) PaymentURI(amount Amount, network URINetwork) string {
	w := codec.NewWriter(512)
	s.WritePaymentURI(w, amount, network)
	return string(w.Bytes())
}

// WritePaymentURI writes PaymentURI, which has no character that JSON must escape.
func (s *Session) WritePaymentURI(w *codec.Writer, amount Amount, network URINetwork) {
	w.Raw("web+stellar:pay?destination=")
	w.Raw(string(s.Account))
	w.Raw("&amount=")
	amount.WriteJSON(w)
	if !s.Asset.IsNative() {
		w.Raw("&asset_code=")
		w.Raw(s.Asset.Code)
		w.Raw("&asset_issuer=")
		w.Raw(string(s.Asset.Issuer))
	}
	w.Raw("&memo=")
	w.Raw(s.Memo)
	w.Raw("&memo_type=MEMO_TEXT")
	w.Raw(string(network))
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
