package watch

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"sort"
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
	Since    time.Time // checkouts made since then were made after it
	Floor    int64     // the ledger up to which the sweeps had read the account by the cursor of this look
	Through  int64     // the last ledger read to its end
	Cursor   int64     // the last operation that was read
	Whole    bool      // everything up to Root was read
	Long     bool      // a look cannot read everything up to its end
	Proven   time.Time // the deadline up to which the account's checkouts may end, if they are not older than After
	Need     need      // of those whom it did not serve
	payments lookedAt
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

// maxLooked is how many payments a look carries along. Having so many, it reads on when the sweeps
// have come further; until then they alone settle what comes, and always a checkout to which more
// than maxLookedOwn of them were made.
const (
	maxLooked    = 1000
	maxLookedOwn = 100
)

// covers reports whether the look says everything about a checkout that a reading of its own would
// have said, at the time and by the cursor of the look. The cursor that is there now can only have
// moved on, so that nobody has to read it to know.
func (l look) covers(n need) bool {
	return !n.Created.Before(l.Since) || l.After <= max(l.Root.LedgerBefore(n.Created), l.Floor)
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
	if served := ok && (last.Whole || last.Long || !n.Whole); !served || now.Sub(last.At) >= LookWindow || atOnce {
		n = n.and(waiting)
		if w.Recent.Claim(key, LookWindow) || atOnce {
			next, err := w.lookAt(ctx, s.Checkout.Account, mode, n, last, haveLast)
			if failed = err; err == nil {
				last, ok = next, true
				w.Recent.Keep(ctx, key, last.encode(), lookLifetime)
				w.looked.note(key, last.At)
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
		s.ReadAt = w.looked.last(key, w.Now())
		return s.Outcome(w.Now()), failed
	}
	s.ReadAt = last.At
	proven := last.Proven
	payments, ok := last.payments.of(&s.Checkout, last.After, last.Through)
	if !ok {
		return s.Outcome(w.Now()), failed
	}
	if len(payments) == 0 && proven.Before(s.Deadline()) {
		return s.Outcome(w.Now()), failed
	}
	out, err := w.settle(ctx, s, payments, proven)
	if s.Ended {
		w.Ended(ctx, []checkout.ID{s.Checkout.ID})
	}
	return out, errors.Join(failed, err)
}

// lookAt reads an account, a part of a page: a flood of dust costs no more. For checkouts whose time
// is over it is read from their beginning, with a new root and to the empty page, so that they can
// end; where there is more than a look may read, they end by a sweep. For the others it reads on
// from where the last look came to.
func (w *Watcher) lookAt(ctx context.Context, account stellar.Address, mode stellar.Mode, n need, last look, haveLast bool) (look, error) {
	connect, cursorOf := w.pool(mode).Recent, w.recentCursor
	n.Whole = n.Whole && !last.Long
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
	// For a checkout older than the ledger itself, a reading starts where the sweeps have come to.
	floor, after := start(cursor, root, account, time.Time{}), start(cursor, root, account, n.Created)
	l := look{At: w.Now(), Root: root, After: after, Since: n.Created, Floor: floor, Through: after, Cursor: horizon.CursorAfter(after), Long: last.Long}
	further := l // from where the last look came to
	// Pages may be newer than the root, which was read within the last minute. Where they are newer
	// than that, the history was reset.
	reset := last.Root.ElderLedger != root.ElderLedger || last.Through > root.LatestLedger+int64(time.Minute/ledgerTime)
	goesOn := haveLast && !reset && last.covers(n)
	if goesOn {
		further.After, further.Since = max(last.After, floor), last.Since
		further.Through, further.Cursor = max(last.Through, further.After), max(last.Cursor, horizon.CursorAfter(further.After))
		further.payments = last.payments.after(further.After)
	}
	if !n.Whole {
		l = further
	}
	if l.payments.count() >= maxLooked {
		return l, nil
	}
	p := begin(account, 0, n.Whole, maxPages)
	p.cursor = l.Cursor
	for !p.done {
		page, err := client.FewPayments(ctx, account, p.cursor)
		if w.take(ctx, client, p, page, err); page.More {
			break
		}
	}
	if p.err != nil {
		return look{}, p.err
	}
	if n.Whole && !p.complete {
		l.Long, further.Long = true, true
		if goesOn {
			return further, nil
		}
	}
	l.Cursor, l.payments = p.cursor, l.payments.with(p.payments)
	switch {
	case !p.complete:
		l.Through = max(l.Through, p.read)
	case p.records > 0 || w.rested(l.payments.after(l.Through).all()):
		l.Through = max(l.Through, p.cursor>>32) // a ledger is shown as a whole or not at all
	}
	if l.Whole = n.Whole && p.complete; l.Whole {
		l.Proven = w.proven(current(cursor, root), account, root.ClosedAt)
	}
	return l, nil
}

// rested reports whether payments are so old that no Horizon lags so far behind that it would not
// show the rest of their ledgers.
func (w *Watcher) rested(payments []found) bool {
	return !slices.ContainsFunc(payments, func(f found) bool { return w.Now().Sub(f.ClosedAt) < w.Margin })
}

// lookTimes say when this isolate has read accounts. They outlive a look where nothing can be kept,
// as on workers.dev.
type lookTimes struct {
	mu sync.Mutex
	at map[string]time.Time
}

// maxLookTimes is how many accounts an isolate remembers.
const maxLookTimes = 4096

func (l *lookTimes) note(key string, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at == nil || len(l.at) >= maxLookTimes {
		l.at = map[string]time.Time{}
	}
	l.at[key] = at
}

// last returns when an account was read within lookLifetime; zero if it was not.
func (l *lookTimes) last(key string, now time.Time) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := l.at[key]; now.Sub(at) < lookLifetime {
		return at
	}
	return time.Time{}
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
	return sortedIDs(slices.Collect(maps.Keys(by)))
}

// sortedIDs sorts ids.
func sortedIDs(ids []checkout.ID) []checkout.ID {
	sort.Slice(ids, func(i, j int) bool { return bytes.Compare(ids[i][:], ids[j][:]) < 0 })
	return ids
}
