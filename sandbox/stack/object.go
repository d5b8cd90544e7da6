package stack

import (
	"encoding/json"
	"time"
)

// The API's objects as a client sees them. The names are those of the documentation, not of the
// service's own types, so that a test notices if the two diverge. Amounts are exact decimals.

// Merchant is a recipient of payments.
type Merchant struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	AccountTest *string `json:"account_test"`
	AccountLive *string `json:"account_live"`
}

// Key is an API key. Secret, the value of x-api-key, is only in the response that created the key.
type Key struct {
	ID       string `json:"id"`
	Livemode bool   `json:"livemode"`
	Secret   string `json:"secret"`
}

// Product is something with a price.
type Product struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Status      string      `json:"status"`
	AssetCode   string      `json:"asset_code"`
	AssetIssuer *string     `json:"asset_issuer"`
	PriceAmount json.Number `json:"price_amount"`
}

// Checkout is a request for a payment.
type Checkout struct {
	ID             string            `json:"id"`
	Object         string            `json:"object"`
	CustomerID     *string           `json:"customer_id"`
	ProductID      *string           `json:"product_id"`
	Amount         json.Number       `json:"amount"`
	AssetCode      string            `json:"asset_code"`
	AssetIssuer    *string           `json:"asset_issuer"`
	Status         string            `json:"status"`
	Exception      *string           `json:"exception"`
	AmountReceived json.Number       `json:"amount_received"`
	Payments       []Payment         `json:"payments"`
	PaymentURL     string            `json:"payment_url"`
	PaymentURI     string            `json:"payment_uri"`
	Destination    string            `json:"destination"`
	Memo           string            `json:"memo"`
	MemoType       string            `json:"memo_type"`
	Locale         *string           `json:"locale"`
	RedirectURL    *string           `json:"redirect_url"`
	CancelURL      *string           `json:"cancel_url"`
	Description    *string           `json:"description"`
	Metadata       map[string]string `json:"metadata"`
	Livemode       bool              `json:"livemode"`
	ExpiresAt      time.Time         `json:"expires_at"`
	CreatedAt      time.Time         `json:"created_at"`
	CompletedAt    *time.Time        `json:"completed_at"`
}

// Payment is money that reached the merchant with the checkout's memo.
type Payment struct {
	ID              string      `json:"id"`
	Amount          json.Number `json:"amount"`
	AssetCode       string      `json:"asset_code"`
	AssetIssuer     *string     `json:"asset_issuer"`
	From            string      `json:"from"`
	TransactionHash string      `json:"transaction_hash"`
	Ledger          int64       `json:"ledger"`
	CreatedAt       time.Time   `json:"created_at"`
	Counted         bool        `json:"counted"`
	Reason          *string     `json:"reason"`
}

// Standing is what the payment page reads about a checkout.
type Standing struct {
	Status         string      `json:"status"`
	Exception      *string     `json:"exception"`
	AmountReceived json.Number `json:"amount_received"`
	AmountDue      json.Number `json:"amount_due"`
	SecondsLeft    int64       `json:"seconds_left"`
	RedirectURL    *string     `json:"redirect_url"`
}
