// Package sim checks the service's promises by simulation. It runs whole services on several edges
// of a stale store, over a ledger and a Horizon with faults, with customers and merchants that pay,
// ask and cancel at any time. Everything is drawn from a seed, so a failure can be repeated. The
// invariants are checked with every answer of the service, and once more at the end.
package sim

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"edgecheckout/worker"
	"edgecheckout/worker/kv/kvtest"
	"edgecheckout/worker/stellar"
)

// Stats counts what happened in a simulation.
type Stats struct{ Steps, Observations, Checkouts, Payments, Faults, Reads, Writes, Sweeps int }

func (s *Stats) add(o Stats) {
	s.Steps += o.Steps
	s.Observations += o.Observations
	s.Checkouts += o.Checkouts
	s.Payments += o.Payments
	s.Faults += o.Faults
	s.Reads += o.Reads
	s.Writes += o.Writes
	s.Sweeps += o.Sweeps
}

// Violation is a broken promise of the service.
type Violation struct {
	Seed   uint64
	Reason string
	Trace  []string
}

func (v *Violation) Error() string {
	return fmt.Sprintf("seed %d: %s\n%s", v.Seed, v.Reason, strings.Join(v.Trace, "\n"))
}

type world struct {
	seed    uint64
	rand    *rand.Rand
	now     time.Time
	start   time.Time
	ledger  *ledger
	nodes   []node
	fault   fault
	calm    bool // no faults happen, and I/O takes no time
	kind    bool // no faults happen in the whole run, and budgets are checked
	quiet   bool // strangers make no more payments
	ways    int  // how its edges read the ledger
	fits    int  // how many records a page can have until it is too large; 0: all
	demand  int  // how likely a checkout is made in a step, in percent
	asking  int  // how likely somebody asks for one in a step, in percent
	memory  *kvtest.Memory
	edges   []*edge
	shops   []*shop
	people  []*sale
	timers  []timer
	queued  bool // the deployment has a queue
	posted  []posted
	actors  []*actor
	current *actor
	parked  chan struct{}
	resetAt time.Time // when the network last lost its history
	// Keys that were written; true if none of the writes has reached the store.
	lost    map[string]bool
	stats   Stats
	creates int // requests that create a checkout
	// When the store took the end of a checkout. It may be told before that.
	recordedAt map[string]time.Time
	// When the store last took fewer payments of a checkout than it had: from a sweep that hung.
	forgotAt map[string]time.Time
	found    int            // how often an event was written, under the key by which it is due
	attempts map[string]int // to send an event, by its id
	refunds  bool           // whether merchants pay money back
	repaid   int            // how often they asked for that
	unheard  [][]byte       // events of checkouts whose merchant has no answer yet
	reason   string
	log      []string
}

// edge is a data centre: its view of the store, its cache, and the service that runs there.
type edge struct {
	world   *world
	name    string
	service *worker.Service
	recent  recent
	looked  map[stellar.Address]looked
}

// shop is a merchant.
type shop struct {
	account stellar.Address
	key     string
}

// sale is a checkout as its merchant and customer know it, and the last final answer about it.
type sale struct {
	id, memo  string
	muxed     string // the number in its muxed address
	account   stellar.Address
	amount    stellar.Amount
	asset     stellar.Asset
	shop      *shop
	createdAt time.Time
	expiresAt time.Time

	told   verdict
	toldAt time.Time
	facts  map[string]fact
	events map[string]string // what its merchant's endpoint was told: ids of events by what they tell
}

const adminToken = "simulated-operator"

// startTime is when every simulation begins.
var startTime = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func newWorld(seed uint64) *world {
	w := &world{
		lost: map[string]bool{}, attempts: map[string]int{}, recordedAt: map[string]time.Time{}, forgotAt: map[string]time.Time{},
		seed: seed, rand: rand.New(rand.NewPCG(seed, 0x5eed)), now: startTime, start: startTime, parked: make(chan struct{}),
		ledger: newLedger(1_000_000, startTime),
	}
	w.kind, w.ways, w.demand = w.chance(20), w.rand.IntN(6), 5
	w.queued = seed%3 == 0
	if w.chance(30) {
		w.demand = 1 // accounts have nothing open for a while
	}
	if w.asking = 12; w.chance(30) {
		w.asking = 1 // the sweep is alone
	}
	w.memory = kvtest.NewMemory(func() time.Time { return w.now })
	for _, name := range []string{"Amsterdam", "Bogota", "Chennai"}[:1+w.rand.IntN(3)] {
		w.edges = append(w.edges, w.newEdge(name))
	}
	w.nodes = []node{{0}}
	if !w.kind && w.chance(80) {
		w.nodes = append(w.nodes, node{int64(w.rand.IntN(maxLag + 1))})
	}
	if !w.kind && w.chance(25) {
		w.fits = 1 + w.rand.IntN(3)
	}
	w.calm = true
	w.spawn("operator", 0, func() {
		for _, account := range shopAccounts {
			w.shops = append(w.shops, w.openShop(account))
		}
	})
	w.runDue()
	w.calm = w.kind
	w.now = w.now.Add(2 * time.Minute) // the merchants have reached every edge
	w.ledger = newLedger(1_000_000, w.now)
	w.refunds, w.ledger.written = seed%3 == 1, w.holdRefund
	return w
}

