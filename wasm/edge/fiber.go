//go:build js && wasm

package edge

import (
	"fmt"
	"iter"
	"runtime"
	"runtime/debug"
)

// A fiber is the goroutine on which requests are served, one after the other. It is a coroutine: JavaScript's calls switch to it and it switches
// back when it has to wait for JavaScript, past the scheduler of the Go runtime, whose way through channels took an eighth of the
// time that a request spends in Go.
//
// That holds as long as nothing but JavaScript makes it wait. A handler may also sleep or wait for goroutines of its own; the scheduler then puts the
// fiber aside like any goroutine, and when nobody can run, hands control to JavaScript in the midst of the call that had switched to the fiber.
// Whoever made that call waits for ever, and must not be switched back to: the fiber is adrift then, and waits in a channel from there on.
type fiber struct {
	self    uintptr // the goroutine
	resume  func() (struct{}, bool)
	suspend func(struct{}) bool
	within  bool // a call of JavaScript's has switched to the fiber and has not returned
	adrift  bool
	woken   chan struct{} // once it is adrift
	free    bool          // it waits for a request, and not on behalf of one
	waits   int           // how often it was free since others ran
	usual   int           // goroutines when nobody left any behind
}

// start begins run on the fiber, and returns when it waits for the first time.
func (f *fiber) start(run func()) {
	f.woken = make(chan struct{}, 1)
	f.resume, _ = iter.Pull(func(suspend func(struct{}) bool) {
		f.self, f.suspend = goroutine(), suspend
		defer func() {
			if r := recover(); r != nil { // it is raised again by resume, whose stack says nothing
				panic(fmt.Sprintf("%v\n\n%s", r, debug.Stack()))
			}
		}()
		run()
	})
	f.resume()
}

// current reports whether the caller runs on the fiber.
func (f *fiber) current() bool { return goroutine() == f.self }

// wait returns when wake was called. Only the fiber may call it.
func (f *fiber) wait() {
	if f.adrift {
		<-f.woken
		return
	}
	f.suspend(struct{}{})
}

// enter must be called by whatever JavaScript calls, before anything else.
func (f *fiber) enter() {
	if f.within {
		f.within, f.adrift = false, true
	}
}

// wake lets the fiber run until it waits again.
func (f *fiber) wake() {
	if f.adrift {
		f.woken <- struct{}{}
		letOthersRun()
		return
	}
	if f.usual == 0 {
		f.usual = runtime.NumGoroutine()
	}
	f.within = true
	f.resume()
	f.within = false
	if f.free {
		if f.waits++; f.waits == patience || runtime.NumGoroutine() > f.usual {
			f.waits = 0
			letOthersRun()
		}
	}
}

// patience is how many requests are served before the helpers of the garbage collector get their turn, who do no more than what is done without them
// at the next opportunity. What a handler left behind gets it at once: it must not go wrong in the time of another request.
const patience = 32

// letOthersRun yields twice, since the scheduler now and then prefers who yielded to who is ready.
func letOthersRun() {
	runtime.Gosched()
	runtime.Gosched()
}

// goroutine identifies the caller's goroutine for as long as it lives.
func goroutine() uintptr
