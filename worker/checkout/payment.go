package checkout

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// Payment is money that an account received, as Horizon showed it. It is identified by the operation that moved it
// and, for a contract call that moved several amounts, by its index there.
type Payment struct {
	Operation int64     `json:"op"`              // the operation's id (SEP-35 total order id): ledger, transaction, position
	Index     int       `json:"index,omitempty"` // among the balance changes of one contract call
	Hash      string    `json:"hash"`            // of the transaction; of the outer one in a fee bump
	ClosedAt  time.Time `json:"closed_at"`       // when the payment's ledger closed
	From      string    `json:"from,omitempty"`  // G… or C…; empty when an asset contract minted it
	Asset     Asset     `json:"asset"`
	Amount    Amount    `json:"amount"` // what the destination received
}

// Ledger is the sequence number of the ledger that the payment is in.
func (p Payment) Ledger() int64 { return p.Operation >> 32 }

// ID is the payment's pay_ id; the same money has the same id wherever and whenever it is read.
func (p Payment) ID(livemode bool) string {
	return DeriveID(KindPayment, nil, p.ClosedAt, strconv.FormatBool(livemode), p.Hash,
		strconv.FormatInt(p.Operation, 10), strconv.Itoa(p.Index))
}

func comparePayments(a, b Payment) int {
	return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Index, b.Index))
}

// A session remembers at most so many payments in its own asset, and so many in others. Anyone may send dust with a
// session's memo; without a bound that would cost its merchant the work.
const (
	maxOwn     = 200
	maxForeign = 20
)

// Relevant returns the payments in ledger order, each once: all of them, unless there are more than a session remembers. Then the largest stay, the
// earlier ones of equals, so that whatever is forgotten is smaller than what counts, and so that it does not matter
// in which pieces the payments were seen.
func Relevant(payments []Payment, asset Asset) []Payment {
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
	all := slices.SortedFunc(slices.Values(slices.Concat(a, b)), comparePayments)
	return slices.CompactFunc(all, func(x, y Payment) bool { return comparePayments(x, y) == 0 })
}
