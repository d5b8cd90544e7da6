package ledger

import (
	"github.com/stellar/go/xdr"
)

// check decides, in the network's order, whether a transaction may be included in a ledger that
// closes at closedAt (Unix seconds) with the given sequence number. It returns nil if so.
func (l *Ledger) check(e envelope, sequence uint32, closedAt int64) *RejectedError {
	if e.IsFeeBump() {
		if code, ok := l.checkPayment(e, e.FeeBumpSignatures()); !ok {
			return e.reject(code)
		}
	}
	if len(e.Operations()) == 0 {
		return e.rejectInner(xdr.TransactionResultCodeTxMissingOperation)
	}
	if e.MinSeqNum() != nil || len(e.ExtraSigners()) > 0 ||
		(e.MinSeqAge() != nil && *e.MinSeqAge() > 0) || (e.MinSeqLedgerGap() != nil && *e.MinSeqLedgerGap() > 0) {
		return e.rejectInner(xdr.TransactionResultCodeTxNotSupported)
	}
	if code, ok := checkBounds(e, sequence, closedAt); !ok {
		return e.rejectInner(code)
	}
	if !e.IsFeeBump() && e.bid() < e.charge() {
		return e.reject(xdr.TransactionResultCodeTxInsufficientFee)
	}
	source := l.accounts[e.source()]
	if source == nil {
		return e.rejectInner(xdr.TransactionResultCodeTxNoAccount)
	}
	if e.SeqNum() != source.Sequence+l.queue.of(source.Address).count+1 {
		return e.rejectInner(xdr.TransactionResultCodeTxBadSeq)
	}
	signed := newSignatures(e.inner, e.Signatures())
	if !signed.of(source.Address, source, low) {
		return e.rejectInner(xdr.TransactionResultCodeTxBadAuth)
	}
	if !e.IsFeeBump() && !l.canPay(e) {
		return e.reject(xdr.TransactionResultCodeTxInsufficientBalance)
	}
	if results, ok := l.checkOperations(e, signed); !ok {
		return e.rejectOperations(results)
	}
	if !signed.allUsed() {
		return e.rejectInner(xdr.TransactionResultCodeTxBadAuthExtra)
	}
	return nil
}

// checkPayment checks a fee bump. Its source pays for one more operation than the inner transaction
// has and bids at least as much per operation (CAP-15).
func (l *Ledger) checkPayment(e envelope, list []xdr.DecoratedSignature) (xdr.TransactionResultCode, bool) {
	count := max(1, int64(len(e.Operations())))
	signed := newSignatures(e.hash, list)
	switch {
	case e.bid() < e.charge() || e.bid()/(count+1) < int64(e.Fee())/count:
		return xdr.TransactionResultCodeTxInsufficientFee, false
	case l.accounts[e.payer()] == nil:
		return xdr.TransactionResultCodeTxNoAccount, false
	case !signed.of(e.payer(), l.accounts[e.payer()], low):
		return xdr.TransactionResultCodeTxBadAuth, false
	case !l.canPay(e):
		return xdr.TransactionResultCodeTxInsufficientBalance, false
	case !signed.allUsed():
		return xdr.TransactionResultCodeTxBadAuthExtra, false
	}
	return 0, true
}

func (l *Ledger) canPay(e envelope) bool {
	return l.accounts[e.payer()].Available()-l.queue.of(e.payer()).fees >= e.charge()
}

func checkBounds(e envelope, sequence uint32, closedAt int64) (xdr.TransactionResultCode, bool) {
	if b := e.TimeBounds(); b != nil {
		if int64(b.MinTime) > closedAt {
			return xdr.TransactionResultCodeTxTooEarly, false
		}
		if b.MaxTime != 0 && int64(b.MaxTime) < closedAt {
			return xdr.TransactionResultCodeTxTooLate, false
		}
	}
	if b := e.LedgerBounds(); b != nil {
		if uint32(b.MinLedger) > sequence {
			return xdr.TransactionResultCodeTxTooEarly, false
		}
		if b.MaxLedger != 0 && uint32(b.MaxLedger) <= sequence {
			return xdr.TransactionResultCodeTxTooLate, false
		}
	}
	return 0, true
}

// checkOperations finds missing signatures, and errors that do not depend on the state of accounts.
// The source of an operation need not exist yet: an earlier operation of the transaction can create
// it. As in the network, who can sign is decided before the first operation is applied.
func (l *Ledger) checkOperations(e envelope, signed *signatures) ([]xdr.OperationResult, bool) {
	results, ok := make([]xdr.OperationResult, 0, len(e.Operations())), true
	for _, op := range e.Operations() {
		source := addressOf(e.operationSource(op))
		result, fine := validate(op.Body, source)
		if !signed.of(source, l.accounts[source], needs(op.Body)) {
			result, fine = xdr.OperationResult{Code: xdr.OperationResultCodeOpBadAuth}, false
		}
		results, ok = append(results, result), ok && fine
	}
	return results, ok
}
