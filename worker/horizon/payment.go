package horizon

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

// Incoming is a payment that the account received, with the memo of its transaction.
type Incoming struct {
	checkout.Payment
	// Memo is the transaction's MEMO_TEXT, byte for byte; empty if it has none, or a memo of
	// another type.
	Memo string `json:"-"`
	// Muxed is the number in the muxed address that the payment went to; empty if it has none.
	Muxed checkout.MuxedID `json:"-"`
	// AmountInEffects is set for an account_merge: Amount is to be read with MergedAmount.
	AmountInEffects bool `json:"-"`
}

// record holds the fields that are read of any operation in a payments page. Which of them are
// there depends on the type.
type record struct {
	ID         string    `json:"id"`
	Successful *bool     `json:"transaction_successful"`
	Type       string    `json:"type"`
	CreatedAt  time.Time `json:"created_at"`
	Hash       string    `json:"transaction_hash"`

	Transaction *struct {
		MemoType  string  `json:"memo_type"`
		Memo      string  `json:"memo,omitempty"`
		MemoBytes *string `json:"memo_bytes,omitempty"`
		Inner     *struct {
			Hash string `json:"hash"`
		} `json:"inner_transaction,omitempty"` // of a fee bump
	} `json:"transaction"`

	movement
	Account         string           `json:"account,omitempty"`          // create_account: the new one; account_merge: the one that ends
	Funder          string           `json:"funder,omitempty"`           // create_account
	StartingBalance string           `json:"starting_balance,omitempty"` // create_account
	Into            string           `json:"into,omitempty"`             // account_merge
	IntoMuxedID     checkout.MuxedID `json:"into_muxed_id,omitempty"`    // account_merge
	BalanceChanges  []movement       `json:"asset_balance_changes,omitempty"`
}

// movement is an amount that went from one address to another.
type movement struct {
	Change      string           `json:"type,omitempty"` // only in balance changes: "transfer", "mint", …
	AssetType   string           `json:"asset_type,omitempty"`
	AssetCode   string           `json:"asset_code,omitempty"`
	AssetIssuer string           `json:"asset_issuer,omitempty"`
	From        string           `json:"from,omitempty"`
	To          string           `json:"to,omitempty"`
	ToMuxedID   checkout.MuxedID `json:"to_muxed_id,omitempty"`          // in payments
	MuxedID     checkout.MuxedID `json:"destination_muxed_id,omitempty"` // in balance changes
	Amount      string           `json:"amount,omitempty"`
}

// DecodeRecord reads one operation of a payments page with joined transactions, and returns its id
// and what the account received by it: usually one payment, none if the operation was outgoing,
// failed or of a kind that moves nothing to the account, several for a contract call. What the
// account pays to itself it has not received. Horizon's type decides, not the shape. The error is
// ErrAnswer, wrapped.
func DecodeRecord(raw []byte, account stellar.Address) (operation int64, received []Incoming, err error) {
	r, err := decodeRecord(raw)
	if err != nil {
		return 0, nil, err
	}
	return r.received(account)
}

// received is DecodeRecord for a record that was decoded.
func (r *record) received(account stellar.Address) (operation int64, received []Incoming, err error) {
	operation, err = strconv.ParseInt(r.ID, 10, 64)
	if err != nil || operation <= 0 {
		return 0, nil, fmt.Errorf("%w: record with id %.40q", ErrAnswer, r.ID)
	}
	if r.Successful != nil && !*r.Successful {
		return operation, nil, nil
	}
	base := Incoming{Payment: checkout.Payment{Operation: operation, Hash: r.Hash, ClosedAt: r.CreatedAt.UTC()}}

	to := string(account)
	switch r.Type {
	case "payment", "path_payment_strict_receive", "path_payment_strict_send":
		if r.To == to && r.From != to {
			received, err = r.movement.addTo(received, base)
		}
	case "create_account":
		if r.Account == to {
			m := movement{AssetType: "native", From: r.Funder, Amount: r.StartingBalance}
			received, err = m.addTo(received, base)
		}
	case "account_merge":
		if r.Into == to {
			base.From, base.Asset, base.AmountInEffects, base.Muxed = r.Account, stellar.XLM, true, r.IntoMuxedID
			received = append(received, base)
		}
	case "invoke_host_function":
		for i, change := range r.BalanceChanges {
			if change.To == to && change.From != to && (change.Change == "transfer" || change.Change == "mint") {
				base.Index = i
				if received, err = change.addTo(received, base); err != nil {
					break
				}
			}
		}
	}
	if err != nil || len(received) == 0 {
		return operation, nil, err
	}
	if len(r.Hash) != 64 || r.CreatedAt.IsZero() || r.Successful == nil {
		return 0, nil, fmt.Errorf("%w: operation %d without a hash, a time or a result", ErrAnswer, operation)
	}
	memo, err := r.memo()
	if err != nil {
		return 0, nil, err
	}
	for i := range received {
		received[i].Memo = memo
	}
	return operation, received, nil
}

// memo is the text that was signed. Horizon's "memo" is altered to be valid JSON (bad UTF-8
// replaced, NULs dropped), so "memo_bytes" is the truth.
func (r *record) memo() (string, error) {
	if r.Transaction == nil || r.Transaction.MemoType == "" {
		return "", fmt.Errorf("%w: operation %s without its transaction", ErrAnswer, r.ID)
	}
	if r.Transaction.MemoType != "text" {
		return "", nil
	}
	if r.Transaction.MemoBytes == nil {
		return r.Transaction.Memo, nil
	}
	memo, err := base64.StdEncoding.DecodeString(*r.Transaction.MemoBytes)
	if err != nil {
		return "", fmt.Errorf("%w: memo_bytes of operation %s", ErrAnswer, r.ID)
	}
	return string(memo), nil
}

// addTo appends what was moved to the payments that an operation brought. An amount of zero moves
// nothing.
func (m movement) addTo(received []Incoming, base Incoming) ([]Incoming, error) {
	amount, err := stellar.ParseAmount(m.Amount)
	if err != nil {
		return nil, fmt.Errorf("%w: operation %d: %w", ErrAnswer, base.Operation, err)
	}
	asset, err := m.asset()
	if err != nil {
		return nil, fmt.Errorf("%w: operation %d: %w", ErrAnswer, base.Operation, err)
	}
	if amount == 0 {
		return received, nil
	}
	base.From, base.Amount, base.Asset, base.Muxed = m.From, amount, asset, max(m.ToMuxedID, m.MuxedID)
	return append(received, base), nil
}

func (m movement) asset() (stellar.Asset, error) {
	switch m.AssetType {
	case "native":
		return stellar.XLM, nil
	case "credit_alphanum4", "credit_alphanum12":
		issuer, err := stellar.ParseAddress(m.AssetIssuer)
		if err != nil {
			return stellar.Asset{}, err
		}
		return stellar.Asset{Code: m.AssetCode, Issuer: issuer}, stellar.CheckAssetCode(m.AssetCode)
	}
	return stellar.Asset{}, fmt.Errorf("asset type %.40q", m.AssetType)
}
