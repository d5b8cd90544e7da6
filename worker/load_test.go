//go:build !race

// The race detector would take minutes over this; other tests run the same code under it.

package worker

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"math"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edgecheckout/worker/event"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/kv/kvtest"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
	"edgecheckout/worker/watch/watchtest"
)

// The load: two events for each of the public network's payments, about 3,000 a minute, and every
// fifth endpoint broken from the first event on.
const (
	loadEvents    = 10_000
	loadPerLedger = 500
	loadEndpoints = 1_000
	loadHanging   = 100
	loadDown      = 100
)

// How far away everything is.
const (
	loadGet    = 15 * time.Millisecond
	loadList   = 100 * time.Millisecond
	loadPut    = 150 * time.Millisecond
	loadQueue  = 200 * time.Millisecond
	loadAnswer = 500 * time.Millisecond // the slowest of the healthy endpoints
)

// How Cloudflare runs consumers: invocations at the same time, messages of a batch, and connections
// of an invocation that wait for an answer. The isolates of a data centre share its view of the
// store.
const (
	loadInvocations = 250
	loadBatch       = 10
	loadConnections = 6
	loadIsolates    = 8
	loadCentres     = 2
)

// farStore is a store that takes its time.
type farStore struct{ kv.Store }

func (s farStore) Get(ctx context.Context, keys ...string) ([][]byte, error) {
	time.Sleep(loadGet)
	return s.Store.Get(ctx, keys...)
}

func (s farStore) Put(ctx context.Context, entries ...kv.Entry) error {
	time.Sleep(loadPut)
	return s.Store.Put(ctx, entries...)
}

func (s farStore) Delete(ctx context.Context, keys ...string) error {
	time.Sleep(loadPut)
	return s.Store.Delete(ctx, keys...)
}

func (s farStore) List(ctx context.Context, prefix, cursor string, limit int) (kv.Page, error) {
	time.Sleep(loadList)
	return s.Store.List(ctx, prefix, cursor, limit)
}

// load is a deployment under load.
type load struct {
	isolates []*Service
	slots    [2]chan struct{} // of invocations, for each of the queues

	all      sync.WaitGroup // of what is under way
	mu       sync.Mutex
	over     bool           // nothing more is begun
	messages [2][]Delivered // that are due
	written  map[string]time.Time
	took     map[string]time.Duration // by event of a healthy endpoint
	underway map[string]int           // requests by endpoint and isolate
	most     int
}

// Send implements Queue.
func (l *load) Send(_ context.Context, messages ...Queued) {
	for _, m := range messages {
		queue := 0
		if m.Retry {
			queue = 1
		}
		l.post(queue, Delivered{Body: m.Body}, loadQueue+m.Delay)
	}
}

func (l *load) post(queue int, m Delivered, delay time.Duration) {
	m.Attempts++
	time.AfterFunc(delay, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if !l.over {
			l.messages[queue] = append(l.messages[queue], m)
			l.all.Go(func() { l.consume(queue) })
		}
	})
}

// consume has an isolate deliver the next batch, once an invocation is free.
func (l *load) consume(queue int) {
	l.slots[queue] <- struct{}{}
	defer func() { <-l.slots[queue] }()
	l.mu.Lock()
	n := min(len(l.messages[queue]), loadBatch)
	batch := slices.Clone(l.messages[queue][:n])
	l.messages[queue] = l.messages[queue][n:]
	l.mu.Unlock()
	if n == 0 {
		return
	}
	verdicts := l.isolates[mathrand.IntN(len(l.isolates))].Deliver(context.Background(), batch)
	for i, v := range verdicts {
		if v.Retry {
			l.post(queue, batch[i], v.Delay)
		}
	}
}

// loadSender sends from one isolate.
type loadSender struct {
	load    *load
	isolate int
}

// Send implements Sender.
func (s loadSender) Send(_ context.Context, messages []Outgoing) []Reply {
	replies := make([]Reply, len(messages))
	connections := make(chan struct{}, loadConnections)
	var all sync.WaitGroup
	for i, m := range messages {
		all.Go(func() {
			connections <- struct{}{}
			defer func() { <-connections }()
			replies[i] = s.load.answer(fmt.Sprint(m.URL, s.isolate), m)
		})
	}
	all.Wait()
	return replies
}

// answer is what an endpoint answers, after its time.
func (l *load) answer(who string, m Outgoing) Reply {
	l.mu.Lock()
	l.underway[who]++
	l.most = max(l.most, l.underway[who])
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.underway[who]--
	}()
	switch {
	case strings.HasPrefix(m.URL, "https://hangs"):
		time.Sleep(SendTimeout)
		return Reply{Error: "no complete answer in time"}
	case strings.HasPrefix(m.URL, "https://down"):
		time.Sleep(loadGet)
		return Reply{Error: "connection refused"}
	}
	time.Sleep(time.Duration(mathrand.Int64N(int64(loadAnswer))))
	id, _ := m.Header.Get("webhook-id")
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, again := l.took[id]; !again {
		l.took[id] = time.Since(l.written[id])
	}
	return Reply{Status: 200}
}

