package horizon_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
)

// visit reads an account's payments for visitors, and returns the error.
func visit(ctx context.Context, p *horizon.Pool) error {
	_, _, err := p.Connect(ctx, horizon.ForVisitors)
	return err
}

func sweep(ctx context.Context, p *horizon.Pool) error {
	_, _, err := p.Connect(ctx, horizon.ForSweep)
	return err
}

func TestWhatVisitorsProvokeDoesNotStopTheSweep(t *testing.T) {
	for about, provoke := range map[string]func(*town){
		"a 429":                     func(w *town) { w.limits[first] = true },
		"one failure after another": func(w *town) { w.down[first] = true },
	} {
		w := newTown()
		w.down[second] = true
		p, ctx := w.pool(), t.Context()
		provoke(w)
		for range 5 {
			_ = visit(ctx, p)
		}
		w.limits, w.down[first] = map[string]bool{}, false
		w.now = w.now.Add(time.Second)
		w.used()
		for _, isolate := range []*horizon.Pool{p, w.pool()} {
			if err := visit(ctx, isolate); err == nil || strings.Contains(w.used(), "first") {
				t.Errorf("after %s, visitors ask at once: %v", about, err)
			}
			if err := sweep(ctx, isolate); err != nil {
				t.Errorf("after %s for visitors, the sweep does not read: %v", about, err)
			}
			w.used()
		}
	}
}

func TestAFailingHorizonIsLeftAloneAndTriedByOneRequestAtATime(t *testing.T) {
	w := newTown()
	w.down[first], w.down[second] = true, true
	p, ctx := w.pool(), t.Context()
	for range 10 {
		_ = visit(ctx, p)
	}
	if used := w.used(); used != "first second first second first second" {
		t.Errorf("asked %s, want three times each", used)
	}
	if err := visit(ctx, p); !errors.Is(err, horizon.ErrBroken) {
		t.Error(err)
	}
	w.now = w.now.Add(10 * time.Second)
	w.kept = map[string][]byte{} // their time is over, too
	if err := visit(ctx, p); err == nil || w.used() != "first second" {
		t.Errorf("after ten seconds it is not tried again: %v", err)
	}
	if err := visit(ctx, p); !errors.Is(err, horizon.ErrBroken) || w.used() != "" {
		t.Errorf("after a vain try: %v", err)
	}
	w.now = w.now.Add(10 * time.Second)
	w.kept = map[string][]byte{}
	w.down[first] = false
	for range 5 {
		if err := visit(ctx, p); err != nil {
			t.Errorf("it works again: %v", err)
		}
	}
}

// hanging is a Horizon that answers nothing until it is released.
type hanging struct {
	*town
	asked    chan time.Duration
	released chan struct{}
}

func (h hanging) Get(_ context.Context, _ string, timeout time.Duration) (horizon.Response, error) {
	h.asked <- timeout
	<-h.released
	return horizon.Response{}, horizon.ErrTimeout
}

func TestWaitingForHorizonIsBoundedForEachAccountAndInAll(t *testing.T) {
	h := hanging{newTown(), make(chan time.Duration, 1000), make(chan struct{})}
	p := horizon.NewPool(horizon.Network{Passphrase: "p", Horizons: []string{first}}, h, h.town, func() time.Time { return h.now })
	refused := make(chan error, 1000)
	const each = 10
	ask := func(account string) {
		for range each {
			go func() {
				refused <- visit(horizon.WithAsker(t.Context(), horizon.Asker{Account: stellar.Address(account)}), p)
			}()
		}
	}
	await := func(about string, waiting, busy int) {
		t.Helper()
		for range waiting {
			<-h.asked
		}
		for range busy {
			if err := <-refused; !errors.Is(err, horizon.ErrBusy) {
				t.Errorf("%s: %v", about, err)
			}
		}
	}
	ask("G0")
	await("one account", 4, each-4)
	for i := range 5 {
		ask(fmt.Sprint("G", i+1))
		await("another account", 4, each-4)
	}
	ask("G6")
	await("in all", 0, each)
	// Requests that the runtime has ended are not counted for ever.
	h.now = h.now.Add(7 * time.Second)
	ask("G0")
	await("after those have timed out", 4, each-4)
	close(h.released)
	for range 28 {
		if err := <-refused; !errors.Is(err, horizon.ErrTimeout) {
			t.Error(err)
		}
	}
}

func TestNobodyWaitsForHorizonLongerThanHeWants(t *testing.T) {
	h := hanging{newTown(), make(chan time.Duration, 10), make(chan struct{})}
	close(h.released)
	p := horizon.NewPool(horizon.Network{Passphrase: "p", Horizons: []string{first}}, h, h.town, func() time.Time { return h.now })
	ctx := horizon.WithAsker(t.Context(), horizon.Asker{Until: h.now.Add(2 * time.Second)})
	if err := visit(ctx, p); !errors.Is(err, horizon.ErrTimeout) || <-h.asked != 2*time.Second {
		t.Error(err)
	}
	h.now = h.now.Add(2 * time.Second)
	if err := visit(ctx, p); !errors.Is(err, horizon.ErrTimeout) || len(h.asked) != 0 {
		t.Errorf("asked although nobody waits: %v", err)
	}
}

func TestAllowancesAreChargedAndFillUpAgain(t *testing.T) {
	w := newTown()
	p := w.pool()
	var a horizon.Allowance
	ctx := horizon.WithAsker(t.Context(), horizon.Asker{Allowance: &a})
	admitted := func() (n int) {
		for ; a.Admit(w.now) && n < 1000; n++ {
			_ = visit(ctx, p)
		}
		return n
	}
	if n := admitted(); n != 60 {
		t.Errorf("at first %d requests, want 60", n)
	}
	w.now = w.now.Add(14 * time.Second)
	if n := admitted(); n != 2 {
		t.Errorf("after 14 seconds %d requests, want 2", n)
	}
	w.now = w.now.Add(time.Hour)
	if n := admitted(); n != 60 {
		t.Errorf("after an hour %d requests, want 60", n)
	}
}
