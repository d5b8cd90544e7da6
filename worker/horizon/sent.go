package horizon

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"edgecheckout/worker/stellar"
)

// Sent is money that an account paid to another one.
type Sent struct {
	Operation int64
	Index     int    // among the balance changes of a contract call
	Hash      string // of the transaction; in a fee bump, the outer one
	Signed    string // the hash that the account signed: in a fee bump, the inner one
	ClosedAt  time.Time
	To        string // G… or C…
	Asset     stellar.Asset
	Amount    stellar.Amount // what the destination received
	// Returns is the hash, in hexadecimal, that the transaction's MEMO_RETURN holds; empty if it
	// has none.
	Returns string
}

// SentPage is one page of an account's history.
type SentPage struct {
	Sent    []Sent
	Records int
	Last    int64 // the last operation's id: the cursor for the next page; zero if there were none
	// LastClosedAt is when the ledger of the last record closed.
	LastClosedAt time.Time
	// More says that there may be others after the last one.
	More bool
}

// SentBy reads what an account paid after a cursor, as Payments reads what it received. A payment
// that cannot be understood is left out: nothing that others send may keep refunds from being
// found.
func (c Client) SentBy(ctx context.Context, account stellar.Address, cursor int64) (SentPage, error) {
	records, cut, err := c.records(ctx, paymentsPath(History{account, cursor}, ascending))
	if err != nil {
		return SentPage{}, err
	}
	page := SentPage{Records: len(records), More: cut || len(records) >= ascending.records}
	for i := range records {
		operation, err := strconv.ParseInt(records[i].ID, 10, 64)
		if err != nil || operation <= 0 {
			return SentPage{}, fmt.Errorf("%w: record with id %.40q", ErrAnswer, records[i].ID)
		}
		if cut && operation <= page.Last {
			return SentPage{}, errOrder
		}
		page.Last = max(page.Last, operation)
		page.LastClosedAt = records[i].CreatedAt.UTC()
		if operation > cursor {
			page.Sent = append(page.Sent, records[i].sent(operation, string(account))...)
		}
	}
	return page, nil
}

// PaymentsIn reads the operations of a transaction that moved money, at most PageLimit; none if the
// ledger has no such transaction, or Horizon does not keep it. The error is that of Client.
func (c Client) PaymentsIn(ctx context.Context, hash string) ([]Operation, error) {
	records, cut, err := c.paymentsIn(ctx, hash, PageLimit)
	if cut {
		err = fmt.Errorf("%w: the payments of transaction %s are too large", ErrAnswer, hash)
	}
	if err != nil {
		return nil, err
	}
	operations := make([]Operation, len(records))
	for i, r := range records {
		operations[i].record = r
	}
	return operations, nil
}

// paymentsIn reads the first records of a transaction's operations that moved money.
func (c Client) paymentsIn(ctx context.Context, hash string, limit int) (records []record, cut bool, err error) {
	return c.records(ctx, "/transactions/"+hash+"/payments?join=transactions&limit="+strconv.Itoa(limit))
}

// records reads a page, and reports whether it is only how a larger one begins. There are none if
// Horizon finds nothing.
func (c Client) records(ctx context.Context, path string) (records []record, cut bool, err error) {
	response, err := c.Transport.Get(ctx, c.Base+path, RequestTimeout)
	raw, err := readRecords(Result{response, err}, pathOnly(path))
	if err != nil {
		return nil, false, err
	}
	records = make([]record, len(raw))
	for i, r := range raw {
		if records[i], err = decodeRecord(r); err != nil {
			return nil, false, err
		}
	}
	return records, response.Cut, nil
}

// sent returns what the account paid to others by an operation.
func (r *record) sent(operation int64, account string) []Sent {
	if r.Successful == nil || !*r.Successful || len(r.Hash) != 64 || r.CreatedAt.IsZero() || r.Transaction == nil {
		return nil
	}
	base := Sent{Operation: operation, Hash: r.Hash, Signed: r.Hash, ClosedAt: r.CreatedAt.UTC(), Returns: r.returns()}
	if r.Transaction.Inner != nil && r.Transaction.Inner.Hash != "" {
		base.Signed = r.Transaction.Inner.Hash
	}
	var sent []Sent
	add := func(m movement) {
		amount, err1 := stellar.ParseAmount(m.Amount)
		asset, err2 := m.asset()
		if err1 == nil && err2 == nil && amount > 0 && m.From == account && m.To != account {
			base.To, base.Asset, base.Amount = m.To, asset, amount
			sent = append(sent, base)
		}
	}
	switch r.Type {
	case "payment", "path_payment_strict_receive", "path_payment_strict_send":
		add(r.movement)
	case "create_account":
		add(movement{AssetType: "native", From: r.Funder, To: r.Account, Amount: r.StartingBalance})
	case "invoke_host_function":
		for i, change := range r.BalanceChanges {
			if base.Index = i; change.Change == "transfer" {
				add(change)
			}
		}
	}
	return sent
}

// returns is the hash in the transaction's MEMO_RETURN, which Horizon writes in base64.
func (r *record) returns() string {
	if r.Transaction.MemoType != "return" {
		return ""
	}
	hash, err := base64.StdEncoding.DecodeString(r.Transaction.Memo)
	if err != nil || len(hash) != 32 {
		return ""
	}
	return hex.EncodeToString(hash)
}