func (w *world) newEdge(name string) *edge {
	e := &edge{world: w, name: name, looked: map[stellar.Address]looked{}}
	e.recent = recent{world: w, values: map[string]kept{}, claims: map[string]time.Time{}}
	settings := map[string]string{
		"BASE_URL": "https://pay.example", "ADMIN_TOKEN": adminToken, "MEMO_KEYS": strings.Repeat("0123456789fedcc3", 4), "TEST_PASSPHRASE": passphrase,
		"TEST_HORIZON_URLS": "https://horizon.example", "TEST_ASSETS": usdc.String(),
	}
	settings["SWEEP_ACCOUNTS"], settings["SWEEP_PAGES"], settings["SWEEP_STAY"] = w.way(), strconv.Itoa(1+w.rand.IntN(8)), []string{"0", "0", "30", "90"}[w.rand.IntN(4)]
	config, err := worker.ParseConfig(func(name string) string { return settings[name] })
	if err != nil {
		panic(err)
	}
	platform := worker.Platform{
		Store: store{w.memory.Edge(), w}, Horizon: e, Recent: e.recent, Cache: keepsNothing{}, Sender: receiver{w}, Entropy: entropy{w}, Log: io.Discard,
		Now: func() time.Time { return w.now }, Sleep: w.sleep,
	}
	if w.queued {
		platform.Queue = queue{w}
	}
	e.service = worker.New(config, platform)
	return e
}

// way is how many accounts an edge reads one by one. In some worlds the way in which the ledger is
// read changes often: as accounts come and go, or because the edges differ, as after a new
// deployment.
func (w *world) way() string {
	switch w.ways {
	case 0, 1:
		return "8"
	case 2, 3:
		return "0"
	case 4:
		return "2"
	}
	return strconv.Itoa(w.rand.IntN(4))
}

// keepsNothing is an edge without a cache.
type keepsNothing struct{}

func (keepsNothing) Purge(context.Context, ...string) {}

// entropy returns pseudo-random bytes drawn from the seed.
type entropy struct{ world *world }

func (e entropy) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e.world.rand.Uint32())
	}
	return len(p), nil
}

// chance returns true with a probability in percent.
func (w *world) chance(percent int) bool { return w.rand.IntN(100) < percent }

func (w *world) anyEdge() *edge { return w.edges[w.rand.IntN(len(w.edges))] }

func (w *world) trace(format string, args ...any) {
	w.log = append(w.log, fmt.Sprintf("%8s ledger %d  ", w.now.Sub(w.start), w.ledger.sequence)+fmt.Sprintf(format, args...))
}

// fail records the first violation.
func (w *world) fail(format string, args ...any) {
	if w.reason == "" {
		w.reason = fmt.Sprintf(format, args...)
		w.trace("VIOLATION: %s", w.reason)
	}
}

// recent is an edge's short-term cache.
type recent struct {
	world  *world
	values map[string]kept
	claims map[string]time.Time
}

type kept struct {
	value []byte
	until time.Time
}

func (r recent) Recall(_ context.Context, key string) []byte {
	if k, ok := r.values[key]; ok && r.world.now.Before(k.until) {
		return k.value
	}
	return nil
}

func (r recent) Keep(_ context.Context, key string, value []byte, ttl time.Duration) {
	if r.world.calm || !r.world.chance(10) { // a cache may lose entries at any time
		r.values[key] = kept{value, r.world.now.Add(ttl)}
	}
}

func (r recent) Claim(key string, window time.Duration) bool {
	if r.world.now.Before(r.claims[key]) {
		return false
	}
	r.claims[key] = r.world.now.Add(window)
	return true
}
