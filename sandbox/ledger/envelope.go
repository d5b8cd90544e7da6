package ledger

import (
	"encoding/hex"
	"fmt"

	"github.com/stellar/go/network"
	"github.com/stellar/go/xdr"
)

// MalformedError reports an envelope that cannot be decoded.
type MalformedError struct {
	Envelope string
	Err      error
}

func (e *MalformedError) Error() string { return fmt.Sprintf("ledger: malformed envelope: %v", e.Err) }
func (e *MalformedError) Unwrap() error { return e.Err }

// RejectedError reports a transaction that the network does not include in a ledger: it charges no
// fee and consumes no sequence number.
type RejectedError struct {
	Envelope string
	Result   xdr.TransactionResult
}

func (e *RejectedError) Error() string {
	codes := ResultCodes(e.Result)
	return fmt.Sprintf("ledger: transaction rejected: %s %v", codes.Transaction, codes.Operations)
}

// envelope is a decoded transaction and its hashes.
type envelope struct {
	base64 string
	xdr.TransactionEnvelope
	hash [32]byte
	// inner is the hash of the inner transaction; without a fee bump it equals hash.
	inner [32]byte
}

// decode accepts what the network accepts as an envelope. That includes the limits of the XDR: at
// most 100 operations, 20 signatures and 28 bytes of memo text.
func (l *Ledger) decode(base64 string) (envelope, error) {
	e := envelope{base64: base64}
	if err := xdr.SafeUnmarshalBase64(base64, &e.TransactionEnvelope); err != nil {
		return e, &MalformedError{base64, err}
	}
	var err error
	if e.hash, err = network.HashTransactionInEnvelope(e.TransactionEnvelope, l.passphrase); err != nil {
		return e, &MalformedError{base64, err}
	}
	e.inner = e.hash
	if e.IsFeeBump() {
		if e.inner, err = network.HashTransaction(e.FeeBump.Tx.InnerTx.V1.Tx, l.passphrase); err != nil {
			return e, &MalformedError{base64, err}
		}
	}
	return e, nil
}

func (e envelope) key() string { return hex.EncodeToString(e.hash[:]) }

func (e envelope) source() string { return addressOf(e.SourceAccount()) }

// payer is the account that pays the fee.
func (e envelope) payer() string {
	if e.IsFeeBump() {
		return addressOf(e.FeeBumpAccount())
	}
	return e.source()
}

// bid is the most that the payer is willing to pay, in stroops.
func (e envelope) bid() int64 {
	if e.IsFeeBump() {
		return e.FeeBumpFee()
	}
	return int64(e.Fee())
}

// charge is what the ledger takes of the bid: the base fee for each operation and for a fee bump.
func (e envelope) charge() int64 {
	count := int64(len(e.Operations()))
	if e.IsFeeBump() {
		count++
	}
	return count * BaseFee
}

// operationSource is the account on whose behalf an operation acts.
func (e envelope) operationSource(op xdr.Operation) xdr.MuxedAccount {
	if op.SourceAccount != nil {
		return *op.SourceAccount
	}
	return e.SourceAccount()
}

// addressOf is the G… address of a possibly muxed account.
func addressOf(m xdr.MuxedAccount) string {
	id := m.ToAccountId()
	return id.Address()
}
