//go:build js && wasm

package edge

import (
	"fmt"
	"iter"
	"runtime"
	"runtime/debug"
)

// A fiber is the goroutine that serves one event: a request, a cron run or a batch of a queue. It
// is a coroutine. A call from JavaScript switches to it, and it switches back when it has to wait
// for JavaScript. The Go scheduler is not involved: switching through channels took an eighth of
// the time that a request spends in Go.
//
// A handler may also sleep, or wait for goroutines that it started. The scheduler then parks the
// fiber like any goroutine and, when nothing else can run, returns to JavaScript in the middle of
// the call that had switched to the fiber. The goroutine that made that call must not be resumed,
// since its WebAssembly frames are gone. Such a fiber is detached: from then on it waits on a
// channel, the scheduler runs it, and it is not reused for another event.
type fiber struct {
	slot     int32   // identifies the event in both languages; see instance.mjs
	self     uintptr // identifies the goroutine
	resume   func() (struct{}, bool)
	suspend  func(struct{}) bool
	received message // the event's arguments, or the result of the pending call
	detached bool
	woken    chan struct{} // signals a detached fiber to continue
	request  request
	head     []byte // the response's encoded header
}

var (
	// fibers are those that JavaScript can switch to, by slot. JavaScript chooses the slot and
	// reuses it when its event is over.
	fibers []*fiber
	// running is the fiber that the current call from JavaScript has switched to.
	running *fiber
	// detached maps goroutines to the fibers that the scheduler runs.
	detached = map[uintptr]*fiber{}
	// parked counts the goroutines of detached fibers whose events are over; they never run again.
	parked int

	// usual is the number of goroutines apart from fibers and from goroutines that handlers leaked.
	usual int
	// finished counts the events that ended, and yielded is its value when other goroutines last
	// got their turn.
	finished, yielded int
)

// newFiber starts a goroutine that runs serve once for each event.
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
				select {} // returning would switch to the goroutine that began the event
			}
			f.received = nil
			suspend(struct{}{})
		}
	})
	return f
}

// current returns the fiber that the caller runs on, or nil if the caller is not on a fiber.
func current() *fiber {
	self := goroutine()
	if running != nil && running.self == self {
		return running
	}
	return detached[self]
}

// wait blocks until the result of the fiber's call has arrived.
func (f *fiber) wait() {
	if f.detached {
		<-f.woken
		return
	}
	f.suspend(struct{}{})
}

// wake runs the fiber until it waits again or is done.
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

// entered must be the first call of every function that JavaScript calls. If a fiber is still
// marked as running, the scheduler has parked it, so entered detaches it.
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

// patience is the number of events between two turns of the garbage collector's goroutines. They
// only do work that would otherwise be done at the next opportunity.
const patience = 32

// yield lets other goroutines run now and then. Goroutines that a handler left behind run at once,
// so that a panic of theirs ends the event that started them.
func yield(before int) {
	if finished == before {
		return
	}
	// Each detached fiber also leaves behind the goroutine that had switched to it.
	expected := usual + len(fibers) + 2*(len(detached)+parked)
	if finished-yielded >= patience || runtime.NumGoroutine() > expected {
		yielded = finished
		letOthersRun()
	}
}

// letOthersRun yields twice, since the scheduler sometimes resumes the goroutine that yielded.
func letOthersRun() {
	runtime.Gosched()
	runtime.Gosched()
}

// guard runs work and returns its panic as text, with the stack unless it is [ErrAbort], or "" if
// there was none.
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

// goroutine returns a value that identifies the caller's goroutine for as long as it lives.
func goroutine() uintptr
