package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// Refunds are read from the ledger as payments are: they are outgoing payments of the account that
// was paid, and either their transaction has a MEMO_RETURN with the hash of one that paid the
// account, or it is one that this service wrote, whose hash was known before it was signed. Who
// wrote, signed or submitted it does not matter, nor how often.
//
// A record for each account says how far its outgoing payments were read. It lags by Overlap at
// least, and is written after what was found.

const (
	// refundPages is how many pages of an account's history one reading takes; the next one goes on
	// from there.
	refundPages = 10
	// newReturns is how many transactions that were refunded one reading looks up in Horizon.
	newReturns = 10
	// refundAccounts is how many accounts a sweep reads for their refunds, with some seven requests
	// to Horizon and KV for each. It begins with none later than refundTime after its beginning.
	refundAccounts = 4
	refundTime     = 10 * time.Second
)

// ErrBehind reports that an account's history is not read up to its newest ledger yet: it is too
// long to be read at once, or Horizon lags. Asking again goes on from there.
var ErrBehind = errors.New("watch: the account's history is not read up to the newest ledger yet")

// RefundQuery says of which account refunds are read.
type RefundQuery struct {
	Mode    stellar.Mode
	Account stellar.Address
	// Merchant is whose refunds they are if the ledger does not say, since what is refunded belongs
	// to no checkout.
	Merchant string
	// After is the ledger after which refunds are looked for, and Since the time, if it is not zero.
	After int64
	Since time.Time
}

// Refundable is what must be known of a payment to write a transaction that refunds it.
type Refundable struct {
	Returned checkout.Returned // of the payment's transaction
	Payer    horizon.Account   // the account that was paid, and pays back
	Pending  []string          // the ids of refunds that are to be paid from it
}

// Refundable reads what is left of a payment to an account, and that account.
//
// The account is read first: whatever used a sequence number before the one that the next
// transaction gets is on the pages that are read afterwards. So no two transactions that are
// written here can pay back the same money: they have the same sequence number, or the second one
// was written by who knew of the first. The error is ErrBehind, ErrNoAccount, or Horizon's or the
// store's.
func (w *Watcher) Refundable(ctx context.Context, q RefundQuery, p checkout.Payment) (Refundable, error) {
	client, _, err := w.pool(q.Mode).Recent(ctx, horizon.ForVisitors)
	if err != nil {
		return Refundable{}, err
	}
	payer, err := client.Account(ctx, q.Account)
	if horizon.IsNotFound(err) {
		err = ErrNoAccount
	}
	if err != nil {
		return Refundable{}, err
	}
	q.After = p.Ledger() - 1 // a refund can be in the same ledger
	found, err := w.readRefunds(ctx, horizon.ForVisitors, q, p.Hash)
	if err != nil {
		return Refundable{}, err
	}
	// Behind a load balancer, a page may come from a Horizon that lags behind the one that served
	// the account.
	if found.last < payer.UsedAt && w.Now().Sub(payer.UsedTime) < w.Margin {
		return Refundable{}, ErrBehind
	}
	// A refund with a memo of its own is known by its record, which may not be visible here yet.
	for _, s := range found.unknown {
		if s.Asset == p.Asset && w.Now().Sub(s.ClosedAt) < Rest {
			return Refundable{}, ErrBehind
		}
	}
	if len(found.asked.Payments) == 0 {
		found.asked.Payments = checkout.Payments{p} // nothing of it was paid back yet
	}
	return Refundable{found.asked, payer, found.pending}, nil
}

// Destination reads an account that is to be paid. The error is ErrNoAccount or Horizon's.
func (w *Watcher) Destination(ctx context.Context, mode stellar.Mode, address stellar.Address) (horizon.Account, error) {
	client, _, err := w.pool(mode).Recent(ctx, horizon.ForVisitors)
	if err != nil {
		return horizon.Account{}, err
	}
	account, err := client.Account(ctx, address)
	if horizon.IsNotFound(err) {
		err = ErrNoAccount
	}
	return account, err
}

// Refunds reads the refunds of an account and records them; news says whether there was something to
// record. The error is ErrBehind, or Horizon's or the store's.
func (w *Watcher) Refunds(ctx context.Context, q RefundQuery) (news bool, err error) {
	found, err := w.readRefunds(ctx, horizon.ForVisitors, q, "")
	return found.news, err
}

