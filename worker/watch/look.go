package watch

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// look is what readings of an account showed on behalf of people who look. It is shared by all who
// ask about the account's checkouts, and the next reading goes on from where it ended.
//
//codec:json
type look struct {
	At       time.Time // of the last reading
	Root     horizon.Root
	After    int64     // the ledger after which was read
	Floor    int64     // the ledger up to which the sweeps had read the account by the cursor of this look
	Through  int64     // the last ledger read to its end
	Payments []found   `json:",omitempty"`
	Whole    bool      // everything up to Root was read
	Proven   time.Time // the deadline up to which the account's checkouts may end, if they are not older than After
	Need     need      // of those whom it did not serve
}

// need is what a reading of an account must bring to serve a checkout. The zero need is nobody's.
type need struct {
	Created time.Time // the reading begins before that
	Whole   bool      // it goes on to the end, since the checkout's time is over
}

// and is what serves both.
func (n need) and(other need) need {
	if !other.Created.IsZero() && other.Created.Before(n.Created) {
		n.Created = other.Created
	}
	n.Whole = n.Whole || other.Whole
	return n
}

// lookLifetime is how long a look is kept to go on from. It is far less than Overlap: what a look
// missed, a sweep finds.
const lookLifetime = time.Minute

// cursorLifetime is how long looks of an isolate use a cursor that it has read. With the staleness
// of the store it is far less than Overlap.
const cursorLifetime = time.Minute

// A look reads at most lookPages, and the next one goes on from there: a flood of dust delays it by
// seconds, and costs no more. A checkout whose time is over must be read to its end at once; where
// that takes more, it ends by a sweep. A look carries along at most maxLooked payments, the largest
// ones.
const (
	lookPages = 5
	maxLooked = 1000
)

// covers reports whether the look says everything about a checkout that a reading of its own would
// have said, at the time and by the cursor of the look. The cursor that is there now can only have
// moved on, so that nobody has to read it to know.
func (l look) covers(n need) bool {
	return l.After <= max(l.Root.LedgerBefore(n.Created), l.Floor)
}

// Look brings an open checkout's facts up to date from Horizon, and says when it was read. The
// account is read at most once in LookWindow however many people ask. Whoever does not get the
// window leaves word of what he needs, and the next reading brings it, whoever has it made: nobody
// can keep others waiting by asking more often. While Horizon cannot be read it answers with what
// is known; the error says why and is only for the log.
func (w *Watcher) Look(ctx context.Context, s *checkout.Facts) (checkout.Outcome, error) {
	return w.look(ctx, s, false)
}

// look is Look. With atOnce, it does not wait for the end of the LookWindow.
func (w *Watcher) look(ctx context.Context, s *checkout.Facts, atOnce bool) (checkout.Outcome, error) {
	if s.Recorded != nil {
		return s.Outcome(w.Now()), nil
	}
	mode := s.Checkout.Mode
	key := "look/" + string(mode) + "/" + string(s.Checkout.Account)
	last, haveLast := decodeLook(w.Recent.Recall(ctx, key))
	waiting, now := last.Need, w.Now()
	if haveLast = haveLast && now.Sub(last.At) < lookLifetime; !haveLast {
		last = look{} // all that is good of it is what somebody needs
	}
	n := need{s.Checkout.CreatedAt, !now.Before(s.Deadline())}
	// What was read for a younger checkout tells nothing about this one, not even by what it found:
	// an earlier payment may be missing.
	ok := haveLast && last.covers(n)
	var failed error
	if served := ok && (last.Whole || !n.Whole); !served || now.Sub(last.At) >= LookWindow || atOnce {
		n = n.and(waiting)
		if w.Recent.Claim(key, LookWindow) || atOnce {
			next, err := w.lookAt(ctx, s.Checkout.Account, mode, n, last, haveLast)
			if failed = err; err == nil {
				last, ok = next, true
				w.Recent.Keep(ctx, key, last.encode(), lookLifetime)
			}
		} else if !served && n != waiting {
			left := last
			left.Need = n
			w.Recent.Keep(ctx, key, left.encode(), lookLifetime)
		}
	}
	// While somebody else is reading, or nobody can, what the last look found is still true, and
	// may be all there is: the store can have failed.
	if !ok {
		return s.Outcome(w.Now()), failed
	}
	s.ReadAt = last.At
	proven := last.Proven
	payments := byName(last.Payments).of(&s.Checkout)
	if len(payments) == 0 && proven.Before(s.Deadline()) {
		return s.Outcome(w.Now()), failed
	}
	out, err := w.settle(ctx, s, payments, proven)
	if s.Ended {
		w.Ended(ctx, []checkout.ID{s.Checkout.ID})
	}
	return out, errors.Join(failed, err)
}

