package horizon_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker/horizon"
)

// town has two Horizons that answer with a root, as far as they are well, and a data centre's
// memory.
type town struct {
	now    time.Time
	down   map[string]bool
	left   map[string]string // what X-Ratelimit-Remaining says
	limits map[string]bool   // answers 429
	asked  []string
	mu     sync.Mutex // guards kept
	kept   map[string][]byte
}

const (
	first  = "https://first.example"
	second = "https://second.example"
)

func newTown() *town {
	return &town{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), down: map[string]bool{}, left: map[string]string{},
		limits: map[string]bool{}, kept: map[string][]byte{}}
}

func (w *town) Get(_ context.Context, url string, _ time.Duration) (horizon.Response, error) {
	base, _, _ := strings.Cut(strings.TrimPrefix(url, "https://"), "/")
	base = "https://" + base
	w.asked = append(w.asked, base)
	if w.down[base] {
		return horizon.Response{}, errors.New("connection refused")
	}
	if w.limits[base] {
		return horizon.Response{Status: 429, RetryAfter: "20", Remaining: "0"}, nil
	}
	body := `{"network_passphrase":"p","history_latest_ledger":7,"history_latest_ledger_closed_at":"` + w.now.Format(time.RFC3339) + `"}`
	return horizon.Response{Status: 200, Remaining: w.left[base], Body: []byte(body)}, nil
}

func (w *town) GetAll(ctx context.Context, urls []string, timeout time.Duration) []horizon.Result {
	return horizon.InTurn(urls, func(url string) (horizon.Response, error) { return w.Get(ctx, url, timeout) })
}

func (*town) Rest(context.Context) {}

func (w *town) Recall(_ context.Context, key string) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.kept[key]
}

func (w *town) Keep(_ context.Context, key string, value []byte, _ time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kept[key] = value
}

// pool is a new isolate's.
func (w *town) pool() *horizon.Pool {
	return horizon.NewPool(horizon.Network{Passphrase: "p", Horizons: []string{first, second}}, w, w, func() time.Time { return w.now })
}

// used returns which Horizons were asked since the last call.
func (w *town) used() string {
	names := strings.NewReplacer("https://", "", ".example", "").Replace(strings.Join(w.asked, " "))
	w.asked = nil
	return names
}

func TestPoolFailsOverAndBack(t *testing.T) {
	w := newTown()
	p := w.pool()
	connect := func() string {
		_, _, _ = p.Connect(t.Context(), horizon.ForSweep)
		return w.used()
	}
	var got []string
	got = append(got, connect())
	w.down[first] = true
	got = append(got, connect(), connect()) // the second time nobody waits for it in vain
	w.down[first] = false
	w.now = w.now.Add(30 * time.Second)
	got = append(got, connect())
	if diff := cmp.Diff([]string{"first", "first second", "second", "first"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestPoolLeavesAHorizonAloneThatSaysSo(t *testing.T) {
	w := newTown()
	w.limits[first], w.down[second] = true, true
	p := w.pool()
	if _, _, err := p.Connect(t.Context(), horizon.ForSweep); !errors.Is(err, horizon.ErrNoHorizon) {
		t.Fatal(err)
	}
	w.used()
	for _, isolate := range []*horizon.Pool{p, w.pool()} {
		_, _, err := isolate.Connect(t.Context(), horizon.ForSweep)
		if used := w.used(); !errors.Is(err, horizon.ErrNoHorizon) || used != "second" {
			t.Errorf("asked %s: %v", used, err)
		}
	}
	w.limits[first] = false
	w.now = w.now.Add(21 * time.Second)
	w.kept = map[string][]byte{}
	if _, _, err := p.Connect(t.Context(), horizon.ForSweep); err != nil {
		t.Error(err)
	}
}

func TestPoolKeepsWhatIsLeftForTheSweep(t *testing.T) {
	w := newTown()
	w.left[first], w.down[second] = "40", true
	p := w.pool()
	count := func(purpose horizon.Purpose, answers string) int {
		w.left[first] = answers
		for n := range 200 {
			client, _, err := p.Connect(t.Context(), purpose)
			if err != nil {
				return n
			}
			left, _ := strconv.Atoi(w.left[first])
			w.left[first] = strconv.Itoa(left - 1)
			if client.Base != first {
				t.Fatal(client.Base)
			}
		}
		t.Fatal("there is no limit")
		return 0
	}
	if n := count(horizon.ForVisitors, "39"); n != 10 {
		t.Errorf("visitors made %d requests of 40, and should leave 30", n)
	}
	w.left[first] = "29"
	if n := count(horizon.ForSweep, "29"); n != 30 {
		t.Errorf("the sweep made %d requests of 30", n)
	}
	if b := p.Budget(); b.Left == nil || *b.Left != 0 || b.Requests < 40 {
		t.Errorf("%+v", b)
	}
	w.now = w.now.Add(5 * time.Second)
	if n := count(horizon.ForSweep, "4"); n != 5 {
		t.Errorf("five seconds later the sweep made %d requests, want 5", n)
	}
}

func TestPoolKnowsForHalfAMinuteHowAHorizonIs(t *testing.T) {
	w := newTown()
	p := w.pool()
	_, _, _ = p.Connect(t.Context(), horizon.ForSweep)
	w.used()
	w.now = w.now.Add(29 * time.Second)
	if root, err := p.Known(t.Context()); err != nil || root.LatestLedger != 7 || w.used() != "" {
		t.Errorf("%+v %v", root, err)
	}
	w.now = w.now.Add(time.Second)
	if _, err := p.Known(t.Context()); err != nil || w.used() != "first" {
		t.Errorf("after half a minute nobody asked: %v", err)
	}
	w.down[first], w.down[second] = true, true
	_, _, _ = p.Connect(t.Context(), horizon.ForSweep)
	w.used()
	if _, err := p.Known(t.Context()); err == nil || w.used() != "" {
		t.Errorf("the failure is not known: %v", err)
	}
}
