package checkout

import (
	"cmp"
	"encoding/binary"
	"slices"
	"sort"
	"time"

	"github.com/oklog/ulid/v2"

	"edgecheckout/worker/stellar"
)

// Payment is money that an account received, as Horizon reports it. It is identified by its
// operation and, if a contract call moved several amounts, by its index among them.
//
//codec:json
type Payment struct {
	// Operation is the operation's SEP-35 total order id: ledger, transaction, position.
	Operation int64          `json:"op"`
	Index     int            `json:"index,omitempty"` // among the balance changes of a contract call
	Hash      string         `json:"hash"`            // of the transaction; in a fee bump, the outer one
	ClosedAt  time.Time      `json:"closed_at"`       // when the payment's ledger closed
	From      string         `json:"from,omitempty"`  // G… or C…; empty if an asset contract minted it
	Asset     stellar.Asset  `json:"asset"`
	Amount    stellar.Amount `json:"amount"` // what the destination received
}

// Payments are the payments of one checkout that have been seen so far.
//
//codec:json
type Payments []Payment

// Ledger is the sequence number of the payment's ledger.
func (p Payment) Ledger() int64 { return p.Operation >> 32 }

// ID is the payment's pay_ id. It depends on the ledger alone, not on who reads it or when.
func (p Payment) ID(mode stellar.Mode) string { return p.Place(mode).String() }

// Place returns the payment's position in the ledger of its mode.
func (p Payment) Place(mode stellar.Mode) PaymentID {
	return PaymentID{ClosedAt: p.ClosedAt, Operation: p.Operation, Index: p.Index, Mode: mode}
}

// PaymentID is the position of a payment in the ledger, so a payment is found by its id without an
// index. It is written as a ULID: 48 bits for the close time of the ledger in milliseconds, 64 for
// the operation, 15 for the index, one for the mode. So ids sort as the ledger does, and an id from
// before a reset of the test network names nothing in the new history.
type PaymentID struct {
	ClosedAt  time.Time
	Operation int64
	Index     int // at most MaxIndex
	Mode      stellar.Mode
}

// MaxIndex is the largest index that fits an id. The events of one contract call fit 16 KiB, so it
// has a few hundred balance changes at most.
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

// ParsePaymentID parses an id as [PaymentID.String] writes it. The error is [ErrID]. A well-formed
// id does not prove that the payment exists.
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

// Names reports whether the id is that of p, which must be of the same mode.
func (id PaymentID) Names(p Payment) bool {
	return id.Operation == p.Operation && id.Index == p.Index && id.ClosedAt.UnixMilli() == p.ClosedAt.UnixMilli()
}

func comparePayments(a, b Payment) int {
	return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Index, b.Index))
}

// How many payments of a checkout are kept: in its own asset, and in all others. Anyone can send
// dust with a checkout's memo; without a limit the records of its merchant would grow with it.
const (
	maxOwn     = 200
	maxForeign = 20
)

// Relevant returns the payments in ledger order, without repetitions. If there are more than a
// checkout keeps, the largest stay, and of equal ones the earliest. So nothing that is dropped is
// larger than what counts, and the result does not depend on the batches in which payments arrived.
func Relevant(payments []Payment, asset stellar.Asset) []Payment {
	all := Union(payments, nil)
	if len(all) <= maxForeign {
		return all
	}
	largest := slices.Clone(all)
	sort.SliceStable(largest, func(i, j int) bool { return largest[i].Amount > largest[j].Amount })
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

// Union returns the payments of both lists in ledger order, without repetitions.
func Union(a, b []Payment) []Payment {
	if len(a)+len(b) == 0 {
		return nil // as for nearly every checkout that is read
	}
	all := slices.Concat(a, b)
	sort.Slice(all, func(i, j int) bool { return comparePayments(all[i], all[j]) < 0 })
	return slices.CompactFunc(all, func(x, y Payment) bool { return comparePayments(x, y) == 0 })
}
