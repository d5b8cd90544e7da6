package horizon

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"edgecheckout/worker/stellar"
)

// Operation is one operation with its transaction. Whose payment it is its reader has to know.
type Operation struct{ raw json.RawMessage }

// Operation reads an operation by its id. IsNotFound tells the error for one that the ledger does not have, or Horizon does not keep.
func (c Client) Operation(ctx context.Context, id int64) (Operation, error) {
	var o Operation
	err := c.get(ctx, "/operations/"+strconv.FormatInt(id, 10)+"?join=transactions", &o.raw)
	return o, err
}

// Memo returns the transaction's MEMO_TEXT, byte for byte; empty if it has none, or a memo of another type. The error is ErrAnswer, wrapped.
func (o Operation) Memo() (string, error) {
	var r record
	if err := json.Unmarshal(o.raw, &r); err != nil {
		return "", fmt.Errorf("%w: operation: %w", ErrAnswer, err)
	}
	return r.memo()
}

// Received returns what an account received by the operation, as DecodeRecord does.
func (o Operation) Received(account stellar.Address) ([]Incoming, error) {
	_, received, err := DecodeRecord(o.raw, account)
	return received, err
}
