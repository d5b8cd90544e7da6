package checkout

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"github.com/oklog/ulid/v2"

	"edgecheckout/worker/stellar"
)

// Refund is money that an account paid back, as Horizon reports it: an outgoing payment whose
// transaction names the one that is refunded by its MEMO_RETURN, or that this service wrote.
//
//codec:json
type Refund struct {
	ID        string         `json:"id"`
	Operation int64          `json:"op"`
	Index     int            `json:"index,omitempty"` // among the balance changes of a contract call
	Hash      string         `json:"hash"`            // of the transaction; in a fee bump, the outer one
	ClosedAt  time.Time      `json:"closed_at"`
	To        string         `json:"to"` // G… or C…
	Asset     stellar.Asset  `json:"asset"`
	Amount    stellar.Amount `json:"amount"` // what the destination received
	// Payment is the id of the payment that is refunded, and Excess what is more than was left of
	// it: see [Returned.Share].
	Payment string         `json:"payment,omitempty"`
	Excess  stellar.Amount `json:"excess,omitempty"`
}

// Refunds are refunds in ledger order.
//
//codec:json
type Refunds []Refund

// RefundID is the id of the refund by an operation of a transaction. It depends on what was signed
// alone: the hash of a transaction is known before it is, and a fee bump does not change it. So a
// refund has its id before and after it was paid, whoever finds it.
func RefundID(signed string, operation int64, index int) string {
	position := strconv.FormatInt(operation&0xfff, 10) + "/" + strconv.Itoa(index)
	return KindRefund.format(ulid.ULID(refundDigest(signed + "/" + position)))
}

// FirstOperation is the position of a transaction's first operation, as the ids of operations have
// it (SEP-35).
const FirstOperation = 1

func refundDigest(of string) [16]byte {
	sum := sha256.Sum256([]byte("refund/" + of))
	sum[0] &= 0x7f // keeps the text of a ULID from beginning with more than 7
	return [16]byte(sum[:16])
}

// UnionRefunds returns the refunds of two lists in ledger order, which both must be in, without
// repetitions. What the second list says of a refund is newer.
func UnionRefunds(a, b []Refund) []Refund {
	var all []Refund
	for len(a)+len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].before(b[0]):
			all, a = append(all, a[0]), a[1:]
		case len(a) == 0 || b[0].before(a[0]):
			all, b = append(all, b[0]), b[1:]
		default:
			all, a, b = append(all, b[0]), a[1:], b[1:]
		}
	}
	return all
}

func (f Refund) before(other Refund) bool {
	return f.Operation < other.Operation || f.Operation == other.Operation && f.Index < other.Index
}

// Returned is what a transaction brought to an account, and what the account paid back of it.
//
//codec:json
type Returned struct {
	Payments Payments `json:"payments"`
	Refunds  Refunds  `json:"refunds"`
}

// Left is how much of an asset was received and not yet paid back.
func (r Returned) Left(asset stellar.Asset) stellar.Amount {
	var received, returned stellar.Amount
	for _, p := range r.Payments {
		if p.Asset == asset {
			received = received.Plus(p.Amount)
		}
	}
	for _, f := range r.Refunds {
		if f.Asset == asset {
			returned = returned.Plus(f.Amount)
		}
	}
	return max(received-returned, 0)
}

// Share says of each refund which payment it is of, and what of it is more than was left. A
// MEMO_RETURN names a transaction, which may have brought several payments: in ledger order, each
// refund is of the first payment in its asset of which something is left. A refund in an asset that
// the transaction did not bring is of its first payment, and all of it is excess.
func (r Returned) Share(mode stellar.Mode) {
	left := make([]stellar.Amount, len(r.Payments))
	for i, p := range r.Payments {
		left[i] = p.Amount
	}
	for i := range r.Refunds {
		f := &r.Refunds[i]
		f.Payment, f.Excess = "", f.Amount
		for j, p := range r.Payments {
			if f.Excess == 0 {
				break
			}
			if p.Asset != f.Asset || left[j] == 0 {
				continue
			}
			if f.Payment == "" {
				f.Payment = p.ID(mode)
			}
			part := min(left[j], f.Excess)
			left[j] -= part
			f.Excess -= part
		}
		if f.Payment == "" {
			f.Payment = r.fallback(f.Asset).ID(mode)
		}
	}
}

// fallback is the payment that a refund is of if nothing is left of any.
func (r Returned) fallback(asset stellar.Asset) Payment {
	for _, p := range slices.Backward(r.Payments) {
		if p.Asset == asset {
			return p
		}
	}
	if len(r.Payments) == 0 {
		return Payment{}
	}
	return r.Payments[0]
}

// HashBytes decodes the hash of a transaction, which Horizon writes in hexadecimal; false if it is
// none.
func HashBytes(hash string) (b [sha256.Size]byte, ok bool) {
	if len(hash) != 2*len(b) {
		return b, false
	}
	_, err := hex.Decode(b[:], []byte(hash))
	return b, err == nil
}
