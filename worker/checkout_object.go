package worker

import (
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

// timestamp formats a time as the API does: ISO 8601, UTC, milliseconds. Package time has a fast
// path for [time.RFC3339], which takes a third of the time of a layout with milliseconds.
func timestamp(t time.Time) string {
	b := t.UTC().AppendFormat(make([]byte, 0, len(time.RFC3339Nano)), time.RFC3339)
	ms := t.Nanosecond() / 1e6
	return string(append(b[:len(b)-1], '.', '0'+byte(ms/100), '0'+byte(ms/10%10), '0'+byte(ms%10), 'Z'))
}

// checkoutObject is a checkout as the API shows it. The fields are in the documented order.
//
//codec:write
type checkoutObject struct {
	ID              string            `json:"id"`
	Object          string            `json:"object"`
	CustomerID      nullable          `json:"customer_id"`
	ProductID       nullable          `json:"product_id"`
	Amount          stellar.Amount    `json:"amount"`
	Decimal         stellar.Decimal   `json:"amount_decimal"`
	AssetCode       string            `json:"asset_code"`
	AssetIssuer     nullable          `json:"asset_issuer"`
	Status          checkout.Status   `json:"status"`
	Exception       nullable          `json:"exception"`
	AmountReceived  stellar.Amount    `json:"amount_received"`
	DecimalReceived stellar.Decimal   `json:"amount_received_decimal"`
	Payments        []checkoutPayment `json:"payments"`
	Refunds         []checkoutRefund  `json:"refunds"`
	PaymentURL      string            `json:"payment_url"`
	PaymentURI      string            `json:"payment_uri"`
	Destination     stellar.Address   `json:"destination"`
	Memo            string            `json:"memo"`
	MemoType        string            `json:"memo_type"`
	Muxed           string            `json:"destination_muxed"`
	Locale          nullable          `json:"locale"`
	RedirectURL     nullable          `json:"redirect_url"`
	CancelURL       nullable          `json:"cancel_url"`
	Description     nullable          `json:"description"`
	Metadata        checkout.Metadata `json:"metadata"`
	Livemode        bool              `json:"livemode"`
	Environment     string            `json:"environment"`
	ExpiresAt       string            `json:"expires_at"`
	CreatedAt       string            `json:"created_at"`
	UpdatedAt       string            `json:"updated_at"`
	CompletedAt     nullable          `json:"completed_at"`
}

// environment is the name that StellarTools gives to a mode.
func environment(mode stellar.Mode) string {
	if mode.IsLive() {
		return "mainnet"
	}
	return "testnet"
}

// checkoutPayment is a payment in a checkout.
type checkoutPayment struct {
	ID string `json:"id"`
	paymentDetails
}

// checkoutRefund is a refund in a checkout. All of them were paid.
type checkoutRefund struct {
	ID              string         `json:"id"`
	PaymentID       string         `json:"payment_id"`
	Amount          stellar.Amount `json:"amount"`
	AmountDecimal   string         `json:"amount_decimal"`
	AssetCode       string         `json:"asset_code"`
	AssetIssuer     nullable       `json:"asset_issuer"`
	TransactionHash string         `json:"transaction_hash"`
	Status          string         `json:"status"`
	Excess          stellar.Amount `json:"excess"`
	ExcessDecimal   string         `json:"excess_decimal"`
	CreatedAt       string         `json:"created_at"`
}

// paymentDetails are the fields of a payment after its ids.
type paymentDetails struct {
	Amount          stellar.Amount  `json:"amount"`
	Decimal         stellar.Decimal `json:"amount_decimal"`
	AssetCode       string          `json:"asset_code"`
	AssetIssuer     nullable        `json:"asset_issuer"`
	From            nullable        `json:"from"`
	TransactionHash string          `json:"transaction_hash"`
	Ledger          int64           `json:"ledger"`
	CreatedAt       string          `json:"created_at"`
	Counted         bool            `json:"counted"`
	Reason          nullable        `json:"reason"`
}

func (c *call) checkoutAnswer(facts *checkout.Facts, out checkout.Outcome) (answer, error) {
	return jsonAnswer(c.checkoutView(facts, out))
}

func (s *Service) checkoutView(facts *checkout.Facts, out checkout.Outcome) checkoutObject {
	co := &facts.Checkout
	id := co.ID.String()
	o := checkoutObject{
		ID: id, Object: "checkout", CustomerID: nullable(co.CustomerID), ProductID: nullable(co.ProductID),
		Amount: co.Amount, Decimal: stellar.Decimal(co.Amount), AssetCode: co.Asset.Code, AssetIssuer: nullable(co.Asset.Issuer),
		Status: out.Status, Exception: nullable(out.Exception), AmountReceived: out.Received, DecimalReceived: stellar.Decimal(out.Received),
		Payments:   make([]checkoutPayment, len(out.Payments)),
		Refunds:    make([]checkoutRefund, len(facts.Refunds)),
		PaymentURL: s.payURL(id), PaymentURI: s.paymentRequest(co, &out).URI(),
		Destination: co.Account, Memo: co.Memo, MemoType: "text", Muxed: co.Account.Muxed(string(co.Muxed)),
		Locale: nullable(co.Locale), RedirectURL: nullable(co.RedirectURL), CancelURL: nullable(co.CancelURL), Description: nullable(co.Description),
		Metadata: co.Metadata.Object(), Livemode: co.Mode.IsLive(), Environment: environment(co.Mode),
		ExpiresAt: timestamp(facts.Deadline()), CreatedAt: timestamp(co.CreatedAt), UpdatedAt: timestamp(facts.UpdatedAt(out)),
	}
	for i, p := range out.Payments {
		o.Payments[i] = checkoutPayment{p.ID(co.Mode), detailsOf(p)}
	}
	for i, r := range facts.Refunds {
		o.Refunds[i] = checkoutRefund{
			r.ID, r.Payment, r.Amount, r.Amount.String(), r.Asset.Code, nullable(r.Asset.Issuer), r.Hash, refundSucceeded,
			r.Excess, r.Excess.String(), timestamp(r.ClosedAt),
		}
	}
	if out.Status == checkout.Completed {
		o.CompletedAt = nullable(timestamp(out.CompletedAt))
	}
	return o
}

func detailsOf(p checkout.Judged) paymentDetails {
	return paymentDetails{
		Amount: p.Amount, Decimal: stellar.Decimal(p.Amount), AssetCode: p.Asset.Code, AssetIssuer: nullable(p.Asset.Issuer), From: nullable(p.From),
		TransactionHash: p.Hash, Ledger: p.Ledger(), CreatedAt: timestamp(p.ClosedAt), Counted: p.Counted(), Reason: nullable(p.Reason),
	}
}

// payURL is the URL of the payment page of a checkout.
func (s *Service) payURL(id string) string { return s.config.BaseURL + "/pay/" + id }

// paymentRequest asks a wallet for the amount that is still due, or for the whole amount if nothing
// is.
func (s *Service) paymentRequest(c *checkout.Checkout, out *checkout.Outcome) stellar.PaymentRequest {
	amount := out.Due(c.Amount)
	if amount == 0 {
		amount = c.Amount
	}
	return stellar.PaymentRequest{Destination: c.Account, Amount: amount, Asset: c.Asset, Memo: c.Memo, Network: s.in(c.Mode).uri, Message: c.Description}
}
