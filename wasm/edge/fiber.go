//go:build js && wasm

package edge

import (
	"fmt"
	"iter"
	"runtime"
	"runtime/debug"
)

// A fiber is the goroutine on which one event is served: a request, a run of the cron's task, or a
// batch of a queue. It is a coroutine. A call from JavaScript switches to it, and it switches back
// when it has to wait for JavaScript. The Go scheduler has no part in that; its way through channels
// took an eighth of the time that a request spends in Go.
//
// A handler may also sleep, or wait for goroutines of its own. The scheduler then parks the fiber
// like any goroutine and, when nothing else can run, returns to JavaScript in the middle of the call
// that had switched to the fiber. Nobody may switch back to the goroutine that made that call, since
// the frames of WebAssembly below it are gone. Such a fiber is detached: from then on it waits in
// a channel, the scheduler runs it, and it is not used for another event.
type fiber struct {
	slot     int32   // names the event in both languages; see instance.mjs
	self     uintptr // the goroutine
	resume   func() (struct{}, bool)
	suspend  func(struct{}) bool
	received message // the arguments of the event, or the result of the call that it waited for
	detached bool
	woken    chan struct{} // once it is detached
	request  request
	head     []byte // of the response
}

var (
	// fibers are those that JavaScript can switch to, by slot. JavaScript chooses the slot, and
	// uses one again when its event is over.
	fibers []*fiber
	// running is the fiber that the current call from JavaScript has switched to.
	running *fiber
	// detached are those that the scheduler runs, by goroutine.
	detached = map[uintptr]*fiber{}
	// parked counts goroutines that were detached and will never run again.
	parked int

	// usual is how many goroutines there are without fibers and without what handlers left behind.
	usual int
	// finished counts events that ended, and yielded is what it was when other goroutines had
	// their last turn.
	finished, yielded int
)

// newFiber starts a goroutine that runs serve for each event that it is resumed with.
func newFiber(slot int32, serve func(*fiber)) *fiber {
	f := &fiber{slot: slot}
	f.resume, _ = iter.Pull(func(suspend func(struct{}) bool) {
		f.self, f.suspend = goroutine(), suspend
		for {
			serve(f)
			finished++
			if f.detached {
				delete(detached, f.self)
				parked++
				select {} // to return would be to switch to the goroutine that began it
			}
			f.received = nil
			suspend(struct{}{})
		}
	})
	return f
}

// current is the fiber that the caller runs on; nil if it is another goroutine.
func current() *fiber {
	self := goroutine()
	if running != nil && running.self == self {
		return running
	}
	return detached[self]
}

// wait returns when the result of the fiber's call has arrived.
func (f *fiber) wait() {
	if f.detached {
		<-f.woken
		return
	}
	f.suspend(struct{}{})
}

// wake lets the fiber run until it waits again or is done.
func (f *fiber) wake() {
	if f.detached {
		f.woken <- struct{}{}
		letOthersRun()
		return
	}
	running = f
	f.resume()
	running = nil
}

// entered must be called by whatever JavaScript calls, before anything else. A fiber that is still
// marked as running was parked by the scheduler.
func entered() {
	f := running
	if f == nil {
		return
	}
	running = nil
	f.detached, f.woken = true, make(chan struct{}, 1)
	detached[f.self] = f
	fibers[f.slot] = nil
}

// patience is how many events end before the goroutines of the garbage collector get their turn.
// They do no more than what is done without them at the next opportunity.
const patience = 32

// yield gives other goroutines their turn now and then. What a handler left behind gets it at once,
// so that its panic ends the event that is to blame.
func yield(before int) {
	if finished == before {
		return
	}
	// Whoever was detached left the goroutine behind that had switched to it.
	expected := usual + len(fibers) + 2*(len(detached)+parked)
	if finished-yielded >= patience || runtime.NumGoroutine() > expected {
		yielded = finished
		letOthersRun()
	}
}

// letOthersRun yields twice, since the scheduler now and then prefers the goroutine that yielded.
func letOthersRun() {
	runtime.Gosched()
	runtime.Gosched()
}

// guard runs work and returns its panic as text with the stack; empty if there was none.
func guard(work func()) (failure string) {
	defer func() {
		switch r := recover(); r {
		case nil:
		case any(ErrAbort):
			failure = ErrAbort.Error()
		default:
			failure = fmt.Sprintf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	work()
	return ""
}

// goroutine identifies the caller's goroutine for as long as it lives.
func goroutine() uintptr
