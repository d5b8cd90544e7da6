package checkout

import (
	"strings"
	"time"

	"edgecheckout/worker/stellar"
)

// Status is the status of a checkout. All but [Open] are terminal.
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

// Checkout is a checkout as it was requested. What is due, to whom and until when is never edited,
// and its status is computed from the ledger by [Settle]. The merchant may change the description,
// the metadata and the redirect URL while it is open.
//
//codec:json
type Checkout struct {
	ID       ID     `json:"id"`
	Merchant string `json:"merchant"`
	// MerchantName is the name at that time, as the brand is, so that the page needs no second read.
	MerchantName string `json:"merchant_name"`
	Brand
	Picture     string          `json:"picture,omitempty"` // https:; of the product
	Mode        stellar.Mode    `json:"mode"`
	CustomerID  string          `json:"customer_id,omitempty"`
	ProductID   string          `json:"product_id,omitempty"`
	Amount      stellar.Amount  `json:"amount"`
	Asset       stellar.Asset   `json:"asset"`
	Account     stellar.Address `json:"account"`
	Memo        string          `json:"memo"`
	Muxed       MuxedID         `json:"muxed,omitempty"`
	RedirectURL string          `json:"redirect_url,omitempty"`
	CancelURL   string          `json:"cancel_url,omitempty"`
	Description string          `json:"description,omitempty"`
	Locale      string          `json:"locale,omitempty"` // BCP 47; empty: the browser's choice
	Metadata    Metadata        `json:"metadata,omitempty"`
	CreatedAt   time.Time       `json:"created_at"`
	ExpiresAt   time.Time       `json:"expires_at"`
	UpdatedAt   time.Time       `json:"updated_at,omitzero"` // when the merchant last changed it
}

// Redirect returns the merchant's URL for a customer who has paid, with [IDPlaceholder] replaced by
// the checkout's id.
func (s *Checkout) Redirect() string { return s.fill(s.RedirectURL) }

// Cancel returns the merchant's URL for a customer who gives up, filled in as by
// [Checkout.Redirect].
func (s *Checkout) Cancel() string { return s.fill(s.CancelURL) }

// IDPlaceholder may stand in a redirect or cancel URL and is replaced by the checkout's id.
const IDPlaceholder = "{CHECKOUT_ID}"

func (s *Checkout) fill(u string) string {
	if !strings.Contains(u, IDPlaceholder) {
		return u
	}
	return strings.ReplaceAll(u, IDPlaceholder, s.ID.String())
}
