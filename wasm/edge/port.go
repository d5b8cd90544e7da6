//go:build js && wasm

package edge

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"unsafe"
)

// The functions below are the whole frontier between this package and instance.mjs. They pass addresses and numbers
// only, because each JavaScript value that Go holds costs several crossings and a finalizer: a request through
// syscall/js took 150 µs where it takes 27 µs this way.

// arrived returns the id of what JavaScript has just handed over, and size how many bytes it has: the arguments of a job (id 0) or the result
// of a call. take copies it to p.
//
//go:wasmimport edge arrived
func arrived() int32

//go:wasmimport edge size
func size(id int32) int32

//go:wasmimport edge take
func take(id int32, p unsafe.Pointer)

// call starts an asynchronous operation of ports.mjs; settle announces its result.
//
//go:wasmimport edge call
func call(id int32, p unsafe.Pointer, size int32)

// respond hands the response of the request over; head is the names and values of its headers, each on a line of its own.
//
//go:wasmimport edge respond
func respond(status int32, head unsafe.Pointer, headSize int32, body unsafe.Pointer, bodySize int32)

// fail reports that the job ended without a result, and why.
//
//go:wasmimport edge fail
func fail(p unsafe.Pointer, size int32)

// done gives the instance back: nothing runs on behalf of the job any more.
//
//go:wasmimport edge done
func done()

// claim answers 1 once in every window of milliseconds for a key.
//
//go:wasmimport edge claim
func claim(key unsafe.Pointer, size, window int32) int32

// log writes a line to the console.
//
//go:wasmimport edge log
func log(p unsafe.Pointer, size int32)

// server is the fiber on which handlers run.
var server fiber

// pending holds the calls of all other goroutines that JavaScript has not settled, by id. Ids of jobs are 0, those of calls begin at 1.
var (
	pending  = map[int32]chan struct{}{}
	lastCall int32
	awaited  int32 // the call that the fiber waits for; 0 if it waits for none
)

// What follows is what JavaScript calls. These functions have neither parameters nor results: with a frame, whose size is added to the stack pointer
// when they return, nobody could leave them in the midst (see fiber).

// begin serves a request, until it must wait or is done.
//
//go:wasmexport begin
func begin() {
	server.enter()
	server.wake()
}

// settle goes on with whoever made the call that has been settled.
//
//go:wasmexport settle
func settle() {
	server.enter()
	id := arrived()
	if id == awaited {
		awaited = 0
		server.wake()
		return
	}
	pending[id] <- struct{}{}
	letOthersRun()
}

// interrupt comes before the scheduler is asked to run whoever can.
//
//go:wasmexport interrupt
func interrupt() { server.enter() }

// receive copies the message that JavaScript holds under id.
func receive(id int32) message {
	m := make(message, size(id))
	take(id, unsafe.Pointer(unsafe.SliceData(m)))
	return m
}

// ErrPlatform reports that an operation of the platform failed; its text says which and how.
var ErrPlatform = errors.New("edge: platform operation failed")

// errTimeout reports that the platform gave an operation up because its time was over.
var errTimeout = errors.New("edge: platform operation timed out")

// ask has JavaScript do an operation and waits for its result. It does not wait for ctx to end: a write that was begun
// is seen through, and operations that can take long have a timeout of their own.
func ask(ctx context.Context, request message) ([][]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	lastCall++
	id := lastCall
	if server.current() {
		if cap(request) <= maxOutbox {
			outbox = request[:0]
		}
		awaited = id
		call(id, unsafe.Pointer(unsafe.SliceData(request)), int32(len(request)))
		runtime.KeepAlive(request)
		server.wait()
	} else {
		settled := make(chan struct{}, 1)
		pending[id] = settled
		call(id, unsafe.Pointer(unsafe.SliceData(request)), int32(len(request)))
		runtime.KeepAlive(request)
		<-settled
		delete(pending, id)
	}

	// The first field says how it went: empty if well, else what went wrong.
	fields := receive(id).fields()
	switch failure := string(fields[0]); failure {
	case "":
		return fields[1:], nil
	case "timeout":
		return nil, errTimeout
	default:
		return nil, fmt.Errorf("%w: %s", ErrPlatform, failure)
	}
}
