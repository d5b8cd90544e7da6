// Command scale plays minutes of a deployment with up to 10,000 merchant accounts and 100,000 open
// checkouts. The sweeps are the real ones, over a network with 3,000 payments of strangers a
// minute, a Horizon that limits its requests and a store that lags; some of them are killed. It
// prints what a minute costs and how long payments wait, and fails if a promise is broken.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/stellar/go/strkey"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/kv/kvtest"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
	"edgecheckout/worker/watch"
)

const base = "https://horizon.example"

// stranger is an account that nobody has the key of.
const stranger stellar.Address = "GAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAWHF"

// plan is what Cloudflare allows.
type plan struct {
	name    string
	limits  watch.Limits
	maxWait time.Duration
}

// On the Free plan a payment that a run has just missed waits for the one after the next, if the
// next is killed.
var plans = []plan{
	{"Free", watch.Limits{Accounts: 8, Pages: 28}, 150 * time.Second},
	{"Paid", watch.Limits{Accounts: 2, Pages: 28, Stay: 55 * time.Second}, 120 * time.Second},
}

// size is how much is open, and how many checkouts are paid, and fall due, in a minute.
type size struct{ accounts, open, paid int }

var sizes = []size{{1, 60, 1}, {30, 100, 5}, {300, 3000, 30}, {10_000, 100_000, 100}}

const (
	warmUp  = 10 // minutes that are not counted: the feed begins ten minutes ago, and is read 28 pages a minute
	minutes = 12 // that are counted
	mortal  = 5  // one in so many sweeps is killed on the way
	apart   = 3  // but only if as many before it were not
	maxRate = 30 // requests to Horizon in a minute

	// promptly is how long a payment waits at the 95th percentile while a sweep stays that is not
	// killed.
	promptly = 7 * time.Second
)

// world is a deployment of some size on a plan.
type world struct {
	plan
	size
	now      time.Time
	rand     *rand.Rand
	network  *network
	memory   *kvtest.Memory
	edge     kv.Store
	memos    checkout.MemoKeys
	watcher  *watch.Watcher
	open     []checkout.Checkout // that nobody has paid, in the order in which they fall due
	paid     map[checkout.ID]time.Time
	waits    []time.Duration
	calm     []time.Duration // the waits in minutes whose sweep was not killed
	deaths   []time.Time     // of sweeps
	ended    map[checkout.ID]bool
	requests int // to Horizon, in the minute
	refused  int
	calls    int // to KV and Horizon, of the sweep
	dies     int // the call at which the sweep is killed; 0 for never
}

type killed struct{}

// spend lets time pass, and may end the sweep.
func (w *world) spend(d time.Duration) {
	w.advance(w.now.Add(d))
	w.calls++
	if w.calls == w.dies {
		panic(killed{})
	}
}

func (w *world) advance(to time.Time) {
	if to.After(w.now) {
		w.now = to
	}
	w.network.advance(w.now)
}

// Get, Put, Delete and List are the store of the edge where the cron runs.
func (w *world) Get(ctx context.Context, keys ...string) ([][]byte, error) {
	w.spend(15 * time.Millisecond)
	return w.edge.Get(ctx, keys...)
}

func (w *world) Put(ctx context.Context, entries ...kv.Entry) error {
	w.spend(100 * time.Millisecond)
	err := w.edge.Put(ctx, entries...)
	for _, e := range entries {
		if name, ok := strings.CutPrefix(e.Key, "outcome/"); ok {
			w.settled(name, string(e.Value))
		}
	}
	return err
}

func (w *world) Delete(ctx context.Context, keys ...string) error {
	w.spend(100 * time.Millisecond)
	return w.edge.Delete(ctx, keys...)
}

func (w *world) List(ctx context.Context, prefix, cursor string, limit int) (kv.Page, error) {
	w.spend(100 * time.Millisecond)
	return w.edge.List(ctx, prefix, cursor, limit)
}

// settled notes how long a payment waited, from its ledger to its outcome.
func (w *world) settled(name, outcome string) {
	id, err := checkout.ParseCheckoutID(name)
	if err != nil || w.ended[id] {
		return // the same outcome is written again after a sweep was killed
	}
	w.ended[id] = true
	if at, paid := w.paid[id]; paid && strings.Contains(outcome, `"completed"`) {
		w.waits = append(w.waits, w.now.Sub(at))
		if !w.missed(at) {
			w.calm = append(w.calm, w.now.Sub(at))
		}
	}
}

// missed reports whether a ledger closed when no sweep read on, since it had been killed, or when
// the next one had to read twice as much.
func (w *world) missed(at time.Time) bool {
	return slices.ContainsFunc(w.deaths, func(death time.Time) bool {
		next := death.Truncate(time.Minute).Add(time.Minute)
		return at.After(death.Add(-2*ledgerTime)) && at.Before(next.Add(time.Minute+ledgerTime))
	})
}

