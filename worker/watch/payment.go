package watch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

var (
	// ErrNoPayment reports that the ledger, as far as Horizon keeps it, shows no payment of that id
	// to one of our accounts.
	ErrNoPayment = errors.New("watch: no such payment")
	// ErrUnread reports a payment that is on the ledger, while what lies before it, and may have
	// completed its checkout, was not read yet.
	ErrUnread = errors.New("watch: the account is not read up to the payment yet")
)

// Payment reads a payment from the ledger by its id, with the checkout that it is for. The checkout
// is nil if its memo names none: then it is a payment to account, which may be empty. The error is
// ErrNoPayment, or Horizon's or the store's.
func (w *Watcher) Payment(ctx context.Context, id checkout.PaymentID, account stellar.Address) (checkout.Payment, *checkout.Facts, error) {
	mode := id.Mode
	if w.Now().Sub(id.ClosedAt) > checkout.MemoLifetime {
		return checkout.Payment{}, nil, ErrNoPayment // its checkout is forgotten
	}
	client, _, err := w.pool(mode).Connect(ctx, horizon.ForVisitors)
	if err != nil {
		return checkout.Payment{}, nil, err
	}
	operation, err := client.Operation(ctx, id.Operation)
	if horizon.IsNotFound(err) {
		return checkout.Payment{}, nil, ErrNoPayment
	}
	if err != nil {
		return checkout.Payment{}, nil, err
	}
	memo, err := operation.Memo()
	if err != nil {
		return checkout.Payment{}, nil, err
	}
	ids, unseen := w.Memos.Open(memo, w.Now()), false
	if muxed := w.muxedTo(operation); len(ids) == 0 && len(muxed) > 0 {
		named, err := w.Store.Muxed(ctx, muxed...)
		if err != nil {
			return checkout.Payment{}, nil, err
		}
		unseen = len(named) < len(muxed)
		ids = slices.Collect(maps.Values(named))
	}
	store.Also(ctx, store.ReturnedKey(mode, account, operation.Hash)) // a refund asks for it next
	all, err := w.Store.Facts(ctx, ids...)
	if err != nil {
		return checkout.Payment{}, nil, err
	}
	for _, s := range all {
		if s == nil {
			unseen = true
			continue
		}
		p, err := w.receivedBy(ctx, client, operation, id, s.Checkout.Account)
		f := w.nameOf(p)
		if s.Checkout.Mode == mode && !errors.Is(err, ErrNoPayment) && (err != nil || f.names(&s.Checkout)) {
			return p.Payment, s, err
		}
	}
	if account == "" || unseen && w.unrested(id.ClosedAt) {
		return checkout.Payment{}, nil, ErrNoPayment
	}
	p, err := w.receivedBy(ctx, client, operation, id, account)
	return p.Payment, nil, err
}

// receivedBy returns the payment of an id that an account received by its operation, or
// ErrNoPayment.
func (w *Watcher) receivedBy(ctx context.Context, client horizon.Client, operation horizon.Operation, id checkout.PaymentID, account stellar.Address) (horizon.Incoming, error) {
	received, err := operation.Received(account)
	if err != nil {
		return horizon.Incoming{}, err
	}
	for _, p := range received {
		if id.Names(p.Payment) {
			p.Payment, err = w.whole(ctx, client, p, account)
			return p, err
		}
	}
	return horizon.Incoming{}, ErrNoPayment
}

// muxedTo returns the muxed addresses that an operation paid to and that may be of checkouts.
func (w *Watcher) muxedTo(o horizon.Operation) []horizon.Muxed {
	var muxed []horizon.Muxed
	for _, m := range o.Muxed() {
		if w.Memos.MayBeMuxed(m.ID, w.Now()) && !slices.Contains(muxed, m) {
			muxed = append(muxed, m)
		}
	}
	return muxed
}

// whole fills in an amount that stands in the operation's effects.
func (w *Watcher) whole(ctx context.Context, client horizon.Client, p horizon.Incoming, account stellar.Address) (checkout.Payment, error) {
	var err error
	if p.AmountInEffects {
		p.Amount, err = client.MergedAmount(ctx, p.Operation, account)
	}
	return p.Payment, err
}

// Judge says what a payment, which the ledger shows, means for the checkout that its memo names. If
// the checkout's facts do not include it yet, the account is read. The error is ErrNoPayment for
// dust that the checkout does not remember, or ErrUnread.
func (w *Watcher) Judge(ctx context.Context, s *checkout.Facts, p checkout.Payment) (checkout.Judged, error) {
	out := s.Outcome(w.Now())
	if j, ok := judged(out, p); ok {
		return j, nil
	}
	out, err := w.Look(ctx, s)
	if j, ok := judged(out, p); ok {
		return j, nil
	}
	known := []checkout.Payment{p}
	for _, j := range out.Payments {
		known = append(known, j.Payment)
	}
	switch {
	case !slices.Contains(checkout.Relevant(known, s.Checkout.Asset), p):
		return checkout.Judged{}, ErrNoPayment
	case !out.Status.Terminal():
		return checkout.Judged{}, errors.Join(ErrUnread, err)
	}
	// What an outcome does not know came after its end, whatever else did.
	j, ok := judged(out.Extend([]checkout.Payment{p}, s.Checkout.Asset), p)
	if !ok {
		return checkout.Judged{}, fmt.Errorf("watch: operation %d is lost in its outcome", p.Operation)
	}
	return j, nil
}

func judged(out checkout.Outcome, p checkout.Payment) (checkout.Judged, bool) {
	for _, j := range out.Payments {
		if j.Operation == p.Operation && j.Index == p.Index {
			return j, true
		}
	}
	return checkout.Judged{}, false
}
