package worker

import (
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

// timestamp formats a time as the API does: ISO 8601, UTC, milliseconds.
func timestamp(t time.Time) string { return t.UTC().Format(timestampLayout) }

const timestampLayout = "2006-01-02T15:04:05.000Z"

// checkoutObject is a checkout as the API shows it. The fields are in the documented order.
//
//codec:write
type checkoutObject struct {
	ID             string            `json:"id"`
	Object         string            `json:"object"`
	CustomerID     nullable          `json:"customer_id"`
	ProductID      nullable          `json:"product_id"`
	Amount         stellar.Amount    `json:"amount"`
	AssetCode      string            `json:"asset_code"`
	AssetIssuer    nullable          `json:"asset_issuer"`
	Status         checkout.Status   `json:"status"`
	Exception      nullable          `json:"exception"`
	AmountReceived stellar.Amount    `json:"amount_received"`
	Payments       []checkoutPayment `json:"payments"`
	PaymentURL     string            `json:"payment_url"`
	PaymentURI     string            `json:"payment_uri"`
	Destination    stellar.Address   `json:"destination"`
	Memo           string            `json:"memo"`
	MemoType       string            `json:"memo_type"`
	RedirectURL    nullable          `json:"redirect_url"`
	CancelURL      nullable          `json:"cancel_url"`
	Description    nullable          `json:"description"`
	Metadata       checkout.Metadata `json:"metadata"`
	Livemode       bool              `json:"livemode"`
	ExpiresAt      string            `json:"expires_at"`
	CreatedAt      string            `json:"created_at"`
	CompletedAt    nullable          `json:"completed_at"`
}

// checkoutPayment is a payment in a checkout.
type checkoutPayment struct {
	ID string `json:"id"`
	paymentDetails
}

// paymentDetails are the fields of a payment after its ids.
type paymentDetails struct {
	Amount          stellar.Amount `json:"amount"`
	AssetCode       string         `json:"asset_code"`
	AssetIssuer     nullable       `json:"asset_issuer"`
	From            nullable       `json:"from"`
	TransactionHash string         `json:"transaction_hash"`
	Ledger          int64          `json:"ledger"`
	CreatedAt       string         `json:"created_at"`
	Counted         bool           `json:"counted"`
	Reason          nullable       `json:"reason"`
}

func (c *call) checkoutAnswer(facts *checkout.Facts, out checkout.Outcome) (answer, error) {
	s := &facts.Checkout
	id := s.ID.String()
	o := checkoutObject{
		ID: id, Object: "checkout", CustomerID: nullable(s.CustomerID), ProductID: nullable(s.ProductID),
		Amount: s.Amount, AssetCode: s.Asset.Code, AssetIssuer: nullable(s.Asset.Issuer),
		Status: out.Status, Exception: nullable(out.Exception), AmountReceived: out.Received,
		Payments:   make([]checkoutPayment, len(out.Payments)),
		PaymentURL: c.payURL(id), PaymentURI: c.paymentRequest(s, &out).URI(),
		Destination: s.Account, Memo: s.Memo, MemoType: "text",
		RedirectURL: nullable(s.RedirectURL), CancelURL: nullable(s.CancelURL), Description: nullable(s.Description),
		Metadata: s.Metadata.Object(), Livemode: s.Mode.IsLive(),
		ExpiresAt: timestamp(facts.Deadline()), CreatedAt: timestamp(s.CreatedAt),
	}
	for i, p := range out.Payments {
		o.Payments[i] = checkoutPayment{p.ID(s.Mode), detailsOf(p)}
	}
	if out.Status == checkout.Completed {
		o.CompletedAt = nullable(timestamp(out.CompletedAt))
	}
	return jsonAnswer(o)
}

func detailsOf(p checkout.Judged) paymentDetails {
	return paymentDetails{
		Amount: p.Amount, AssetCode: p.Asset.Code, AssetIssuer: nullable(p.Asset.Issuer), From: nullable(p.From),
		TransactionHash: p.Hash, Ledger: p.Ledger(), CreatedAt: timestamp(p.ClosedAt), Counted: p.Counted(), Reason: nullable(p.Reason),
	}
}

// payURL is the URL of the payment page of a checkout.
func (c *call) payURL(id string) string { return c.config.BaseURL + "/pay/" + id }

// paymentRequest asks a wallet for the amount that is still due, or for the whole amount if nothing
// is.
func (c *call) paymentRequest(s *checkout.Checkout, out *checkout.Outcome) stellar.PaymentRequest {
	amount := out.Due(s.Amount)
	if amount == 0 {
		amount = s.Amount
	}
	return stellar.PaymentRequest{Destination: s.Account, Amount: amount, Asset: s.Asset, Memo: s.Memo, Network: c.in(s.Mode).uri}
}