// lookAt reads an account. For checkouts whose time is over it is read from their beginning, with a
// new root and to the empty page, so that they can end; for the others one request is enough, for
// what came since the last look.
func (w *Watcher) lookAt(ctx context.Context, account stellar.Address, mode stellar.Mode, n need, last look, haveLast bool) (look, error) {
	connect, cursorOf := w.pool(mode).Recent, w.recentCursor
	if n.Whole {
		connect, cursorOf = w.pool(mode).Connect, w.Store.Cursor
	}
	cursor, err := cursorOf(ctx, mode)
	if err != nil {
		return look{}, err
	}
	client, root, err := connect(ctx, horizon.ForVisitors)
	if err != nil {
		return look{}, err
	}
	l := look{At: w.Now(), Root: root}
	// For a checkout older than the ledger itself, a reading starts where the sweeps have come to.
	l.Floor = start(cursor, root, account, time.Time{})
	l.After = start(cursor, root, account, n.Created)
	from := l.After
	if !n.Whole && haveLast && last.Root.ElderLedger == root.ElderLedger && last.After <= l.After && last.Through >= from {
		l.After, from, l.Payments = last.After, last.Through, last.Payments
	}
	p := w.read(ctx, client, account, from, n.Whole, lookPages)
	if p.err != nil {
		return look{}, p.err
	}
	l.Through = p.read
	l.Payments = largest(append(l.Payments, p.payments...))
	if l.Whole = n.Whole && p.complete; l.Whole {
		l.Proven = w.proven(current(cursor, root), account, root.ClosedAt)
	}
	return l, nil
}

// cursors are those that looks have read.
type cursors struct {
	mu   sync.Mutex
	read map[stellar.Mode]readCursor
}

type readCursor struct {
	store.Cursor
	until time.Time
}

// recentCursor reads a cursor once in cursorLifetime. By an older cursor a reading begins earlier:
// it only reads more than it must.
func (w *Watcher) recentCursor(ctx context.Context, mode stellar.Mode) (store.Cursor, error) {
	now := w.Now()
	w.cursors.mu.Lock()
	known, ok := w.cursors.read[mode]
	w.cursors.mu.Unlock()
	if ok && now.Before(known.until) {
		return known.Cursor, nil
	}
	cursor, err := w.Store.Cursor(ctx, mode)
	if err != nil {
		return cursor, err
	}
	w.cursors.mu.Lock()
	defer w.cursors.mu.Unlock()
	if w.cursors.read == nil {
		w.cursors.read = map[stellar.Mode]readCursor{}
	}
	w.cursors.read[mode] = readCursor{cursor, now.Add(cursorLifetime)}
	return cursor, nil
}

// largest keeps the maxLooked largest payments. It compares amounts of different assets, which is
// no matter: only a flood of dust comes near the bound.
func largest(payments []found) []found {
	if len(payments) <= maxLooked {
		return payments
	}
	slices.SortStableFunc(payments, func(a, b found) int { return cmp.Compare(b.Amount, a.Amount) })
	return payments[:maxLooked]
}

// named are payments to an account by what they name.
type named struct {
	byMemo  map[checkout.ID][]checkout.Payment
	byMuxed map[checkout.MuxedID][]checkout.Payment
}

func byName(payments []found) named {
	n := named{map[checkout.ID][]checkout.Payment{}, map[checkout.MuxedID][]checkout.Payment{}}
	for _, f := range payments {
		for _, id := range f.IDs {
			n.byMemo[id] = append(n.byMemo[id], f.Payment)
		}
		if f.MuxedTo != "" {
			n.byMuxed[f.MuxedTo] = append(n.byMuxed[f.MuxedTo], f.Payment)
		}
	}
	return n
}

// of returns the payments for a checkout. It needs no record that leads from a muxed id to the
// checkout, which may not be visible here yet.
func (n named) of(c *checkout.Checkout) []checkout.Payment {
	memo, muxed := n.byMemo[c.ID], n.byMuxed[c.Muxed]
	return append(memo[:len(memo):len(memo)], muxed...)
}

// checkoutsOf returns the checkouts that payments to an account name, as far as it can be seen
// here.
func (w *Watcher) checkoutsOf(ctx context.Context, account stellar.Address, payments []found) ([]checkout.ID, error) {
	muxed, err := w.Store.Muxed(ctx, muxedIn(account, payments)...)
	if err != nil {
		return nil, err
	}
	ids := map[checkout.ID]bool{}
	for _, f := range payments {
		for _, id := range f.IDs {
			ids[id] = true
		}
	}
	for _, id := range muxed {
		ids[id] = true
	}
	return idsOf(ids), nil
}

// muxedIn returns the muxed addresses that payments to an account went to, each once.
func muxedIn(account stellar.Address, payments []found) []horizon.Muxed {
	var muxed []horizon.Muxed
	for _, f := range payments {
		if m := (horizon.Muxed{Account: account, ID: f.MuxedTo}); f.MuxedTo != "" && !slices.Contains(muxed, m) {
			muxed = append(muxed, m)
		}
	}
	return muxed
}

// idsOf returns the checkouts of a map in a fixed order, so that a simulation can be repeated.
func idsOf[V any](by map[checkout.ID]V) []checkout.ID {
	return slices.SortedFunc(maps.Keys(by), func(a, b checkout.ID) int { return cmp.Compare(a.String(), b.String()) })
}
