package horizon

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

// Operation is one operation with its transaction. Whose payment it is its reader has to know. Its
// JSON is the part of Horizon's record that is read.
type Operation struct{ record }

// newOperation reads a record.
func newOperation(raw []byte) (Operation, error) {
	r, err := decodeRecord(raw)
	return Operation{r}, err
}

// Operation reads an operation by its id. IsNotFound tells the error for one that the ledger does
// not have, or Horizon does not keep.
func (c Client) Operation(ctx context.Context, id int64) (Operation, error) {
	var raw json.RawMessage
	if err := c.get(ctx, "/operations/"+strconv.FormatInt(id, 10)+"?join=transactions", &raw); err != nil {
		return Operation{}, err
	}
	return newOperation(raw)
}

// Ledger returns the ledger of the operation; zero if its id is none.
func (o Operation) Ledger() int64 {
	id, err := strconv.ParseInt(o.ID, 10, 64)
	if err != nil {
		return 0
	}
	return id >> 32
}

// Memo returns the transaction's MEMO_TEXT, byte for byte; empty if it has none, or a memo of
// another type. The error is ErrAnswer, wrapped.
func (o Operation) Memo() (string, error) { return o.memo() }

// Muxed is a muxed address by its parts.
type Muxed struct {
	Account stellar.Address
	ID      checkout.MuxedID
}

// Muxed returns the muxed addresses that the operation paid to.
func (o Operation) Muxed() []Muxed {
	muxed := []Muxed{{stellar.Address(o.To), o.ToMuxedID}, {stellar.Address(o.Into), o.IntoMuxedID}}
	for _, m := range o.BalanceChanges {
		muxed = append(muxed, Muxed{stellar.Address(m.To), m.MuxedID})
	}
	return slices.DeleteFunc(muxed, func(m Muxed) bool { return m.ID == "" })
}

// Received returns what an account received by the operation, as DecodeRecord does.
func (o Operation) Received(account stellar.Address) ([]Incoming, error) {
	_, received, err := o.received(account)
	return received, err
}
