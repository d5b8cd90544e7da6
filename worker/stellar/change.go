package stellar

import (
	"encoding/binary"
	"math"
)

// AccountChange is a transaction of one operation that changes its source account, not yet signed.
type AccountChange struct {
	Source    Address
	Sequence  int64
	Fee       uint32 // the maximum, in stroops
	MaxTime   int64  // Unix seconds; the last close time at which it is valid
	Operation Operation
}

// Operation is the XDR of an operation's body.
type Operation []byte

// More discriminants of Stellar-transaction.x.
const (
	operationSetOptions  = 5
	operationChangeTrust = 6
	operationManageData  = 10
	memoNone             = 0
)

// Trust adds a trustline without a limit.
func Trust(asset Asset) Operation {
	b := binary.BigEndian.AppendUint32(nil, operationChangeTrust)
	return binary.BigEndian.AppendUint64(asset.appendXDR(b), math.MaxInt64)
}

// SetData sets a data entry. Name and value have 1 to 64 bytes.
func SetData(name, value string) Operation {
	b := binary.BigEndian.AppendUint32(nil, operationManageData)
	b = appendString(b, name)
	return appendString(binary.BigEndian.AppendUint32(b, 1), value)
}

// AddSigner adds a signer with a weight.
func AddSigner(key Address, weight uint32) Operation {
	b := binary.BigEndian.AppendUint32(nil, operationSetOptions)
	// Nothing else is set: no inflation destination, flags, weight of the master key, thresholds,
	// or home domain.
	for range 8 {
		b = binary.BigEndian.AppendUint32(b, 0)
	}
	b = appendAccount(binary.BigEndian.AppendUint32(b, 1), key) // a SignerKey like an AccountID
	return binary.BigEndian.AppendUint32(b, weight)
}

// Envelope is the XDR of a TransactionEnvelope without signatures.
func (c AccountChange) Envelope() []byte {
	put := binary.BigEndian.AppendUint32
	b := put(make([]byte, 0, 256), envelopeTypeTx)
	b = appendAccount(b, c.Source)
	b = put(b, c.Fee)
	b = binary.BigEndian.AppendUint64(b, uint64(c.Sequence))
	b = put(b, precondTime)
	b = binary.BigEndian.AppendUint64(b, 0) // no minimum time
	b = binary.BigEndian.AppendUint64(b, uint64(c.MaxTime))
	b = put(b, memoNone)
	b = put(b, 1) // one operation,
	b = put(b, 0) // whose source is that of the transaction
	b = append(b, c.Operation...)
	b = put(b, 0)    // no extension
	return put(b, 0) // no signatures
}

func appendString(b []byte, s string) []byte {
	return appendPadded(binary.BigEndian.AppendUint32(b, uint32(len(s))), s, (len(s)+3)/4*4)
}