// SweepRefunds reads the accounts from which refunds are to be paid, and records those that were.
func (w *Watcher) SweepRefunds(ctx context.Context) error {
	pending, err := w.Store.PendingRefunds(ctx)
	if err != nil || len(pending) == 0 {
		return err
	}
	var accounts [][]store.PendingRefund
	for i, p := range pending { // those of an account lie next to each other
		if i == 0 || p.Account != pending[i-1].Account || p.Mode != pending[i-1].Mode {
			accounts = append(accounts, nil)
		}
		last := &accounts[len(accounts)-1]
		*last = append(*last, p)
	}
	// If there are more than a sweep reads, they take turns.
	turn := int(w.Now().Unix()/60) % ((len(accounts) + refundAccounts - 1) / refundAccounts)
	var failed []error
	until := w.Now().Add(refundTime)
	for _, of := range accounts[turn*refundAccounts : min((turn+1)*refundAccounts, len(accounts))] {
		if w.Now().After(until) {
			break
		}
		if err := w.sweepRefundsOf(ctx, of); err != nil {
			failed = append(failed, fmt.Errorf("refunds of account %s: %w", of[0].Account, err))
		}
	}
	return errors.Join(failed...)
}

// sweepRefundsOf reads the refunds of one account. What was paid, and what cannot be paid any more,
// is no longer pending.
func (w *Watcher) sweepRefundsOf(ctx context.Context, pending []store.PendingRefund) error {
	if _, served := w.Horizons[pending[0].Mode]; !served {
		return nil
	}
	first := pending[0]
	q := RefundQuery{Mode: first.Mode, Account: first.Account, Merchant: first.Merchant, Since: first.Created}
	ids := make([]string, len(pending))
	for i, p := range pending {
		if ids[i] = p.ID; p.Created.Before(q.Since) {
			q.Since = p.Created
		}
	}
	found, err := w.readRefunds(ctx, horizon.ForSweep, q, "", ids...)
	if err != nil && !errors.Is(err, ErrBehind) {
		return err
	}
	refunds, failed := w.Store.RefundsByID(ctx, ids...)
	if failed != nil {
		return failed
	}
	var done []store.PendingRefund
	for i, p := range pending {
		paid := refunds[i] != nil && refunds[i].Paid != nil
		if paid || err == nil && found.coverage.Sub(p.Until) > Overlap {
			done = append(done, p)
		}
	}
	return errors.Join(err, w.Store.DeletePendingRefunds(ctx, done...))
}

// foundRefunds is what a reading found.
type foundRefunds struct {
	asked    checkout.Returned // of the transaction that was asked for
	unknown  []horizon.Sent    // what the account paid out besides
	last     int64             // the newest ledger that a page showed
	coverage time.Time         // up to when the account was read
	pending  []string          // the refunds that were to be paid
	news     bool              // whether something was recorded
}

// readRefunds reads what an account paid out, and records the refunds among it. asked is a
// transaction of which everything that was paid back is returned, also what is not recorded yet. If
// it is not known which refunds are pending, they are listed.
func (w *Watcher) readRefunds(ctx context.Context, purpose horizon.Purpose, q RefundQuery, asked string, pending ...string) (foundRefunds, error) {
	var found foundRefunds
	client, root, err := w.pool(q.Mode).Connect(ctx, purpose)
	if err != nil {
		return found, err
	}
	if !q.Since.IsZero() {
		q.After = root.LedgerBefore(q.Since)
	}
	var stored store.SentThrough
	if len(pending) == 0 {
		pending, stored, err = w.Store.Refunding(ctx, q.Mode, q.Account)
	} else {
		stored, err = w.Store.SentThrough(ctx, q.Mode, q.Account)
	}
	if err != nil {
		return found, err
	}
	found.pending = pending
	r := readSent(ctx, client, q.Account, startOfSent(stored, q.After, root), pending)
	found.last, found.unknown = r.last, r.unknown
	of, news, through, err := w.recordRefunds(ctx, client, q, r, asked)
	found.asked, found.news = of, news
	if err = errors.Join(r.err, err); err == nil && !r.whole {
		err = ErrBehind
	}
	if r.whole {
		found.coverage = root.ClosedAt
	}
	return found, errors.Join(err, w.saveSent(ctx, q, stored, r, through, root))
}

// startOfSent is the ledger after which an account is read for refunds that came after a ledger:
// where the last reading ended, if it began early enough and is of the same history.
func startOfSent(stored store.SentThrough, after int64, root horizon.Root) int64 {
	through := current(store.Cursor{From: stored.Through}, root).From.Ledger
	if stored.From <= after && after <= through {
		return through
	}
	return max(after, 0)
}

// sentPass is what was read of an account's outgoing payments.
type sentPass struct {
	refunds []horizon.Sent // those that may be refunds
	unknown []horizon.Sent // the others
	after   int64          // the ledger after which it began
	through store.Checkpoint
	last    int64 // the newest ledger that a page showed
	whole   bool  // read to the end of the history
	err     error
}

