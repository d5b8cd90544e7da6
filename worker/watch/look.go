package watch

import (
	"context"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/record"
)

// look is what one reading of an account showed, shared for LookWindow by all who ask about its sessions.
type look struct {
	After    int64 // the ledger after which was read
	All      bool  // After is where a sweep would have begun, for any session of the account
	Coverage time.Time
	Root     horizon.Root
	Payments []found
}

// Look brings an open session's standing up to date from Horizon, reading the account at most once in LookWindow however many
// people ask. While Horizon cannot be read it answers with what is known; the error says why and is only for the log.
func (w *Watcher) Look(ctx context.Context, s *Standing) (checkout.Outcome, error) {
	if s.Recorded != nil {
		return s.Outcome(w.Now()), nil
	}
	mode := record.ModeOf(s.Session.Livemode)
	key := "look/" + string(mode) + "/" + string(s.Session.Account)
	seen, ok := decodeLook(w.Recent.Recall(ctx, key))
	if !ok {
		if !w.Recent.Claim(key, LookWindow) {
			return s.Outcome(w.Now()), nil
		}
		var err error
		if seen, err = w.lookAt(ctx, mode, s); err != nil {
			return s.Outcome(w.Now()), err
		}
		w.Recent.Keep(ctx, key, record.Encode(seen), LookWindow)
	}
	coverage := seen.Coverage
	if !seen.All && seen.After > seen.Root.LedgerBefore(s.Session.CreatedAt) {
		coverage = time.Time{} // it began too late to say what did not happen
	}
	payments := paymentsOf(seen.Payments)[s.Session.ID]
	if len(payments) == 0 && (coverage.IsZero() || coverage.Before(s.deadline())) {
		return s.Outcome(w.Now()), nil
	}
	return w.settle(ctx, s, payments, coverage)
}

// lookAt reads the account of a session. A session whose time is over is read with a new root and to the empty page, so that it can end; for
// the others one request is enough.
func (w *Watcher) lookAt(ctx context.Context, mode record.Mode, s *Standing) (look, error) {
	due := !w.Now().Before(s.deadline())
	client, root, err := w.recentRoot(ctx, mode, due)
	if err != nil {
		return look{}, err
	}
	values, err := w.Store.Get(ctx, record.CursorKey(mode))
	if err != nil {
		return look{}, err
	}
	cursor, _, err := record.Decode[record.Cursor](values[0])
	if err != nil {
		return look{}, err
	}
	l := look{Root: root, After: start(cursor, root, s.Session.Account, s.Session.CreatedAt)}
	l.All = l.After <= cursor.From.Ledger
	p := w.read(ctx, client, s.Session.Account, l.After, due)
	if p.err != nil {
		return look{}, p.err
	}
	l.Payments = p.payments
	if due && p.complete {
		l.Coverage = root.ClosedAt
	}
	return l, nil
}

func (w *Watcher) recentRoot(ctx context.Context, mode record.Mode, fresh bool) (horizon.Client, horizon.Root, error) {
	if !fresh {
		remembered, ok, err := record.Decode[rememberedRoot](w.Recent.Recall(ctx, rootKey(mode)))
		if ok && err == nil && w.Recent.Recall(ctx, backoffKey(remembered.Base)) == nil {
			return horizon.Client{Base: remembered.Base, Transport: w.Transport}, remembered.Root, nil
		}
	}
	return w.connect(ctx, mode)
}

// paymentsOf sorts payments by the session that their memo names.
func paymentsOf(payments []found) map[checkout.ID][]checkout.Payment {
	by := map[checkout.ID][]checkout.Payment{}
	for _, f := range payments {
		for _, id := range f.IDs {
			by[id] = append(by[id], f.Payment)
		}
	}
	return by
}

// Reachable reads the mode's Horizon root, at most once in LookWindow, for those who ask how the service is.
func (w *Watcher) Reachable(ctx context.Context, mode record.Mode) (horizon.Root, error) {
	key := "health/" + string(mode)
	if root, ok, err := record.Decode[horizon.Root](w.Recent.Recall(ctx, key)); ok && err == nil {
		return root, nil
	}
	_, root, err := w.connect(ctx, mode)
	if err == nil {
		w.Recent.Keep(ctx, key, record.Encode(root), LookWindow)
	}
	return root, err
}
