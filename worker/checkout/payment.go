package checkout

import (
	"cmp"
	"encoding/binary"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"edgecheckout/worker/stellar"
)

// Payment is money that an account received, as Horizon showed it. It is identified by the operation that moved it
// and, for a contract call that moved several amounts, by its index there.
//
//codec:json
type Payment struct {
	Operation int64          `json:"op"`              // the operation's id (SEP-35 total order id): ledger, transaction, position
	Index     int            `json:"index,omitempty"` // among the balance changes of one contract call
	Hash      string         `json:"hash"`            // of the transaction; of the outer one in a fee bump
	ClosedAt  time.Time      `json:"closed_at"`       // when the payment's ledger closed
	From      string         `json:"from,omitempty"`  // G… or C…; empty when an asset contract minted it
	Asset     stellar.Asset  `json:"asset"`
	Amount    stellar.Amount `json:"amount"` // what the destination received
}

// Payments are those of a checkout that were seen so far.
//
//codec:json
type Payments []Payment

// Ledger is the sequence number of the ledger that the payment is in.
func (p Payment) Ledger() int64 { return p.Operation >> 32 }

// ID is the payment's pay_ id; the same money has the same id wherever and whenever it is read.
func (p Payment) ID(mode stellar.Mode) string { return p.Place(mode).String() }

// Place says where the payment stands, in its mode.
func (p Payment) Place(mode stellar.Mode) PaymentID {
	return PaymentID{ClosedAt: p.ClosedAt, Operation: p.Operation, Index: p.Index, Mode: mode}
}

// PaymentID says where on which ledger a payment stands, so that it is found by its id without an index. It is written as a ULID: 48 bits
// for the time at which the ledger closed, in milliseconds, 64 for the operation, 15 for the index, one for the mode. So ids sort
// as the ledger does, and one from before a test network's reset names nothing of its new history.
type PaymentID struct {
	ClosedAt  time.Time
	Operation int64
	Index     int // at most MaxIndex
	Mode      stellar.Mode
}

// MaxIndex is the largest index that fits an id. The events of one contract call fit 16 KiB, so it has some hundred balance changes at most.
const MaxIndex = 1<<15 - 1

func (id PaymentID) String() string {
	var u ulid.ULID
	_ = u.SetTime(ulid.Timestamp(id.ClosedAt)) // fails only after the year 10889
	binary.BigEndian.PutUint64(u[6:], uint64(id.Operation))
	last := uint16(id.Index) << 1
	if id.Mode == stellar.Live {
		last |= 1
	}
	binary.BigEndian.PutUint16(u[14:], last)
	return KindPayment.format(u)
}

// ParsePaymentID reads what String wrote; the error is ErrID. That the id is well-formed does not say that there is such a payment.
func ParsePaymentID(s string) (PaymentID, error) {
	u, err := ParseID(KindPayment, s)
	if err != nil {
		return PaymentID{}, err
	}
	last := binary.BigEndian.Uint16(u[14:])
	id := PaymentID{
		ClosedAt:  ulid.Time(u.Time()).UTC(),
		Operation: int64(binary.BigEndian.Uint64(u[6:])),
		Index:     int(last >> 1),
		Mode:      stellar.ModeOf(last&1 == 1),
	}
	if id.Operation <= 0 {
		return PaymentID{}, ErrID
	}
	return id, nil
}

// Names reports whether the id is that of a payment of its mode.
func (id PaymentID) Names(p Payment) bool {
	return id.Operation == p.Operation && id.Index == p.Index && id.ClosedAt.UnixMilli() == p.ClosedAt.UnixMilli()
}

func comparePayments(a, b Payment) int {
	return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Index, b.Index))
}

// A checkout remembers at most so many payments in its own asset, and so many in others. Anyone may send dust with a
// checkout's memo; without a bound that would cost its merchant the work.
const (
	maxOwn     = 200
	maxForeign = 20
)

// Relevant returns the payments in ledger order, each once: all of them, unless there are more than a checkout remembers. Then the largest stay, the
// earlier ones of equals, so that whatever is forgotten is smaller than what counts, and so that it does not matter
// in which pieces the payments were seen.
func Relevant(payments []Payment, asset stellar.Asset) []Payment {
	all := Union(payments, nil)
	if len(all) <= maxForeign {
		return all
	}
	largest := slices.SortedStableFunc(slices.Values(all), func(a, b Payment) int { return cmp.Compare(b.Amount, a.Amount) })
	own, foreign := 0, 0
	kept := largest[:0]
	for _, p := range largest {
		count, limit := &foreign, maxForeign
		if p.Asset == asset {
			count, limit = &own, maxOwn
		}
		if *count++; *count <= limit {
			kept = append(kept, p)
		}
	}
	return Union(kept, nil)
}

// Union returns the payments of both lists in ledger order, each once.
func Union(a, b []Payment) []Payment {
	if len(a)+len(b) == 0 {
		return nil // as of nearly all checkouts that somebody looks at
	}
	all := slices.Concat(a, b)
	slices.SortFunc(all, comparePayments)
	return slices.CompactFunc(all, func(x, y Payment) bool { return comparePayments(x, y) == 0 })
}
