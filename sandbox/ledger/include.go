package ledger

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/stellar/go/toid"
	"github.com/stellar/go/xdr"
)

// Transaction is an applied transaction, successful or failed.
type Transaction struct {
	ID          int64 // its paging token
	Hash        string
	InnerHash   string // empty unless it is a fee bump
	Ledger      uint32
	ClosedAt    time.Time
	Envelope    xdr.TransactionEnvelope
	EnvelopeXDR string
	Result      xdr.TransactionResult
	ResultXDR   string
	Successful  bool
	FeeCharged  int64 // stroops
	FeeBid      int64 // stroops
	FeeAccount  xdr.MuxedAccount
	Operations  []*Operation
}

// Operation is an operation of an applied transaction.
type Operation struct {
	ID          int64
	Transaction *Transaction
	Source      xdr.MuxedAccount
	Body        xdr.OperationBody
	Result      xdr.OperationResult
	Effects     []Effect // none if the transaction failed
	index       int      // in the transaction, from 0
	// Sent and Received are what a path payment took from its source and gave to its destination,
	// in stroops.
	Sent, Received int64
}

// include checks a queued transaction again, because earlier ledgers may have changed its accounts,
// and applies it. It returns nil if the transaction can no longer be included.
func (l *Ledger) include(e envelope, next *Header) *Transaction {
	if err := l.check(e, next.Sequence, next.ClosedAt.Unix()); err != nil {
		l.queue.drop(e.key(), err)
		return nil
	}
	index := int32(len(next.Transactions) + 1)
	t := &Transaction{
		ID:          toid.New(int32(next.Sequence), index, 0).ToInt64(),
		Hash:        e.key(),
		Ledger:      next.Sequence,
		ClosedAt:    next.ClosedAt,
		Envelope:    e.TransactionEnvelope,
		EnvelopeXDR: e.base64,
		FeeCharged:  e.charge(),
		FeeBid:      e.bid(),
		FeeAccount:  e.SourceAccount(),
	}
	if e.IsFeeBump() {
		t.InnerHash = hex.EncodeToString(e.inner[:])
		t.FeeAccount = e.FeeBumpAccount()
	}

	// The fee and the sequence number are consumed even if the operations fail.
	paid := l.begin(next)
	paid.account(e.payer()).Balance -= t.FeeCharged
	paid.account(e.source()).Sequence = e.SeqNum()
	paid.spend(e)
	paid.commit()
	l.feePool += t.FeeCharged

	work, results := l.begin(next), make([]xdr.OperationResult, 0, len(e.Operations()))
	t.Successful = true
	for i, op := range e.Operations() {
		o := &Operation{
			ID:          toid.New(int32(next.Sequence), index, int32(i+1)).ToInt64(),
			Transaction: t,
			Source:      e.operationSource(op),
			Body:        op.Body,
			index:       i,
		}
		if !o.apply(work) {
			t.Successful = false
		}
		t.Operations = append(t.Operations, o)
		results = append(results, o.Result)
	}
	if t.Successful {
		work.commit()
	} else {
		for _, o := range t.Operations {
			o.Effects = nil
		}
	}
	t.Result = e.applied(t.FeeCharged, t.Successful, results)
	encoded, err := xdr.MarshalBase64(t.Result)
	if err != nil {
		// Results are built only here, so this is a bug in this package.
		panic(fmt.Sprintf("ledger: encode the result of %s: %v", t.Hash, err))
	}
	t.ResultXDR = encoded
	return t
}

func (l *Ledger) begin(h *Header) *changes {
	return &changes{ledger: l, header: h, touched: map[string]*Account{}, claimable: map[string]*ClaimableBalance{}}
}
