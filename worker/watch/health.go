package watch

import (
	"context"
	"errors"
	"time"

	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// rememberSweep is how long a data centre remembers that a sweep ran there.
const rememberSweep = 10 * time.Minute

func sweptKey(mode stellar.Mode) string { return "swept/" + string(mode) }

// Health says whether a network's watcher can be trusted.
type Health struct {
	// Root is Horizon's newest ledger; Trouble says in a word why it could not be read.
	Root    horizon.Root
	Trouble string
	// Swept is the close time of the newest ledger that a sweep is known to have covered; it may
	// have covered more.
	Swept time.Time
	// ByFeed says that the network's feed is read, not each account.
	ByFeed bool
	// Budget is what is known of Horizon's limits.
	Budget horizon.Budget
	// Count is nil if nothing was counted.
	Count *Count
	// Due is the deadline of the checkout that waits longest for its end; zero if none waits, or
	// none was written down.
	Due time.Time
	// Lag is how long whoever waits longest has waited: for the end of a checkout that is over, or
	// for a payment to be seen, as far as is known. What sweeps cover is written every few minutes
	// only; as long as they may have done so since, nobody waits.
	Lag time.Duration
}

// Count counts open checkouts and the accounts that have some, up to the first thousand checkouts.
type Count struct{ Accounts, Checkouts int }

// MaxLag is how long settlement may be behind. A checkout that was not paid ends two to three
// minutes after its deadline.
const MaxLag = 5 * time.Minute

// tellBacklog writes down what a sweep found to be open in a mode, if that says more than was
// written before. Some time after nothing is open any more, it settles once more what the feed has
// shown.
func (w *Watcher) tellBacklog(ctx context.Context, mode stellar.Mode, was store.Backlog, open listing) error {
	var is store.Backlog
	if len(open.entries) > 0 {
		if is.Since = was.Since; is.Since.IsZero() {
			is.Since = open.at.UTC()
		}
		if due := open.entries[0].Due; open.at.Sub(due) > MaxLag {
			is.Due = due
		}
	} else if is.Rests = was.Rests; !was.Since.IsZero() {
		is.Rests = open.at.UTC().Add(restsAfter)
	} else if !is.Rests.IsZero() && !open.at.Before(is.Rests) {
		rested, err := w.settleRested(ctx, mode)
		if err != nil {
			return err
		}
		if is.Rests = (time.Time{}); !rested {
			is.Rests = open.at.UTC().Add(restsAfter)
		}
	}
	if is.Since.Equal(was.Since) && is.Due.Equal(was.Due) && is.Rests.Equal(was.Rests) {
		return nil
	}
	return w.Store.PutBacklog(ctx, mode, is)
}

// Health tells what the sweeps have written down about networks: one read of the store for all, and
// a request to Horizon only where nothing is known that is young enough.
func (w *Watcher) Health(ctx context.Context, modes ...stellar.Mode) (map[stellar.Mode]Health, error) {
	backlogs, cursors, err := w.Store.Backlogs(ctx, modes, modes)
	if err != nil {
		return nil, err
	}
	all := map[stellar.Mode]Health{}
	for _, mode := range modes {
		all[mode] = w.health(ctx, mode, backlogs[mode], cursors[mode])
	}
	return all, nil
}

// HealthNow is Health by what is open now: it also notices a cron that does not run, and counts. It
// costs a list, and one more for each mode if there are more than a thousand.
func (w *Watcher) HealthNow(ctx context.Context, modes ...stellar.Mode) (map[stellar.Mode]Health, error) {
	open, err := w.listAll(ctx, modes)
	if err != nil {
		return nil, err
	}
	_, cursors, err := w.Store.Backlogs(ctx, nil, modes)
	if err != nil {
		return nil, err
	}
	now := w.Now()
	all := map[stellar.Mode]Health{}
	for _, mode := range modes {
		var is store.Backlog
		accounts := map[stellar.Address]bool{}
		checkouts := 0
		for _, entry := range open[mode].entries {
			checkouts++
			accounts[entry.Account] = true
			if is.Since.IsZero() || entry.Created.Before(is.Since) {
				is.Since = entry.Created
			}
			if is.Due.IsZero() && entry.Due.Before(now) {
				is.Due = entry.Due
			}
		}
		h := w.health(ctx, mode, is, cursors[mode])
		h.Count = &Count{Accounts: len(accounts), Checkouts: checkouts}
		all[mode] = h
	}
	return all, nil
}

// health looks at one network, by what is open and by the network's cursor.
func (w *Watcher) health(ctx context.Context, mode stellar.Mode, open store.Backlog, cursor store.Cursor) Health {
	root, err := w.pool(mode).Known(ctx)
	h := Health{Root: root, Trouble: trouble(err), ByFeed: cursor.Feed != nil, Budget: w.pool(mode).Budget(), Swept: cursor.Covered.ClosedAt, Due: open.Due}
	if swept, ok, err := store.Decode[store.Checkpoint](w.Recent.Recall(ctx, sweptKey(mode))); ok && err == nil && swept.ClosedAt.After(h.Swept) {
		h.Swept = swept.ClosedAt
	}
	now := w.Now()
	if !h.Due.IsZero() {
		h.Lag = now.Sub(h.Due)
	}
	// The cursor is a minute old at most when it is seen, and the cron has a minute.
	unknown := 2 * time.Minute
	if h.ByFeed {
		unknown += coveredEvery
	} else {
		unknown += Overlap
	}
	covered := h.Swept
	if open.Since.After(covered) {
		covered = open.Since
	}
	if silence := now.Sub(covered); !open.Since.IsZero() && silence > unknown && silence > h.Lag {
		h.Lag = silence
	}
	return h
}

// trouble is a word for what is wrong with Horizon that tells nothing of the inside.
func trouble(err error) string {
	var status *horizon.StatusError
	switch {
	case err == nil:
		return ""
	case errors.Is(err, horizon.ErrNetwork):
		return "wrong_network"
	case errors.Is(err, horizon.ErrAnswer):
		return "nonsensical_answer"
	case errors.Is(err, horizon.ErrTimeout):
		return "timeout"
	case errors.As(err, &status) && status.Status == 429, errors.Is(err, horizon.ErrSpent):
		return "rate_limited"
	case errors.As(err, &status) && status.Problem != "":
		return status.Problem
	}
	return "unreachable"
}
