package watch

import (
	"context"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
)

// hintsAtOnce is how many hints for the checkouts of an account may make it be read in LookWindow.
const hintsAtOnce = 3

// LookFor is [Watcher.Look] for somebody who says that a transaction, given by its hash, pays the
// checkout. If the ledger shows that it does, the account is read at once, and not only when the
// LookWindow of the last reading is over.
//
// The hint itself proves nothing and settles nothing: what lies before the transaction must be
// read, too, and the look does. It is not believed either: anybody can send one, so the ledger is
// asked for the transaction first. That happens once in LookWindow for a checkout and hintsAtOnce
// for an account; other hints are looks like any other.
func (w *Watcher) LookFor(ctx context.Context, s *checkout.Facts, hash string) (checkout.Outcome, error) {
	if s.Recorded != nil {
		return s.Outcome(w.Now()), nil
	}
	mode, account := s.Checkout.Mode, s.Checkout.Account
	if !w.claim(1, "hint/"+s.Checkout.ID.String()) || !w.claim(hintsAtOnce, "hint/"+string(mode)+"/"+string(account)) {
		return w.Look(ctx, s)
	}
	client, _, err := w.pool(mode).Recent(ctx, horizon.ForVisitors)
	if err != nil {
		return w.Look(ctx, s)
	}
	received, err := client.ReceivedBy(ctx, hash, account)
	var all []found
	for _, p := range received {
		all = append(all, w.nameOf(p))
	}
	if err != nil || len(byName(all).of(&s.Checkout)) == 0 {
		return w.Look(ctx, s)
	}
	return w.look(ctx, s, true)
}
