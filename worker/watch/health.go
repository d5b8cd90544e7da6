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
	// Accounts counts those with open checkouts, Open the checkouts, up to the first thousand.
	Accounts, Open int
	// Due is the deadline of the checkout that waits longest for its end; zero if none waits.
	Due time.Time
	// Lag is how long whoever waits longest has waited: for the end of a checkout that is over, or
	// for a payment to be seen, as far as is known. What sweeps cover is written every few minutes
	// only; as long as they may have done so since, nobody waits.
	Lag time.Duration
}

// Health looks at networks: one list and one read of the store for all, and a request to Horizon
// only where nothing is known that is young enough.
func (w *Watcher) Health(ctx context.Context, modes ...stellar.Mode) (map[stellar.Mode]Health, error) {
	open, _, err := w.Store.Open(ctx, "")
	if err != nil {
		return nil, err
	}
	cursors, err := w.Store.Cursors(ctx, modes...)
	if err != nil {
		return nil, err
	}
	all := map[stellar.Mode]Health{}
	for i, mode := range modes {
		all[mode] = w.health(ctx, mode, open, cursors[i])
	}
	return all, nil
}

// health looks at one network, by the open checkouts and the network's cursor.
func (w *Watcher) health(ctx context.Context, mode stellar.Mode, open []store.OpenEntry, cursor store.Cursor) Health {
	var h Health
	root, err := w.pool(mode).Known(ctx)
	h.Root, h.Trouble, h.ByFeed, h.Budget = root, trouble(err), cursor.Feed != nil, w.pool(mode).Budget()
	h.Swept = cursor.Covered.ClosedAt
	if swept, ok, err := store.Decode[store.Checkpoint](w.Recent.Recall(ctx, sweptKey(mode))); ok && err == nil && swept.ClosedAt.After(h.Swept) {
		h.Swept = swept.ClosedAt
	}

	now := w.Now()
	accounts := map[stellar.Address]bool{}
	oldest := now
	for _, entry := range open {
		if entry.Mode != mode {
			continue
		}
		h.Open++
		accounts[entry.Account] = true
		if entry.Created.Before(oldest) {
			oldest = entry.Created
		}
		if h.Due.IsZero() && entry.Due.Before(now) {
			h.Due = entry.Due
		}
	}
	h.Accounts = len(accounts)
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
	if oldest.After(covered) {
		covered = oldest
	}
	if silence := now.Sub(covered); h.Open > 0 && silence > unknown && silence > h.Lag {
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