// readSent reads what an account paid out after a ledger.
func readSent(ctx context.Context, client horizon.Client, account stellar.Address, after int64, pending []string) sentPass {
	r := sentPass{after: after, through: store.Checkpoint{Ledger: after}}
	cursor := horizon.CursorAfter(after)
	for range refundPages {
		page, err := client.SentBy(ctx, account, cursor)
		if err == nil && page.Records > 0 && page.Last <= cursor {
			err = fmt.Errorf("%w: a page that repeats what came before it", horizon.ErrAnswer)
		}
		if err != nil {
			r.err = err
			return r
		}
		for _, s := range page.Sent {
			if s.Returns != "" || slices.Contains(pending, checkout.RefundID(s.Signed, s.Operation, s.Index)) {
				r.refunds = append(r.refunds, s)
			} else {
				r.unknown = append(r.unknown, s)
			}
		}
		if page.Records > 0 {
			cursor, r.last = page.Last, page.Last>>32
			r.through = store.Checkpoint{Ledger: r.last - 1, ClosedAt: page.LastClosedAt} // the page may end inside a ledger
		}
		if !page.More {
			r.whole = true
			return r
		}
	}
	return r
}

// recordRefunds records what was read, the refunds of one transaction after the other. It returns
// what was paid back of the transaction that was asked for, whether there was something to record,
// and the ledger up to which everything is recorded.
func (w *Watcher) recordRefunds(ctx context.Context, client horizon.Client, q RefundQuery, r sentPass, asked string) (of checkout.Returned, news bool, through int64, err error) {
	through = r.through.Ledger
	ids := make([]string, len(r.refunds))
	for i, s := range r.refunds {
		ids[i] = checkout.RefundID(s.Signed, s.Operation, s.Index)
	}
	refunds, err := w.Store.RefundsByID(ctx, ids...)
	if err != nil {
		return of, false, r.after, err
	}
	var order []string // of transactions that were refunded
	by := map[string][]foundRefund{}
	for i, s := range r.refunds {
		f := foundRefund{Refund: checkout.Refund{ID: ids[i], Operation: s.Operation, Index: s.Index, Hash: s.Hash,
			ClosedAt: s.ClosedAt, To: s.To, Asset: s.Asset, Amount: s.Amount}, record: refunds[i]}
		transaction := s.Returns
		if transaction == "" && f.record != nil {
			transaction = f.record.Transaction
		}
		// A record that is not visible yet is waited for: its merchant asked for it a moment ago.
		if transaction == "" || f.record != nil && f.record.Paid != nil && f.record.Paid.Operation == s.Operation && transaction != asked {
			continue
		}
		if by[transaction] == nil {
			order = append(order, transaction)
		}
		by[transaction] = append(by[transaction], f)
	}
	lookups := 0
	for _, transaction := range order {
		returned, recorded, err := w.recordRefundsOf(ctx, client, q, transaction, by[transaction], &lookups)
		news = news || recorded
		if transaction == asked {
			if of = returned; err == nil && len(of.Payments) == 0 {
				err = ErrBehind // a Horizon that lags does not know it yet
			}
		}
		if err != nil {
			return of, news, min(through, by[transaction][0].Operation>>32-1), err
		}
	}
	if asked != "" && by[asked] == nil {
		of, err = w.Store.Returned(ctx, q.Mode, q.Account, asked)
	}
	return of, news, through, err
}

// foundRefund is a refund that the ledger shows, and what is stored of it.
type foundRefund struct {
	checkout.Refund
	record *store.Refund // nil if nobody asked for it here
}

