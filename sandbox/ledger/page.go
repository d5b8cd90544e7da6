package ledger

import (
	"cmp"
	"slices"
	"sort"

	"github.com/stellar/go/toid"
)

// Page selects a part of a list.
type Page struct {
	Cursor        int64 // ids after it, or before it if descending
	Number        int   // of the effect of the operation at the cursor
	Descending    bool
	Limit         int
	IncludeFailed bool
}

// Transaction returns an applied transaction by its hash, or by the inner hash of a fee bump.
func (l *Ledger) Transaction(hash string) (*Transaction, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	t, ok := l.history.transactions[hash]
	return t, ok
}

// Operation returns an applied operation by its id.
func (l *Ledger) Operation(id int64) (*Operation, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	o, ok := l.history.operations[id]
	return o, ok
}

// Header returns a closed ledger by its sequence number.
func (l *Ledger) Header(sequence uint32) (Header, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	i, ok := slices.BinarySearchFunc(l.headers, sequence, func(h Header, s uint32) int { return int(h.Sequence) - int(s) })
	if !ok {
		return Header{}, false
	}
	return l.headers[i], true
}

// Payments returns payments of an account, or of all accounts if address is empty. It returns false
// for an account without a history.
func (l *Ledger) Payments(address string, p Page) ([]*Operation, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	of := l.listOf(address)
	if of == nil {
		return nil, false
	}
	return take(of.payments, p, (*Operation).key), true
}

// Operations is like [Ledger.Payments], for operations of all types.
func (l *Ledger) Operations(address string, p Page) ([]*Operation, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	of := l.listOf(address)
	if of == nil {
		return nil, false
	}
	return take(of.operations, p, (*Operation).key), true
}

// Transactions is like [Ledger.Payments], for transactions.
func (l *Ledger) Transactions(address string, p Page) ([]*Transaction, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	of := l.listOf(address)
	if of == nil {
		return nil, false
	}
	return take(of.transactions, p, (*Transaction).key), true
}

// Effects is like [Ledger.Payments], for the effects of operations.
func (l *Ledger) Effects(address string, p Page) ([]EffectOf, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	of := l.listOf(address)
	if of == nil {
		return nil, false
	}
	return takeEffects(of.effects, p), true
}

// Effects returns a page of the effects of operations, which are in ascending order.
func Effects(of []*Operation, p Page) []EffectOf {
	var all []EffectOf
	for _, o := range of {
		for i, e := range o.Effects {
			all = append(all, EffectOf{e, o, i + 1})
		}
	}
	return takeEffects(all, p)
}

func takeEffects(all []EffectOf, p Page) []EffectOf {
	after := sort.Search(len(all), func(i int) bool {
		return cmp.Or(cmp.Compare(all[i].Operation.ID, p.Cursor), cmp.Compare(all[i].Number, p.Number)) > 0
	})
	if !p.Descending {
		return slices.Clone(all[after:min(after+p.Limit, len(all))])
	}
	if after > 0 && all[after-1].Operation.ID == p.Cursor && all[after-1].Number == p.Number {
		after--
	}
	page := slices.Clone(all[max(0, after-p.Limit):after])
	slices.Reverse(page)
	return page
}

// Headers returns a page of the closed ledgers.
func (l *Ledger) Headers(p Page) []Header {
	l.mu.RLock()
	defer l.mu.RUnlock()
	p.IncludeFailed = true
	return take(l.headers, p, func(h Header) (int64, bool) { return h.ID(), true })
}

// ID is the paging token of a ledger.
func (h Header) ID() int64 { return toid.New(int32(h.Sequence), 0, 0).ToInt64() }

// Select returns a page of the ledger's transactions.
func (h Header) Select(p Page) []*Transaction { return take(h.Transactions, p, (*Transaction).key) }

// Operations returns a page of the ledger's operations.
func (h Header) Operations(p Page, paymentsOnly bool) []*Operation {
	var all []*Operation
	for _, t := range h.Transactions {
		for _, o := range t.Operations {
			if !paymentsOnly || o.IsPayment() {
				all = append(all, o)
			}
		}
	}
	return take(all, p, (*Operation).key)
}

// Select returns the page of the transaction's operations.
func (t *Transaction) Select(p Page, paymentsOnly bool) []*Operation {
	p.IncludeFailed = true
	all := t.Operations
	if paymentsOnly {
		all = slices.DeleteFunc(slices.Clone(all), func(o *Operation) bool { return !o.IsPayment() })
	}
	return take(all, p, (*Operation).key)
}

func (l *Ledger) listOf(address string) *list {
	if address == "" {
		return &l.history.everything
	}
	return l.history.accounts[address]
}

func (o *Operation) key() (int64, bool)   { return o.ID, o.Transaction.Successful }
func (t *Transaction) key() (int64, bool) { return t.ID, t.Successful }

// take finds the start of the page by binary search in a list in ascending order of ids, so its
// cost does not depend on the length of the list.
func take[T any](all []T, p Page, key func(T) (id int64, successful bool)) []T {
	var page []T
	add := func(item T) bool {
		if _, successful := key(item); successful || p.IncludeFailed {
			page = append(page, item)
		}
		return len(page) < p.Limit
	}
	if p.Descending {
		end := sort.Search(len(all), func(i int) bool { id, _ := key(all[i]); return id >= p.Cursor })
		for i := end - 1; i >= 0 && add(all[i]); i-- {
		}
		return page
	}
	start := sort.Search(len(all), func(i int) bool { id, _ := key(all[i]); return id > p.Cursor })
	for i := start; i < len(all) && add(all[i]); i++ {
	}
	return page
}
