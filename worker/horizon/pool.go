package horizon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

var (
	// ErrNoHorizon reports that no Horizon of a network could be used.
	ErrNoHorizon = errors.New("horizon: no usable Horizon")
	// ErrNetwork reports a Horizon that serves another network than it should.
	ErrNetwork = errors.New("horizon: this Horizon serves another network")
	// ErrSpent reports a request that was not made, since Horizon would refuse it, or since what it
	// still answers is kept for the sweep.
	ErrSpent = errors.New("horizon: the requests that it grants are used up")
	// ErrBroken reports a request that was not made because the last ones failed.
	ErrBroken = errors.New("horizon: it failed several times in a row")
)

// Network is a Stellar network and where its Horizons are.
type Network struct {
	Passphrase string
	Horizons   []string // base URLs, tried in order
}

// Purpose is on whose behalf Horizon is asked. The outcome of a request concerns its purpose and
// those after it: what the sweep meets, visitors meet too.
type Purpose int

const (
	// ForSweep may use all that Horizon grants.
	ForSweep Purpose = iota
	// ForVisitors leaves sweepShare of it, and obeys the limits of the context's [Asker].
	ForVisitors

	purposes = 2
)

// Horizon answers 3,600 requests an hour from an address, and up to 100 at once, unless its
// operator says otherwise (Horizon's PER_HOUR_RATE_LIMIT;
// https://developers.stellar.org/docs/data/apis/horizon/api-reference/structure/rate-limiting).
const (
	grantEvery = time.Second
	sweepShare = 30
)

const (
	// maxAhead is how far a ledger's close time may lie ahead of our clock: the network accepts a
	// minute (stellar-core's MAX_TIME_SLIP_SECONDS).
	maxAhead = 60 * time.Second
	// rootLifetime is how old a root may be that only serves to find where to begin reading.
	rootLifetime = 60 * time.Second
	// failedLifetime is for how long another Horizon is preferred to one that failed.
	failedLifetime = 30 * time.Second
	// knownLifetime is how long what a request showed of a Horizon is told without another one.
	knownLifetime = 30 * time.Second
	// A Horizon that failed breakAfter times in a row, by timeouts, errors of the connection or
	// statuses from 500 on, is not asked for breakFor. Then one request tries whether it works
	// again.
	breakAfter = 3
	breakFor   = 10 * time.Second
)

// Recent is a memory of seconds that the visitors of one data centre share. It may forget at any
// time.
type Recent interface {
	Recall(ctx context.Context, key string) []byte
	Keep(ctx context.Context, key string, value []byte, ttl time.Duration)
}

// Pool reads a network from the first of its Horizons that can be used. It is the one place that
// counts what is asked of them, and obeys what they say of their limits. It is safe for concurrent
// use.
type Pool struct {
	network   Network
	transport Transport
	recent    Recent
	now       func() time.Time

	mu     sync.Mutex
	meters map[string]*meter // by base URL
	waits  waits
}

// NewPool makes a pool that has asked nothing yet.
func NewPool(network Network, transport Transport, recent Recent, now func() time.Time) *Pool {
	p := &Pool{network: network, transport: transport, recent: recent, now: now, meters: map[string]*meter{}}
	for _, base := range network.Horizons {
		p.meters[base] = &meter{}
	}
	return p
}

// meter is what this isolate knows of a Horizon.
type meter struct {
	limited   bool // it says how many requests it still answers
	granted   int  // as many, when it last said so
	grantedAt time.Time
	gates     [purposes]gate
	failedAt  time.Time
	err       error // of the last request; nil if it was answered
	knownAt   time.Time
	minute    time.Time // that requests are counted in
	requests  int
	before    int // in the minute before
}

// gate is whether a Horizon is asked for a purpose. What visitors provoke closes only their gate,
// so that they cannot stop the sweep; what the sweep meets closes both.
type gate struct {
	closedTo time.Time // it asked to be left alone until then, or failed too often
	failures int       // in a row
}

// broken reports whether it failed too often. Then one request at a time tries it.
func (g *gate) broken() bool { return g.failures >= breakAfter }

// reason is why the gate is closed at a time; nil if it is open.
func (g *gate) reason(now time.Time) error {
	switch {
	case !now.Before(g.closedTo):
		return nil
	case g.broken():
		return ErrBroken
	}
	return ErrSpent
}

// left is how many requests the Horizon still answers, as far as is known.
func (m *meter) left(now time.Time) int { return m.granted + int(now.Sub(m.grantedAt)/grantEvery) }

// count notes requests that are being made.
func (m *meter) count(now time.Time, n int) {
	m.turn(now)
	m.requests += n
	m.granted -= n
}

func (m *meter) turn(now time.Time) {
	switch minute := now.Truncate(time.Minute); {
	case minute.Equal(m.minute):
	case minute.Equal(m.minute.Add(time.Minute)):
		m.minute, m.before, m.requests = minute, m.requests, 0
	default:
		m.minute, m.before, m.requests = minute, 0, 0
	}
}

// metered is the way to one Horizon on somebody's behalf.
type metered struct {
	pool    *Pool
	base    string
	purpose Purpose
}