// newLoad returns a deployment whose endpoints everybody has seen.
func newLoad(t *testing.T, queued bool) (*load, []store.Owner) {
	l := &load{written: map[string]time.Time{}, took: map[string]time.Duration{}, underway: map[string]int{}}
	for i := range l.slots {
		l.slots[i] = make(chan struct{}, loadInvocations)
	}
	memory := kvtest.NewMemory(time.Now)
	vault, err := event.NewVault(strings.Repeat("0a", 32))
	if err != nil {
		t.Fatal(err)
	}
	var centres []kv.Store
	for range loadCentres {
		centres = append(centres, farStore{memory.Edge()})
	}
	for i := range loadIsolates {
		p := Platform{
			Store: centres[i%loadCentres], Recent: watchtest.NewRecent(time.Now), Sender: loadSender{l, i},
			Now: time.Now, Entropy: rand.Reader, Log: io.Discard,
		}
		if queued {
			p.Queue = l
		}
		l.isolates = append(l.isolates, New(Config{Vault: vault, WebhookHour: time.Hour}, p))
	}
	var owners []store.Owner
	records := store.New(memory.Edge())
	for i := range loadEndpoints {
		host := "healthy"
		switch {
		case i < loadHanging:
			host = "hangs"
		case i < loadHanging+loadDown:
			host = "down"
		}
		owner := store.OwnerOf(fmt.Sprintf("mer_%d", i), stellar.Test)
		w := store.Webhook{
			ID: fmt.Sprintf("wh_%d", i), Merchant: owner.Merchant.ID, Mode: owner.Mode, URL: fmt.Sprintf("https://%s%d.example/", host, i),
			Events: []string{event.All}, CreatedAt: time.Now(),
		}
		view := records.View()
		view.Webhooks(owner).Create(w, store.WebhookSecret{Sealed: vault.Seal(w.ID, vault.Derive(w.ID))})
		if err := view.Commit(context.Background()); err != nil {
			t.Fatal(err)
		}
		owners = append(owners, owner)
	}
	return l, owners
}

// run writes the events, has the cron run for a time, and returns how long the events of healthy
// endpoints took, the shortest first.
func (l *load) run(t *testing.T, owners []store.Owner, events int, until time.Duration) []time.Duration {
	healthy := 0
	end := time.After(until)
	cron := time.NewTicker(time.Minute)
	defer cron.Stop()
	ledger := time.NewTicker(5 * time.Second)
	defer ledger.Stop()
	for written := 0; ; {
		select {
		case <-ledger.C:
			for range min(loadPerLedger, events-written) {
				owner := owners[written%len(owners)]
				e := event.New(event.CheckoutCompleted, time.Now(), fmt.Sprint(written))
				record := store.Event{ID: e.ID, Type: string(e.Type), Merchant: owner.Merchant.ID, Mode: owner.Mode, CreatedAt: e.CreatedAt, Data: `{"object":{}}`}
				if written%len(owners) >= loadHanging+loadDown {
					healthy++
				}
				written++
				l.mu.Lock()
				l.written[record.ID] = time.Now()
				l.mu.Unlock()
				l.all.Go(func() {
					if err := l.isolates[mathrand.IntN(len(l.isolates))].putEvents(context.Background(), record); err != nil {
						t.Error(err)
					}
				})
			}
		case <-cron.C:
			l.all.Go(func() {
				if err := l.isolates[mathrand.IntN(len(l.isolates))].deliver(context.Background()); err != nil {
					t.Error(err)
				}
			})
		case <-end:
			l.mu.Lock()
			l.over = true
			l.mu.Unlock()
			l.all.Wait()
			var took []time.Duration
			for _, d := range l.took {
				took = append(took, d)
			}
			if len(took) != healthy {
				t.Errorf("%d of %d events of healthy endpoints were delivered", len(took), healthy)
			}
			slices.SortFunc(took, cmp.Compare)
			return took
		}
	}
}

func percentile(sorted []time.Duration, p float64) time.Duration {
	return sorted[int(math.Ceil(p*float64(len(sorted))))-1]
}

func TestBrokenEndpointsDoNotDelayTheHealthyOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, owners := newLoad(t, true)
		took := l.run(t, owners, loadEvents, 5*time.Minute)
		p50, p95, longest := percentile(took, 0.5), percentile(took, 0.95), took[len(took)-1]
		t.Logf("p50 %v, p95 %v, longest %v; at most %d requests to one endpoint from one isolate", p50, p95, longest, l.most)
		if p95 >= 10*time.Second {
			t.Errorf("p95 is %v, want less than 10 s", p95)
		}
		if l.most > sentAtOnce {
			t.Errorf("%d requests to one endpoint at the same time from one isolate, want at most %d", l.most, sentAtOnce)
		}
	})
}
