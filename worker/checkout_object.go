package worker

import (
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

// timestamp writes a time as the API does: ISO 8601, UTC, milliseconds.
func timestamp(t time.Time) string { return t.UTC().Format(timestampLayout) }

const timestampLayout = "2006-01-02T15:04:05.000Z"

// checkoutObject is the checkout as the API shows it, its fields in the documented order.
//
//codec:write
type checkoutObject struct {
	ID             string            `json:"id"`
	Object         string            `json:"object"`
	CustomerID     *string           `json:"customer_id"`
	ProductID      *string           `json:"product_id"`
	Amount         stellar.Amount    `json:"amount"`
	AssetCode      string            `json:"asset_code"`
	AssetIssuer    *string           `json:"asset_issuer"`
	Status         checkout.Status   `json:"status"`
	Exception      *string           `json:"exception"`
	AmountReceived stellar.Amount    `json:"amount_received"`
	Payments       []checkoutPayment `json:"payments"`
	PaymentURL     string            `json:"payment_url"`
	PaymentURI     string            `json:"payment_uri"`
	Destination    stellar.Address   `json:"destination"`
	Memo           string            `json:"memo"`
	MemoType       string            `json:"memo_type"`
	RedirectURL    *string           `json:"redirect_url"`
	CancelURL      *string           `json:"cancel_url"`
	Description    *string           `json:"description"`
	Metadata       checkout.Metadata `json:"metadata"`
	Livemode       bool              `json:"livemode"`
	ExpiresAt      string            `json:"expires_at"`
	CreatedAt      string            `json:"created_at"`
	CompletedAt    *string           `json:"completed_at"`
}

// checkoutPayment is a payment in a checkout.
type checkoutPayment struct {
	ID string `json:"id"`
	paymentDetails
}

// paymentDetails stand behind a payment's ids.
type paymentDetails struct {
	Amount          stellar.Amount `json:"amount"`
	AssetCode       string         `json:"asset_code"`
	AssetIssuer     *string        `json:"asset_issuer"`
	From            *string        `json:"from"`
	TransactionHash string         `json:"transaction_hash"`
	Ledger          int64          `json:"ledger"`
	CreatedAt       string         `json:"created_at"`
	Counted         bool           `json:"counted"`
	Reason          *string        `json:"reason"`
}

func (c *call) checkoutAnswer(facts *checkout.Facts, out checkout.Outcome) (answer, error) {
	s := &facts.Checkout
	id := s.ID.String()
	o := checkoutObject{
		ID: id, Object: "checkout", CustomerID: optional(s.CustomerID), ProductID: optional(s.ProductID),
		Amount: s.Amount, AssetCode: s.Asset.Code, AssetIssuer: optional(string(s.Asset.Issuer)),
		Status: out.Status, Exception: optional(string(out.Exception)), AmountReceived: out.Received,
		Payments:   make([]checkoutPayment, len(out.Payments)),
		PaymentURL: c.payURL(id), PaymentURI: c.paymentRequest(s, &out).URI(),
		Destination: s.Account, Memo: s.Memo, MemoType: "text",
		RedirectURL: optional(s.RedirectURL), CancelURL: optional(s.CancelURL), Description: optional(s.Description),
		Metadata: s.Metadata.Object(), Livemode: s.Mode.IsLive(),
		ExpiresAt: timestamp(facts.Deadline()), CreatedAt: timestamp(s.CreatedAt),
	}
	for i, p := range out.Payments {
		o.Payments[i] = checkoutPayment{p.ID(s.Mode), detailsOf(p)}
	}
	if out.Status == checkout.Completed {
		o.CompletedAt = optional(timestamp(out.CompletedAt))
	}
	return jsonAnswer(o)
}

func detailsOf(p checkout.Judged) paymentDetails {
	return paymentDetails{
		Amount: p.Amount, AssetCode: p.Asset.Code, AssetIssuer: optional(string(p.Asset.Issuer)), From: optional(p.From),
		TransactionHash: p.Hash, Ledger: p.Ledger(), CreatedAt: timestamp(p.ClosedAt), Counted: p.Counted(), Reason: optional(string(p.Reason)),
	}
}

// payURL is where the customer pays the checkout with the id.
func (c *call) payURL(id string) string { return c.config.BaseURL + "/pay/" + id }

// paymentRequest asks a wallet for what is still due, or for the whole amount once nothing is due any more.
func (c *call) paymentRequest(s *checkout.Checkout, out *checkout.Outcome) stellar.PaymentRequest {
	amount := out.Due(s.Amount)
	if amount == 0 {
		amount = s.Amount
	}
	return stellar.PaymentRequest{Destination: s.Account, Amount: amount, Asset: s.Asset, Memo: s.Memo, Network: c.in(s.Mode).uri}
}