// take returns how many of n requests may be made, and counts them; the error says why not all.
func (t metered) take(a Asker, n int, timeout time.Duration) (int, error) {
	p := t.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	m, now := p.meters[t.base], p.now()
	gate := &m.gates[t.purpose]
	if err := gate.reason(now); err != nil {
		return 0, err
	}
	err := ErrSpent
	if gate.broken() {
		n, err = 1, ErrBroken
		gate.closedTo = now.Add(RequestTimeout)
	}
	if m.limited {
		left := m.left(now)
		if t.purpose != ForSweep {
			left -= sweepShare
		}
		n = min(n, max(left, 0))
	}
	if t.purpose == ForVisitors {
		if free := p.waits.free(a.Account, now); free < n {
			n, err = free, ErrBusy
		}
		p.waits.add(a.Account, n, now.Add(timeout+waitMargin))
		if a.Allowance != nil {
			a.Allowance.charge(now, n)
		}
	}
	m.count(now, n)
	return n, err
}

// give ends n requests that take has allowed.
func (t metered) give(a Asker, n int) {
	if t.purpose != ForVisitors {
		return
	}
	t.pool.mu.Lock()
	defer t.pool.mu.Unlock()
	t.pool.waits.remove(a.Account, n)
}

// Get implements Transport.
func (t metered) Get(ctx context.Context, url string, timeout time.Duration) (Response, error) {
	result := t.limited(ctx, []string{url}, timeout, func(_ []string, timeout time.Duration) []Result {
		response, err := t.pool.transport.Get(ctx, url, timeout)
		return []Result{{response, err}}
	})[0]
	return result.Response, result.Err
}

// GetAll implements Transport.
func (t metered) GetAll(ctx context.Context, urls []string, timeout time.Duration) []Result {
	return t.limited(ctx, urls, timeout, func(urls []string, timeout time.Duration) []Result {
		return t.pool.transport.GetAll(ctx, urls, timeout)
	})
}

// limited makes as many of the requests as are allowed, and notes what their answers say of the
// Horizon. The others fail.
func (t metered) limited(ctx context.Context, urls []string, timeout time.Duration, get func([]string, time.Duration) []Result) []Result {
	var a Asker
	if t.purpose == ForVisitors {
		a = askerOf(ctx)
	}
	var results []Result
	timeout, ok := a.patience(t.pool.now(), timeout)
	reason := fmt.Errorf("%w: the asker waits no longer", ErrTimeout)
	if ok {
		var allowed int
		if allowed, reason = t.take(a, len(urls), timeout); allowed > 0 {
			results = get(urls[:allowed], timeout)
		}
		t.give(a, allowed)
		for _, result := range results {
			t.pool.note(ctx, t.base, t.purpose, result.Response, result.Err)
		}
	}
	for range len(urls) - len(results) {
		results = append(results, Result{Err: reason})
	}
	return results
}

// Rest implements Transport.
func (t metered) Rest(ctx context.Context) { t.pool.transport.Rest(ctx) }

// note remembers what an answer says of its Horizon.
func (p *Pool) note(ctx context.Context, base string, purpose Purpose, response Response, err error) {
	if err == nil && response.Status >= 429 {
		err = statusError(response)
	}
	for by, pause := range p.learn(base, purpose, response, err) {
		if pause > 0 {
			p.recent.Keep(ctx, closedKey(base, Purpose(by)), []byte("1"), pause)
		}
	}
}

// learn returns for how long the Horizon is not to be asked for each purpose. After a 429 that is
// ten seconds if it did not say for how long.
func (p *Pool) learn(base string, purpose Purpose, response Response, err error) (pauses [purposes]time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, now := p.meters[base], p.now()
	m.err, m.knownAt = err, now
	if left, err := strconv.Atoi(response.Remaining); err == nil {
		m.limited, m.granted, m.grantedAt = true, left, now
	}
	if err == nil {
		m.failedAt = time.Time{}
		for i := range m.gates {
			if g := &m.gates[i]; g.broken() {
				*g = gate{}
			} else {
				g.failures = 0
			}
		}
		return pauses
	}
	m.failedAt = now
	pause := breakFor
	var status *StatusError
	limited := errors.As(err, &status) && status.Status == 429
	if limited {
		pause = min(max(status.RetryAfter, time.Second), time.Minute)
		if status.RetryAfter == 0 {
			pause = 10 * time.Second
		}
	}
	for by := purpose; by < purposes; by++ {
		g := &m.gates[by]
		if !limited {
			if g.failures++; !g.broken() {
				continue
			}
		}
		g.closedTo = now.Add(pause)
		pauses[by] = pause
	}
	return pauses
}

func closedKey(base string, purpose Purpose) string {
	return "closed/" + [purposes]string{"sweep", "visitors"}[purpose] + "/" + base
}

