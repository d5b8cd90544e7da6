package ledger

import "github.com/stellar/go/xdr"

// reject is the result of a transaction that is not included. It charges nothing.
func (e envelope) reject(code xdr.TransactionResultCode) *RejectedError {
	return &RejectedError{e.base64, xdr.TransactionResult{Result: xdr.TransactionResultResult{Code: code}}}
}

// rejectInner is like [envelope.reject], for an error of the transaction itself. A fee bump reports
// it as the inner result.
func (e envelope) rejectInner(code xdr.TransactionResultCode) *RejectedError {
	if !e.IsFeeBump() {
		return e.reject(code)
	}
	return &RejectedError{e.base64, e.bump(0, xdr.InnerTransactionResultResult{Code: code})}
}

func (e envelope) rejectOperations(results []xdr.OperationResult) *RejectedError {
	return &RejectedError{e.base64, e.applied(0, false, results)}
}

// applied is the result of a transaction whose operations were applied or failed. The fee is in
// stroops.
func (e envelope) applied(fee int64, successful bool, results []xdr.OperationResult) xdr.TransactionResult {
	code := xdr.TransactionResultCodeTxFailed
	if successful {
		code = xdr.TransactionResultCodeTxSuccess
	}
	if e.IsFeeBump() {
		return e.bump(fee, xdr.InnerTransactionResultResult{Code: code, Results: &results})
	}
	return xdr.TransactionResult{
		FeeCharged: xdr.Int64(fee),
		Result:     xdr.TransactionResultResult{Code: code, Results: &results},
	}
}

// bump wraps an inner result. The inner fee is 0 because the outer transaction pays.
func (e envelope) bump(fee int64, inner xdr.InnerTransactionResultResult) xdr.TransactionResult {
	code := xdr.TransactionResultCodeTxFeeBumpInnerFailed
	if inner.Code == xdr.TransactionResultCodeTxSuccess {
		code = xdr.TransactionResultCodeTxFeeBumpInnerSuccess
	}
	return xdr.TransactionResult{
		FeeCharged: xdr.Int64(fee),
		Result: xdr.TransactionResultResult{
			Code: code,
			InnerResultPair: &xdr.InnerTransactionResultPair{
				TransactionHash: xdr.Hash(e.inner),
				Result:          xdr.InnerTransactionResult{Result: inner},
			},
		},
	}
}

// Codes are Horizon's names of the codes in a result.
type Codes struct {
	Transaction string
	Inner       string   // empty unless it is a fee bump
	Operations  []string // empty unless operations were checked
}

var transactionCodes = map[xdr.TransactionResultCode]string{
	xdr.TransactionResultCodeTxFeeBumpInnerSuccess: "tx_fee_bump_inner_success",
	xdr.TransactionResultCodeTxSuccess:             "tx_success",
	xdr.TransactionResultCodeTxFailed:              "tx_failed",
	xdr.TransactionResultCodeTxTooEarly:            "tx_too_early",
	xdr.TransactionResultCodeTxTooLate:             "tx_too_late",
	xdr.TransactionResultCodeTxMissingOperation:    "tx_missing_operation",
	xdr.TransactionResultCodeTxBadSeq:              "tx_bad_seq",
	xdr.TransactionResultCodeTxBadAuth:             "tx_bad_auth",
	xdr.TransactionResultCodeTxInsufficientBalance: "tx_insufficient_balance",
	xdr.TransactionResultCodeTxNoAccount:           "tx_no_source_account",
	xdr.TransactionResultCodeTxInsufficientFee:     "tx_insufficient_fee",
	xdr.TransactionResultCodeTxBadAuthExtra:        "tx_bad_auth_extra",
	xdr.TransactionResultCodeTxNotSupported:        "tx_not_supported",
	xdr.TransactionResultCodeTxFeeBumpInnerFailed:  "tx_fee_bump_inner_failed",
}

// ResultCodes returns the names of the codes in a result.
func ResultCodes(r xdr.TransactionResult) Codes {
	codes := Codes{Transaction: transactionCodes[r.Result.Code]}
	results := r.Result.Results
	if pair := r.Result.InnerResultPair; pair != nil {
		codes.Inner = transactionCodes[pair.Result.Result.Code]
		results = pair.Result.Result.Results
	}
	if results != nil {
		for _, result := range *results {
			codes.Operations = append(codes.Operations, operationCode(result))
		}
	}
	return codes
}