// Recall, Keep and Claim are a memory that keeps nothing, as on workers.dev.
func (*world) Recall(context.Context, string) []byte               { return nil }
func (*world) Keep(context.Context, string, []byte, time.Duration) {}
func (*world) Claim(string, time.Duration) bool                    { return true }

func newWorld(p plan, s size) (*world, error) {
	w := &world{plan: p, size: s, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), rand: rand.New(rand.NewPCG(uint64(s.accounts), 1)),
		paid: map[checkout.ID]time.Time{}, ended: map[checkout.ID]bool{}}
	w.network = newNetwork(w)
	w.memory = kvtest.NewMemory(func() time.Time { return w.now })
	w.edge = w.memory.Edge()
	var err error
	if w.memos, err = checkout.ParseMemoKeys("00112233445566778899aabbccddeeffffeeddccbbaa99887766554433221100"); err != nil {
		return nil, err
	}
	pool := horizon.NewPool(horizon.Network{Passphrase: passphrase, Horizons: []string{base}}, w.network, w, func() time.Time { return w.now })
	w.watcher = &watch.Watcher{
		Store: store.New(w), Recent: w, Horizons: map[stellar.Mode]*horizon.Pool{stellar.Test: pool}, Memos: w.memos, Limits: p.limits,
		Now: func() time.Time { return w.now }, Sleep: func(_ context.Context, d time.Duration) { w.advance(w.now.Add(d)) }, Margin: 30 * time.Second,
		Tell: func(context.Context, *checkout.Facts, checkout.Outcome, checkout.Outcome) error { return nil }, Told: func(context.Context) {},
		Ended: func(context.Context, []checkout.ID) {}, Log: func(context.Context, string, map[string]any) {},
	}
	accounts := make([]stellar.Address, s.accounts)
	for i := range accounts {
		if accounts[i], err = address(i); err != nil {
			return nil, err
		}
	}
	var entries []kv.Entry
	for i := range s.open {
		var id checkout.ID
		var u ulid.ULID
		if err := u.SetTime(ulid.Timestamp(w.now)); err != nil {
			return nil, err
		}
		u[15], u[14], u[13] = byte(i), byte(i>>8), byte(i>>16)
		id = checkout.ID(u)
		due := 1000 * time.Minute
		if i < s.open/2 { // they fall due in the minutes that are counted, as many as are paid
			due = time.Duration(i/s.paid+warmUp+1) * time.Minute
		}
		c := checkout.Checkout{Mode: stellar.Test, ID: id, Amount: 50 * stellar.StroopsPerUnit, Asset: stellar.XLM, Account: accounts[i%s.accounts],
			Memo: w.memos.Seal(id), CreatedAt: w.now, ExpiresAt: w.now.Add(due)}
		w.open = append(w.open, c)
		entries = append(entries, kv.Entry{Key: store.CheckoutKey(id).String(), Value: store.Encode(&c)},
			kv.Entry{Key: store.OpenKey(&c, c.ExpiresAt).String()})
	}
	w.advance(w.now.Add(2 * time.Minute)) // everywhere knows them
	return w, w.edge.Put(context.Background(), entries...)
}

// figures are what a minute costs.
type figures struct {
	requests, most        int
	kv                    kvtest.Counts
	calls                 int
	cpu, cpuMost          time.Duration
	kills, lost           int
	p50, p95, max         time.Duration
	calm95                time.Duration
	unended, wronglyEnded int
}

func (w *world) run() (f figures) {
	var counted kvtest.Counts
	lastDied := 0
	began := w.now.Truncate(time.Minute).Add(time.Minute)
	for minute := range warmUp + minutes {
		w.advance(began.Add(time.Duration(minute) * time.Minute))
		if minute == warmUp {
			counted = w.memory.Counts()
		}
		w.requests, w.calls, w.dies = 0, 0, 0
		if minute-lastDied > apart && w.rand.IntN(mortal) == 0 {
			w.dies = 1 + w.rand.IntN(60)
		}
		if minute >= warmUp && minute < warmUp+minutes-2 { // the last ones have time to be found
			for range min(w.size.paid, len(w.open)-w.size.open/2) {
				w.payOne()
			}
		}
		cpu := time.Now()
		if w.sweep() {
			lastDied = minute
			w.deaths = append(w.deaths, w.now)
			if minute >= warmUp {
				f.kills++
			}
		}
		spent := time.Since(cpu)
		if minute >= warmUp {
			f.requests, f.most, f.calls = f.requests+w.requests, max(f.most, w.requests), max(f.calls, w.calls)
			f.cpu, f.cpuMost = f.cpu+spent, max(f.cpuMost, spent)
		}
	}
	after := w.memory.Counts()
	f.kv = kvtest.Counts{Reads: after.Reads - counted.Reads, Writes: after.Writes - counted.Writes, Deletes: after.Deletes - counted.Deletes, Lists: after.Lists - counted.Lists}
	w.judge(&f)
	return f
}

