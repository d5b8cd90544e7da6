package watch

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
)

// What one question for unmatched payments costs at most: so many pages of horizon.PageLimit
// operations, each of which may name a checkout that the store is asked for (Cloudflare allows
// 1,000 KV reads an invocation), and so many merges, whose amounts are read one by one.
const (
	unmatchedPages  = 4
	unmatchedMerges = 20
)

// UnmatchedQuery says which unmatched payments to list.
type UnmatchedQuery struct {
	Since time.Time // what closed earlier is left out
	Limit int
	// Edge is where to begin, itself left out: with what is older, or After it. Zero: from now
	// backwards.
	Edge  checkout.PaymentID
	After bool
	// Merchant, if set, asks for the payments for this merchant's checkouts as well, and Customer for
	// those of one customer and for nothing else.
	Merchant, Customer string
}

// place is where a payment stands in the ledger.
type place struct {
	operation int64
	index     int
}

// beyond reports whether a payment lies on the other side of the edge.
func (q UnmatchedQuery) beyond(p checkout.Payment) bool {
	side := cmp.Or(cmp.Compare(p.Operation, q.Edge.Operation), cmp.Compare(p.Index, q.Edge.Index))
	return q.Edge.Operation == 0 || side != 0 && (side > 0) == q.After
}

// UnmatchedPage is part of the answer, the newest payment first.
type UnmatchedPage struct {
	Payments []checkout.Payment
	// More says that there can be more in the direction of the query, and Next is the Edge to go on
	// from: it need not be that of a payment, since much may have been read without a finding.
	More bool
	Next checkout.PaymentID

	of map[place]checkout.ID
}

// Of returns the checkout that a payment of the page is for, and whether there is one.
func (l UnmatchedPage) Of(p checkout.Payment) (checkout.ID, bool) {
	id, ok := l.of[place{p.Operation, p.Index}]
	return id, ok
}

// Join adds what another page knows of its payments.
func (l *UnmatchedPage) Join(other UnmatchedPage) {
	if l.of == nil {
		l.of = map[place]checkout.ID{}
	}
	maps.Copy(l.of, other.of)
}

// Unmatched reads from the ledger what an account received and, unless the query asks for more, what
// belongs to no checkout: the
// transaction has no text memo, or none of ours, or one that names no checkout of this account.
// What may be for a checkout so young that not everybody can see it yet is left out for the time
// being.
func (w *Watcher) Unmatched(ctx context.Context, mode stellar.Mode, account stellar.Address, q UnmatchedQuery) (UnmatchedPage, error) {
	client, root, err := w.pool(mode).Connect(ctx, horizon.ForVisitors)
	if err != nil {
		return UnmatchedPage{}, err
	}
	oldest := horizon.CursorAfter(root.LedgerBefore(q.Since))
	// An operation that brought several payments is read again when the edge is among them.
	cursor, read := int64(math.MaxInt64), client.PaymentsBefore
	switch {
	case q.After:
		cursor, read = max(q.Edge.Operation-1, oldest), client.Payments
	case q.Edge.Operation > 0:
		cursor = min(q.Edge.Operation, math.MaxInt64-1) + 1
	}
	list := UnmatchedPage{Next: q.Edge, of: map[place]checkout.ID{}}
	merges := 0
	for range unmatchedPages {
		page, err := read(ctx, account, cursor)
		if err == nil && page.Records > 0 && (page.Last == cursor || (page.Last > cursor) != q.After) {
			err = fmt.Errorf("%w: a page that repeats what came before it", horizon.ErrAnswer)
		}
		if err != nil {
			return UnmatchedPage{}, err
		}
		unmatched, err := w.unmatchedOf(ctx, mode, account, page.Payments, q, list.of)
		if err != nil {
			return UnmatchedPage{}, err
		}
		for _, p := range unmatched {
			if len(list.Payments) == q.Limit || p.AmountInEffects && merges == unmatchedMerges {
				return list.unfinished(q), nil
			}
			if p.AmountInEffects {
				merges++
			}
			payment, err := w.whole(ctx, client, p, account)
			if err != nil {
				return UnmatchedPage{}, err
			}
			list.Next = payment.Place(mode)
			if payment.Amount > 0 {
				list.Payments = append(list.Payments, payment)
			}
		}
		passed := slices.ContainsFunc(page.Payments, func(p horizon.Incoming) bool { return p.ClosedAt.Before(q.Since) })
		if !page.More || !q.After && (passed || page.Last <= oldest) {
			return list.finished(q), nil
		}
		cursor = page.Last
		list.Next = checkout.PaymentID{Operation: cursor, Mode: mode}
		if q.After {
			list.Next.Index = checkout.MaxIndex
		}
	}
	return list.unfinished(q), nil
}

// finished turns what was read into a page after which there is nothing.
func (l UnmatchedPage) finished(q UnmatchedQuery) UnmatchedPage {
	if q.After {
		slices.Reverse(l.Payments)
	}
	return UnmatchedPage{Payments: l.Payments, of: l.of}
}

func (l UnmatchedPage) unfinished(q UnmatchedQuery) UnmatchedPage {
	return UnmatchedPage{Payments: l.finished(q).Payments, More: true, Next: l.Next, of: l.of}
}

// unmatchedOf returns those of a page's payments that the query asks for, in its direction, and
// notes in of which checkouts they are for.
func (w *Watcher) unmatchedOf(ctx context.Context, mode stellar.Mode, account stellar.Address, payments []horizon.Incoming, q UnmatchedQuery, of map[place]checkout.ID) ([]horizon.Incoming, error) {
	var asked []found
	for _, p := range payments {
		if !p.ClosedAt.Before(q.Since) && q.beyond(p.Payment) {
			asked = append(asked, w.nameOf(p))
		}
	}
	muxed, err := w.Store.Muxed(ctx, muxedIn(account, asked)...)
	if err != nil {
		return nil, err
	}
	var ids []checkout.ID
	for i := range asked {
		f := &asked[i]
		if id, ok := muxed[horizon.Muxed{Account: account, ID: f.MuxedTo}]; ok {
			f.IDs, f.MuxedTo = append(f.IDs, id), ""
		}
		ids = append(ids, f.IDs...)
	}
	sort.SliceStable(asked, func(i, j int) bool {
		order := cmp.Or(cmp.Compare(asked[i].Operation, asked[j].Operation), cmp.Compare(asked[i].Index, asked[j].Index))
		if !q.After {
			order = -order
		}
		return order < 0
	})
	checkouts, err := w.Store.Checkouts(ctx, slices.Compact(sortedIDs(ids))...)
	if err != nil {
		return nil, err
	}
	var unmatched []horizon.Incoming
	for _, f := range asked {
		asked := q.Customer == ""
		for _, id := range f.IDs {
			s, ok := checkouts[id]
			switch {
			case ok && s.Account == account && s.Mode == mode:
				of[place{f.Operation, f.Index}] = id
				asked = q.Merchant != "" && s.Merchant == q.Merchant && (q.Customer == "" || s.CustomerID == q.Customer)
			case !ok && w.unrested(f.ClosedAt):
				asked = false
			}
		}
		if f.MuxedTo != "" && w.unrested(f.ClosedAt) {
			asked = false
		}
		if asked {
			unmatched = append(unmatched, f.Incoming)
		}
	}
	return unmatched, nil
}

// unrested reports whether a checkout that was paid in a ledger that closed then may be too young
// for everybody to see.
func (w *Watcher) unrested(closedAt time.Time) bool { return w.Now().Sub(closedAt) < Rest }
