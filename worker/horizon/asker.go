package horizon

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"edgecheckout/worker/stellar"
)

// ErrBusy reports a request that was not made because too many others wait for Horizon.
var ErrBusy = errors.New("horizon: too many requests wait for it")

// Limits on visitors' requests that wait for Horizon at the same time, in an isolate and for a
// network: in all, and for one account. Horizon answers within 0.3 s, so they are far above what
// ordinary traffic needs.
const (
	maxWaiting        = 24
	maxWaitingAccount = 4
)

// waitMargin is how much longer than its timeout a request is counted at most. The runtime may end
// a request while it waits, which then does not say that it is over.
const waitMargin = time.Second

// waits are visitors' requests that are under way.
type waits []wait

type wait struct {
	account stellar.Address
	until   time.Time
}

// free returns how many more requests may be made for an account; an empty one has no limit of its
// own.
func (w *waits) free(account stellar.Address, now time.Time) int {
	*w = slices.DeleteFunc(*w, func(x wait) bool { return !now.Before(x.until) })
	free := maxWaiting - len(*w)
	if account == "" {
		return free
	}
	same := 0
	for _, x := range *w {
		if x.account == account {
			same++
		}
	}
	return max(min(free, maxWaitingAccount-same), 0)
}

func (w *waits) add(account stellar.Address, n int, until time.Time) {
	for range n {
		*w = append(*w, wait{account, until})
	}
}

func (w *waits) remove(account stellar.Address, n int) {
	for range n {
		if i := slices.IndexFunc(*w, func(x wait) bool { return x.account == account }); i >= 0 {
			*w = slices.Delete(*w, i, i+1)
		}
	}
}

// Asker is on whose behalf a visitor's request reads Horizon. The zero value has no limits of its
// own.
type Asker struct {
	// Account is the account whose checkouts are asked about.
	Account stellar.Address
	// Until is when nobody waits for the answer any more; zero: never.
	Until time.Time
	// Allowance is charged for each request; nil: none.
	Allowance *Allowance
}

type askerKey struct{}

// WithAsker returns a context for reads on behalf of an asker.
func WithAsker(ctx context.Context, a Asker) context.Context {
	return context.WithValue(ctx, askerKey{}, a)
}

func askerOf(ctx context.Context) Asker {
	a, _ := ctx.Value(askerKey{}).(Asker)
	return a
}

// patience returns how long to wait for an answer, at most timeout; false if not at all.
func (a Asker) patience(now time.Time, timeout time.Duration) (time.Duration, bool) {
	if !a.Until.IsZero() {
		timeout = min(timeout, a.Until.Sub(now))
	}
	return timeout, timeout > 0
}

// An Allowance grants allowanceBurst requests at once and one more in each allowanceEvery, which is
// a fifth of what Horizon grants an address.
const (
	allowanceBurst = 60
	allowanceEvery = 5 * time.Second
)

// Allowance is how many requests somebody may still make. A request that was admitted is completed
// and charged, so the balance may become negative. It is safe for concurrent use. The zero value is
// full.
type Allowance struct {
	mu    sync.Mutex
	spent int // of allowanceBurst, at the time since
	since time.Time
}

// Admit reports whether the balance is positive.
func (a *Allowance) Admit(now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refill(now)
	return a.spent < allowanceBurst
}

func (a *Allowance) charge(now time.Time, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refill(now)
	a.spent += n
}

func (a *Allowance) refill(now time.Time) {
	granted := int(now.Sub(a.since) / allowanceEvery)
	if a.spent <= granted {
		a.spent, a.since = 0, now
		return
	}
	a.spent -= granted
	a.since = a.since.Add(time.Duration(granted) * allowanceEvery)
}