// closed returns an error if a Horizon is not to be asked for a purpose: it refused or failed
// others in this data centre.
func (p *Pool) closed(ctx context.Context, base string, purpose Purpose) error {
	p.mu.Lock()
	err := p.meters[base].gates[purpose].reason(p.now())
	p.mu.Unlock()
	if err != nil {
		return err
	}
	if p.recent.Recall(ctx, closedKey(base, purpose)) != nil {
		return ErrSpent
	}
	return nil
}

// order returns the Horizons as they are tried: those that failed a moment ago come last.
func (p *Pool) order() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	rank := func(base string) int {
		if m := p.meters[base]; !m.failedAt.IsZero() && now.Sub(m.failedAt) < failedLifetime {
			return 1
		}
		return 0
	}
	bases := slices.Clone(p.network.Horizons)
	slices.SortStableFunc(bases, func(a, b string) int { return rank(a) - rank(b) })
	return bases
}

func (p *Pool) client(base string, purpose Purpose) Client {
	return Client{Base: base, Transport: metered{p, base, purpose}}
}

// Connect returns the first Horizon that answers for the right network, with its root. The root is
// read before any page, so pages read afterwards cover at least what it says. The error is
// ErrNoHorizon, joined with what was wrong with each.
func (p *Pool) Connect(ctx context.Context, purpose Purpose) (Client, Root, error) {
	failed := []error{ErrNoHorizon}
	for _, base := range p.order() {
		if err := p.closed(ctx, base, purpose); err != nil {
			failed = append(failed, fmt.Errorf("%s is left alone for a while: %w", hostOf(base), err))
			continue
		}
		client := p.client(base, purpose)
		root, err := p.root(ctx, client, purpose)
		if err == nil {
			p.remember(ctx, base, root)
			return client, root, nil
		}
		failed = append(failed, fmt.Errorf("%s: %w", hostOf(base), err))
	}
	return Client{}, Root{}, errors.Join(failed...)
}

// hostOf names a Horizon in logs. The rest of its URL may have the key of a provider.
func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return "a Horizon"
	}
	return u.Host
}

// root reads and checks a Horizon's root.
func (p *Pool) root(ctx context.Context, client Client, purpose Purpose) (Root, error) {
	root, err := client.Root(ctx)
	switch {
	case err != nil:
	case root.Passphrase != p.network.Passphrase:
		err = ErrNetwork
	case root.ClosedAt.Sub(p.now()) > maxAhead:
		err = fmt.Errorf("%w: its newest ledger closes in the future", ErrAnswer)
	}
	if errors.Is(err, ErrNetwork) || errors.Is(err, ErrAnswer) {
		p.learn(client.Base, purpose, Response{}, err)
	}
	return root, err
}

// rememberedRoot is the root that was read last in a data centre.
type rememberedRoot struct {
	Base string
	Root Root
	At   time.Time
}

func (p *Pool) rootKey() string { return "root/" + strings.Join(p.network.Horizons, " ") }

func (p *Pool) remember(ctx context.Context, base string, root Root) {
	if value, err := json.Marshal(rememberedRoot{base, root, p.now()}); err == nil {
		p.recent.Keep(ctx, p.rootKey(), value, rootLifetime)
	}
}

func (p *Pool) remembered(ctx context.Context) (r rememberedRoot, ok bool) {
	value := p.recent.Recall(ctx, p.rootKey())
	ok = value != nil && json.Unmarshal(value, &r) == nil && p.meters[r.Base] != nil
	return r, ok
}

// Recent returns what Connect returned in this data centre within the last minute, and connects
// only if there is nothing, or if that Horizon failed since.
func (p *Pool) Recent(ctx context.Context, purpose Purpose) (Client, Root, error) {
	if r, ok := p.remembered(ctx); ok && p.order()[0] == r.Base && p.closed(ctx, r.Base, purpose) == nil {
		return p.client(r.Base, purpose), r.Root, nil
	}
	return p.Connect(ctx, purpose)
}

// Known returns the newest root that was read in this data centre, or why the last request of this
// isolate failed; it makes a request only if neither is younger than half a minute.
func (p *Pool) Known(ctx context.Context) (Root, error) {
	now := p.now()
	best := p.order()[0]
	p.mu.Lock()
	m := *p.meters[best]
	p.mu.Unlock()
	if m.err != nil && now.Sub(m.knownAt) < knownLifetime {
		return Root{}, m.err
	}
	if r, ok := p.remembered(ctx); ok && r.Base == best && now.Sub(r.At) < knownLifetime {
		return r.Root, nil
	}
	_, root, err := p.Connect(ctx, ForVisitors)
	return root, err
}

// Budget is what is known of the limits of the Horizon that is used.
type Budget struct {
	Requests int // that this isolate made in the last full minute, or in this one if they are more
	// Left is how many Horizon would still answer now; nil if it did not say.
	Left *int
}

// Budget tells what this isolate knows; it makes no request.
func (p *Pool) Budget() Budget {
	base := p.order()[0]
	p.mu.Lock()
	defer p.mu.Unlock()
	m, now := p.meters[base], p.now()
	m.turn(now)
	b := Budget{Requests: max(m.requests, m.before)}
	if m.limited {
		left := max(m.left(now), 0)
		b.Left = &left
	}
	return b
}
