package worker

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// The status of a refund: what the ledger shows of it.
const (
	refundPending   = "pending"
	refundSucceeded = "succeeded"
)

type refundObject struct {
	ID            string         `json:"id"`
	Object        string         `json:"object"`
	PaymentID     string         `json:"payment_id"`
	CheckoutID    nullable       `json:"checkout_id"`
	CustomerID    nullable       `json:"customer_id"`
	Amount        stellar.Amount `json:"amount"`
	AmountDecimal string         `json:"amount_decimal"`
	AssetCode     string         `json:"asset_code"`
	AssetIssuer   nullable       `json:"asset_issuer"`
	Destination   string         `json:"destination"`
	Memo          nullable       `json:"memo"`
	Status        string         `json:"status"`
	// Of a refund that was paid:
	TransactionHash nullable       `json:"transaction_hash"`
	Excess          stellar.Amount `json:"excess"`
	ExcessDecimal   string         `json:"excess_decimal"`
	PaidAt          nullable       `json:"paid_at"`
	// Of a pending one:
	Transaction nullable          `json:"transaction"`
	PaymentURI  nullable          `json:"payment_uri"`
	ExpiresAt   nullable          `json:"expires_at"`
	Warnings    []refundWarning   `json:"warnings"`
	Reason      nullable          `json:"reason"`
	Metadata    checkout.Metadata `json:"metadata"`
	Livemode    bool              `json:"livemode"`
	Environment string            `json:"environment"`
	CreatedAt   string            `json:"created_at"`
	UpdatedAt   string            `json:"updated_at"` // when it was paid; until then, when it was created
}

// refundWarning is something that the merchant should know before the refund is signed.
type refundWarning struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

const (
	warnMemoRequired = "memo_required"
	warnBalance      = "balance_too_low"
)

var refundWarnings = map[string]string{
	warnMemoRequired: "The owner of the destination, as an exchange does, wants a memo with each payment (SEP-29). Ask the customer for an address and a memo, and make the refund with these, or the money may be lost.",
	warnBalance:      "The account cannot spend as much right now: the transaction will fail unless money arrives before it is submitted.",
}

// refundView shows a refund, and while it is pending, the transaction that pays it.
func (s *Service) refundView(r store.Refund) refundObject {
	o := refundObject{
		ID: r.ID, Object: "refund", PaymentID: r.Payment, CheckoutID: nullable(r.Checkout), CustomerID: nullable(r.Customer),
		Amount: r.Amount, AmountDecimal: r.Amount.String(), AssetCode: r.Asset.Code, AssetIssuer: nullable(r.Asset.Issuer),
		Destination: r.Destination, Memo: nullable(r.Memo), Status: refundPending, ExcessDecimal: "0", Warnings: []refundWarning{},
		Reason: nullable(r.Reason), Metadata: r.Metadata.Object(), Livemode: r.Mode.IsLive(), Environment: environment(r.Mode),
		CreatedAt: timestamp(r.CreatedAt), UpdatedAt: timestamp(r.CreatedAt),
	}
	if r.Paid != nil {
		o.Status, o.TransactionHash, o.PaidAt = refundSucceeded, nullable(r.Paid.Hash), nullable(timestamp(r.Paid.ClosedAt))
		o.UpdatedAt = timestamp(r.Paid.ClosedAt)
		o.Excess, o.ExcessDecimal = r.Paid.Excess, r.Paid.Excess.String()
		return o
	}
	for _, code := range r.Warnings {
		o.Warnings = append(o.Warnings, refundWarning{code, refundWarnings[code]})
	}
	envelope := base64.StdEncoding.EncodeToString(refundTransaction(r).Envelope())
	request := stellar.SigningRequest{Envelope: envelope, Signer: r.Account, Network: s.in(r.Mode).uri}
	o.Transaction, o.PaymentURI, o.ExpiresAt = nullable(envelope), nullable(request.URI()), nullable(timestamp(r.ValidUntil))
	return o
}

// longAgo is a time before there were ledgers, in 2001, in Unix seconds.
const longAgo = 1_000_000_000

// refundTransaction is the transaction that pays a refund. It is written anew whenever it is shown,
// from what the record holds, and always the same.
//
// Refunds of different payments are different transactions, even where neither a MEMO_RETURN nor
// anything else tells them apart: the time before which they are not valid, long ago, depends on the
// payment.
func refundTransaction(r store.Refund) stellar.Transaction {
	digest := sha256.Sum256([]byte(r.Payment))
	t := stellar.Transaction{
		Source: r.Account, Sequence: r.Sequence, Fee: stellar.MaxFee,
		MinTime: int64(binary.BigEndian.Uint32(digest[:]) % longAgo), MaxTime: r.ValidUntil.Unix(), Memo: r.Memo,
		Destination: stellar.Address(r.Destination), Creates: r.Creates, Asset: r.Asset, Amount: r.Amount,
	}
	if r.Memo == "" {
		t.Returns, _ = checkout.HashBytes(r.Transaction) // Horizon's hashes were checked when they were read
	}
	return t
}