// recordRefundsOf records refunds of one transaction, and returns everything that was paid back of
// it, and whether there was something to record.
func (w *Watcher) recordRefundsOf(ctx context.Context, client horizon.Client, q RefundQuery, transaction string, found []foundRefund, lookups *int) (of checkout.Returned, recorded bool, err error) {
	stored, err := w.Store.Returned(ctx, q.Mode, q.Account, transaction)
	if err != nil {
		return stored, false, err
	}
	if *lookups++; *lookups > newReturns {
		return stored, false, ErrBehind
	}
	payments, paid, err := w.paidBy(ctx, client, q, transaction)
	if err != nil || len(payments) == 0 {
		return stored, false, err // it paid somebody else, or nobody that we know of
	}
	all, known := checkout.Returned{Payments: payments}, checkout.Returned{Payments: payments}
	all.Refunds, known.Refunds = stored.Refunds, stored.Refunds
	var told, rested []foundRefund
	for _, f := range found {
		all.Refunds = checkout.UnionRefunds(all.Refunds, []checkout.Refund{f.Refund})
		// Who asked for it may not be visible here yet. It is read again.
		if f.record == nil && w.unrested(f.ClosedAt) {
			continue
		}
		known.Refunds = checkout.UnionRefunds(known.Refunds, []checkout.Refund{f.Refund})
		rested = append(rested, f)
	}
	all.Share(q.Mode)
	known.Share(q.Mode)
	news := store.PaidRefunds{Mode: q.Mode, Account: q.Account, Transaction: transaction, Returned: known}
	if paid != nil {
		news.Checkout = &paid.Checkout
		news.OfCheckout = checkout.UnionRefunds(paid.Refunds, known.Refunds)
	}
	for _, f := range rested {
		i := slices.IndexFunc(known.Refunds, func(r checkout.Refund) bool { return r.Operation == f.Operation && r.Index == f.Index })
		f.Refund = known.Refunds[i]
		if f.record != nil && f.record.Paid != nil && *f.record.Paid == f.Refund && slices.Contains(stored.Refunds, f.Refund) {
			continue
		}
		if f.record == nil {
			f.record = foundWithout(q, transaction, f.Refund, paid)
			if f.record.Merchant == "" {
				continue // seen when it is asked for
			}
			news.Found = append(news.Found, *f.record)
		}
		told = append(told, f)
	}
	if len(told) == 0 && slices.Equal(stored.Refunds, known.Refunds) {
		return all, false, nil
	}
	for _, f := range told {
		record := *f.record
		record.Paid = &f.Refund
		if err := w.TellRefund(ctx, record); err != nil {
			return all, false, err
		}
	}
	return all, true, w.Store.PutPaidRefunds(ctx, news, w.Now())
}

// foundWithout is the record of a refund that nobody asked for here.
func foundWithout(q RefundQuery, transaction string, f checkout.Refund, of *checkout.Facts) *store.Refund {
	r := &store.Refund{
		ID: f.ID, Merchant: q.Merchant, Mode: q.Mode, Account: q.Account, Payment: f.Payment, Transaction: transaction,
		Amount: f.Amount, Asset: f.Asset, Destination: f.To, CreatedAt: f.ClosedAt,
	}
	if of != nil {
		r.Merchant, r.Checkout, r.Customer = of.Checkout.Merchant, of.Checkout.ID.String(), of.Checkout.CustomerID
	}
	return r
}

// paidBy reads what a transaction paid to an account, and the checkout that it names; none if it paid
// it nothing.
func (w *Watcher) paidBy(ctx context.Context, client horizon.Client, q RefundQuery, transaction string) (payments checkout.Payments, of *checkout.Facts, err error) {
	operations, err := client.PaymentsIn(ctx, transaction)
	if err != nil {
		return nil, nil, err
	}
	var names []found
	for _, o := range operations {
		received, err := o.Received(q.Account)
		if err != nil {
			return nil, nil, err
		}
		for _, r := range received {
			p, err := w.whole(ctx, client, r, q.Account)
			if err != nil {
				return nil, nil, err
			}
			payments, names = append(payments, p), append(names, w.nameOf(r))
		}
	}
	if len(payments) == 0 {
		return nil, nil, nil
	}
	ids, err := w.checkoutsOf(ctx, q.Account, names)
	if err != nil {
		return nil, nil, err
	}
	all, err := w.Store.Facts(ctx, ids...)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range all {
		if s != nil && s.Checkout.Account == q.Account && s.Checkout.Mode == q.Mode {
			of = s
			if of.Refunds, err = w.Store.RefundsOf(ctx, s.Checkout.ID); err != nil {
				return nil, nil, err
			}
		}
	}
	return payments, of, nil
}

// saveSent writes how far an account was read, up to a ledger of which everything is recorded. It
// lags, so that the next reading finds again what another data centre cannot see yet, and is
// written once in Overlap unless much is still to be read.
func (w *Watcher) saveSent(ctx context.Context, q RefundQuery, stored store.SentThrough, r sentPass, through int64, root horizon.Root) error {
	before := root.ClosedAt.Add(-Overlap)
	lagging := store.Checkpoint{Ledger: root.LedgerBefore(before), ClosedAt: before}
	t := store.SentThrough{From: r.after, Through: r.through}
	switch {
	case through < r.through.Ledger: // some of it could not be recorded
		t.Through = store.Checkpoint{Ledger: through, ClosedAt: r.through.ClosedAt}
	case r.whole:
		t.Through = lagging
	}
	if t.Through.Ledger > lagging.Ledger {
		t.Through = lagging
	}
	if r.after == stored.Through.Ledger {
		t.From = stored.From // it went on from there
	}
	if t.Through.Ledger <= r.after {
		return nil
	}
	if t.From == stored.From && r.whole && t.Through.ClosedAt.Sub(stored.Through.ClosedAt) < Overlap {
		return nil
	}
	return w.Store.PutSentThrough(ctx, q.Mode, q.Account, t, w.Now())
}
