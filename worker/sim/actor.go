package sim

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"edgecheckout/worker/kv"
)

// An actor is a request or a cron run at one edge. Actors run one at a time and pause before every
// use of the store or the network. At a pause other actors may run, time may pass, and the actor
// may die. The order is drawn from the seed.
type actor struct {
	name   string
	wake   time.Time
	resume chan bool // false ends the actor
	ended  bool
	mortal bool // it may die halfway
	hangs  int  // seconds that it may hang between two operations, before the platform ends it
}

type killed struct{}

// risk is the probability, in thousandths, that an actor dies at a step. A create has few steps, so
// its risk at each is higher.
func (a *actor) risk() int {
	if strings.HasPrefix(a.name, "sell") {
		return 40
	}
	return 10
}

// spawn starts an actor. It begins to act at the next [world.runDue].
func (w *world) spawn(name string, hangs int, act func()) {
	a := &actor{name: name, wake: w.now, resume: make(chan bool), mortal: hangs > 0, hangs: hangs}
	w.actors = append(w.actors, a)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				if _, died := r.(killed); !died {
					w.fail("%s: panic: %v", name, r)
				}
			}
			a.ended = true
			w.parked <- struct{}{}
		}()
		if !<-a.resume {
			return
		}
		act()
	}()
}

// step lets an actor run until it next uses the world or ends.
func (w *world) step(a *actor, alive bool) {
	w.current = a
	w.stats.Steps++
	a.resume <- alive
	<-w.parked
	w.current = nil
}

type latency int

const (
	latencyStore latency = iota
	latencyNetwork
)

// park must be called by the running actor before it uses the world.
func (w *world) park(l latency) {
	a := w.current
	switch {
	case w.calm:
		a.wake = w.now
	// The actor hangs for a while between two operations.
	case a.mortal && w.chance(2):
		a.wake = w.now.Add(time.Duration(w.rand.IntN(a.hangs)) * time.Second)
	case l == latencyNetwork:
		a.wake = w.now.Add(time.Duration(w.rand.IntN(4)) * time.Second)
	case w.chance(30):
		a.wake = w.now.Add(time.Second)
	default:
		a.wake = w.now
	}
	w.parked <- struct{}{}
	if !<-a.resume {
		panic(killed{})
	}
}

// sleep is how the running actor waits.
func (w *world) sleep(_ context.Context, d time.Duration) {
	a := w.current
	a.wake = w.now.Add(d)
	w.parked <- struct{}{}
	if !<-a.resume {
		panic(killed{})
	}
}

// runDue runs the actors that are due, in an order drawn from the seed, until none is left.
func (w *world) runDue() {
	for {
		var due []*actor
		alive := w.actors[:0]
		for _, a := range w.actors {
			if a.ended {
				continue
			}
			alive = append(alive, a)
			if !a.wake.After(w.now) {
				due = append(due, a)
			}
		}
		w.actors = alive
		if len(due) == 0 {
			return
		}
		a := due[w.rand.IntN(len(due))]
		if a.mortal && !w.calm && w.rand.IntN(1000) < a.risk() {
			w.stats.Faults++
			w.trace("%s dies", a.name)
			w.step(a, false)
			continue
		}
		w.step(a, true)
	}
}

// store is one edge's view of the store, with injected faults.
type store struct {
	kv.Store
	world *world
}

var errLost = fmt.Errorf("the store did not answer")

// around parks the actor, then performs the operation, fails it, or loses only its answer.
func (s store) around(key string, do func() error) error {
	w := s.world
	w.park(latencyStore)
	if !w.calm && w.chance(1) {
		w.stats.Faults++
		if w.chance(50) {
			_ = do()
		}
		w.trace("the store fails at %s", key)
		return errLost
	}
	return do()
}

func (s store) Get(ctx context.Context, keys ...string) (values [][]byte, err error) {
	if len(keys) == 0 {
		return nil, nil
	}
	err = s.around(keys[0], func() error { values, err = s.Store.Get(ctx, keys...); return err })
	if err != nil {
		return nil, err
	}
	return values, nil
}

// Put stores the entries one by one in random order, so that only some are stored if the actor dies
// in between.
func (s store) Put(ctx context.Context, entries ...kv.Entry) error {
	var failed error
	for _, i := range s.world.rand.Perm(len(entries)) {
		entry := entries[i]
		if _, known := s.world.lost[entry.Key]; !known {
			s.world.lost[entry.Key] = true
		}
		if strings.HasPrefix(entry.Key, "due/") {
			s.world.found++
			s.world.holdNextAttempt(entry.Key)
		}
		if err := s.around(entry.Key, func() error {
			if debug {
				s.world.trace("%s PUT %s %.300s", s.world.current.name, entry.Key, entry.Value)
			}
			s.world.lost[entry.Key] = false
			s.world.noteWrite(entry)
			return s.Store.Put(ctx, entry)
		}); err != nil {
			failed = err
		}
	}
	return failed
}

// noteWrite notes when the store takes the end of a checkout, and when it takes fewer payments of
// one than it had.
func (w *world) noteWrite(e kv.Entry) {
	kind, id, _ := strings.Cut(e.Key, "/")
	if kind != "outcome" && kind != "seen" {
		return
	}
	before := w.memory.Peek(e.Key)
	if payments := []byte(`"op":`); bytes.Count(e.Value, payments) < bytes.Count(before, payments) {
		w.forgotAt[id] = w.now
	}
	if kind == "outcome" && before == nil {
		w.recordedAt[id] = w.now
	}
}

func (s store) Delete(ctx context.Context, keys ...string) error {
	return s.around(keys[0], func() error { return s.Store.Delete(ctx, keys...) })
}

func (s store) List(ctx context.Context, prefix, cursor string, limit int) (page kv.Page, err error) {
	err = s.around(prefix, func() error { page, err = s.Store.List(ctx, prefix, cursor, limit); return err })
	if err != nil {
		return kv.Page{}, err
	}
	return page, nil
}