// payOne pays a checkout of those that fall due late, at some time of the minute that has begun.
func (w *world) payOne() {
	c := w.open[len(w.open)-1]
	w.open = w.open[:len(w.open)-1]
	w.network.payAt(w.now.Add(time.Duration(w.rand.IntN(60))*time.Second), c)
}

func (w *world) sweep() (died bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, died = r.(killed); !died {
				panic(r)
			}
		}
	}()
	_, _ = w.watcher.Sweep(context.Background(), stellar.Modes...)
	return false
}

// judge holds the promises.
func (w *world) judge(f *figures) {
	for id, at := range w.paid {
		value := string(w.memory.Peek("outcome/" + id.String()))
		switch {
		case strings.Contains(value, `"completed"`):
		case value != "":
			f.wronglyEnded++
		case w.now.Sub(at) > w.maxWait:
			f.lost++
		}
	}
	for _, c := range w.open {
		switch value := w.memory.Peek("outcome/" + c.ID.String()); {
		case value == nil && w.now.Sub(c.ExpiresAt) > 5*time.Minute:
			f.unended++
		case value != nil && (!strings.Contains(string(value), `"expired"`) || w.now.Before(c.ExpiresAt)):
			f.wronglyEnded++
		}
	}
	slices.Sort(w.waits)
	if n := len(w.waits); n > 0 {
		f.p50, f.p95, f.max = w.waits[n/2], w.waits[n*95/100], w.waits[n-1]
	}
	slices.Sort(w.calm)
	if n := len(w.calm); n > 0 {
		f.calm95 = w.calm[n*95/100]
	}
}

// dollars is what a month costs on the Paid plan beyond its base
// (https://developers.cloudflare.com/kv/platform/pricing/).
func (f figures) dollars() float64 {
	const perMonth = 30 * 24 * 60
	return perMonth * (0.5*float64(f.kv.Reads) + 5*float64(f.kv.Writes+f.kv.Deletes+f.kv.Lists) + 20*f.cpu.Seconds()) / minutes / 1e6
}

// broken says which promises were not kept.
func (f figures) broken(p plan) error {
	var wrong []error
	if f.most > maxRate {
		wrong = append(wrong, fmt.Errorf("%d requests to Horizon in a minute", f.most))
	}
	if f.max > p.maxWait {
		wrong = append(wrong, fmt.Errorf("a payment waited for %v", f.max))
	}
	if p.limits.Stay > 0 && f.calm95 > promptly {
		wrong = append(wrong, fmt.Errorf("one payment in twenty waited for %v or longer, though no sweep was killed", f.calm95))
	}
	if f.lost+f.unended+f.wronglyEnded > 0 {
		wrong = append(wrong, fmt.Errorf("%d payments were lost, %d checkouts did not end, %d ended wrongly", f.lost, f.unended, f.wronglyEnded))
	}
	return errors.Join(wrong...)
}

func run(out io.Writer, sizes []size) error {
	fmt.Fprintln(out, "| plan | accounts | open | paid and due a minute | Horizon a minute (most) | KV reads, writes, deletes, lists a minute | calls a run | processor time a minute (most) | p50, p95, longest wait | p95 without kills | killed | $ a month |")
	fmt.Fprintln(out, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
	var failed []error
	for _, p := range plans {
		for _, s := range sizes {
			w, err := newWorld(p, s)
			if err != nil {
				return err
			}
			f := w.run()
			fmt.Fprintf(out, "| %s | %d | %d | %d | %d (%d) | %d, %d, %d, %d | %d | %d ms (%d ms) | %.0f, %.0f, %.0f s | %.0f s | %d | %.2f |\n", p.name, s.accounts, s.open, s.paid,
				f.requests/minutes, f.most, f.kv.Reads/minutes, f.kv.Writes/minutes, f.kv.Deletes/minutes, f.kv.Lists/minutes, f.calls,
				f.cpu.Milliseconds()/minutes, f.cpuMost.Milliseconds(), f.p50.Seconds(), f.p95.Seconds(), f.max.Seconds(), f.calm95.Seconds(), f.kills, f.dollars())
			if err := f.broken(p); err != nil {
				failed = append(failed, fmt.Errorf("%s, %d accounts: %w", p.name, s.accounts, err))
			}
		}
	}
	return errors.Join(failed...)
}

func main() {
	if err := run(os.Stdout, sizes); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// address is that of the account with a number.
func address(n int) (stellar.Address, error) {
	var key [32]byte
	key[0], key[1], key[2] = byte(n), byte(n>>8), 1
	text, err := strkey.Encode(strkey.VersionByteAccountID, key[:])
	return stellar.Address(text), err
}
