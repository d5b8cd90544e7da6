package stellar

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/stellar/go/strkey"
)

// Transaction is a single payment with a memo, not yet signed. It is the only kind of transaction
// that this service writes. With a SendMax it is a path payment, in which the payer sends another
// asset and the destination receives exactly Amount (CAP-0006 calls it strict receive).
type Transaction struct {
	Source   Address
	Sequence int64
	Fee      uint32 // the maximum, in stroops
	MinTime  int64  // Unix seconds; the first close time at which it is valid; 0: any
	MaxTime  int64  // Unix seconds; the last close time at which it is valid
	Memo     string // at most 28 bytes
	// Returns is the hash of the transaction that is refunded: then the memo is MEMO_RETURN instead
	// of a text. Zero if this is no refund.
	Returns     [sha256.Size]byte
	Destination Address
	// Creates says that the destination does not exist: the payment, which is of XLM, creates it.
	Creates bool
	Asset   Asset
	Amount  Amount

	Send    Asset
	SendMax Amount
	Path    []Asset // between Send and Asset, at most [MaxPath]
}

// MaxPath is how many assets may lie between those of a path payment
// (PathPaymentStrictReceiveOp in Stellar-transaction.x).
const MaxPath = 5

// MaxFee is the fee that transactions for wallets bid: 0.01 XLM, in stroops. It is the maximum that
// the payer can be charged, not the price: all transactions of a ledger pay the lowest bid that was
// accepted (CAP-0005), usually 100 stroops. A bid of 100 stroops would have to wait while the
// network is congested; reading /fee_stats first would cost a request and not change the charge.
const MaxFee = 100_000

// Discriminants of the XDR unions (https://github.com/stellar/stellar-xdr, Stellar-transaction.x
// and Stellar-ledger-entries.x).
const (
	envelopeTypeTx        = 2
	keyTypeEd25519        = 0 // also that of an AccountID
	precondTime           = 1
	memoText              = 1
	memoReturn            = 4
	operationCreate       = 0
	operationPayment      = 1
	operationPathReceive  = 2
	assetNative           = 0
	assetAlphanum4        = 1
	assetAlphanum12       = 2
	alphanum4, alphanum12 = 4, 12 // bytes of a code
)

// Envelope is the XDR of a TransactionEnvelope without signatures.
func (t Transaction) Envelope() []byte {
	return binary.BigEndian.AppendUint32(t.tagged(), 0) // no signatures
}

// Hash returns the hash that a wallet signs, which is also the id of the transaction on the network
// with this passphrase.
func (t Transaction) Hash(passphrase string) [sha256.Size]byte {
	network := sha256.Sum256([]byte(passphrase))
	return sha256.Sum256(append(network[:], t.tagged()...))
}

// tagged is the transaction preceded by its envelope type, as it is both sent and hashed.
func (t Transaction) tagged() []byte {
	put := binary.BigEndian.AppendUint32
	b := put(make([]byte, 0, 256), envelopeTypeTx)
	b = appendAccount(b, t.Source)
	b = put(b, t.Fee)
	b = binary.BigEndian.AppendUint64(b, uint64(t.Sequence))
	b = put(b, precondTime)
	b = binary.BigEndian.AppendUint64(b, uint64(t.MinTime))
	b = binary.BigEndian.AppendUint64(b, uint64(t.MaxTime))
	if t.Returns != ([sha256.Size]byte{}) {
		b = append(put(b, memoReturn), t.Returns[:]...)
	} else {
		b = put(b, memoText)
		b = put(b, uint32(len(t.Memo)))
		b = appendPadded(b, t.Memo, (len(t.Memo)+3)/4*4)
	}
	b = put(b, 1) // one operation,
	b = put(b, 0) // whose source is that of the transaction
	switch {
	case t.Creates:
		b = appendAccount(put(b, operationCreate), t.Destination)
	case t.SendMax != 0:
		b = t.Send.appendXDR(put(b, operationPathReceive))
		b = binary.BigEndian.AppendUint64(b, uint64(t.SendMax))
		b = t.Asset.appendXDR(appendAccount(b, t.Destination))
	default:
		b = t.Asset.appendXDR(appendAccount(put(b, operationPayment), t.Destination))
	}
	b = binary.BigEndian.AppendUint64(b, uint64(t.Amount))
	if t.SendMax != 0 {
		b = put(b, uint32(len(t.Path)))
		for _, asset := range t.Path {
			b = asset.appendXDR(b)
		}
	}
	return put(b, 0) // no extension
}

// appendAccount writes an unmuxed MuxedAccount, whose XDR equals that of an AccountID. An [Address]
// is valid, so it always decodes.
func appendAccount(b []byte, account Address) []byte {
	key, _ := strkey.Decode(strkey.VersionByteAccountID, string(account))
	return append(binary.BigEndian.AppendUint32(b, keyTypeEd25519), key...)
}

func appendPadded(b []byte, s string, size int) []byte {
	return append(append(b, s...), make([]byte, size-len(s))...)
}
