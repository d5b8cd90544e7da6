package stellar

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/stellar/go/strkey"
)

// Transaction is the one form of transaction that this service writes: a single payment with a text memo, that a wallet may sign.
type Transaction struct {
	Source      Address
	Sequence    int64
	Fee         uint32 // the most that it may cost, in stroops
	MaxTime     int64  // Unix seconds; it is valid in ledgers that close no later
	Memo        string // at most 28 bytes
	Destination Address
	Asset       Asset
	Amount      Amount
}

// MaxFee is the fee that transactions for wallets bid: 0.01 XLM, in stroops. It is the most that the payer can
// be charged, not a price: every transaction of a ledger pays what the lowest bid in it needed to be
// (CAP-0005), which is 100 stroops as a rule. A bid of exactly that waits while the network is
// crowded, and reading /fee_stats first would cost a request without changing what is charged.
const MaxFee = 100_000

// The numbers of the types that stand in the XDR (https://github.com/stellar/stellar-xdr, Stellar-transaction.x and Stellar-ledger-entries.x).
const (
	envelopeTypeTx        = 2
	keyTypeEd25519        = 0 // also that of an account id
	precondTime           = 1
	memoText              = 1
	operationPayment      = 1
	assetNative           = 0
	assetAlphanum4        = 1
	assetAlphanum12       = 2
	alphanum4, alphanum12 = 4, 12 // bytes of a code
)

// Envelope is the XDR of a TransactionEnvelope without a signature.
func (t Transaction) Envelope() []byte {
	return binary.BigEndian.AppendUint32(t.tagged(), 0) // no signatures
}

// Hash is what a wallet signs, and by which the ledger knows the transaction on the network of the passphrase.
func (t Transaction) Hash(passphrase string) [sha256.Size]byte {
	network := sha256.Sum256([]byte(passphrase))
	return sha256.Sum256(append(network[:], t.tagged()...))
}

// tagged is the transaction behind the type of its envelope, as it is both sent and hashed.
func (t Transaction) tagged() []byte {
	put := binary.BigEndian.AppendUint32
	b := put(make([]byte, 0, 256), envelopeTypeTx)
	b = appendAccount(b, t.Source)
	b = put(b, t.Fee)
	b = binary.BigEndian.AppendUint64(b, uint64(t.Sequence))
	b = put(b, precondTime)
	b = binary.BigEndian.AppendUint64(b, 0) // valid from ever on
	b = binary.BigEndian.AppendUint64(b, uint64(t.MaxTime))
	b = put(b, memoText)
	b = put(b, uint32(len(t.Memo)))
	b = appendPadded(b, t.Memo, (len(t.Memo)+3)/4*4)
	b = put(b, 1) // operation,
	b = put(b, 0) // whose source is the transaction's
	b = put(b, operationPayment)
	b = appendAccount(b, t.Destination)
	b = t.Asset.appendXDR(b)
	b = binary.BigEndian.AppendUint64(b, uint64(t.Amount))
	return put(b, 0) // no extension
}

// appendAccount writes a MuxedAccount that is a plain one, and an AccountID alike. An Address is valid, so it decodes.
func appendAccount(b []byte, account Address) []byte {
	key, _ := strkey.Decode(strkey.VersionByteAccountID, string(account))
	return append(binary.BigEndian.AppendUint32(b, keyTypeEd25519), key...)
}

func appendPadded(b []byte, s string, size int) []byte {
	return append(append(b, s...), make([]byte, size-len(s))...)
}
