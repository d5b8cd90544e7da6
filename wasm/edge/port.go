//go:build js && wasm

package edge

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"unsafe"
)

// The functions below are the whole frontier between this package and instance.mjs. They pass addresses and numbers
// only, because each JavaScript value that Go holds costs several crossings and a finalizer: a request through
// syscall/js took 150 µs where it takes 27 µs this way.

// inbox tells where JavaScript shall put the messages that it hands over. There is one at a time: it is copied before anything else happens.
//
//go:wasmimport edge inbox
func inbox(p unsafe.Pointer, room int32)

// arrived returns what the newest message is: the arguments of a job (id 0), or the result of the call with that id.
//
//go:wasmimport edge arrived
func arrived() int32

// size returns how many bytes the newest message has. If the inbox has no room for them, take copies them to p.
//
//go:wasmimport edge size
func size() int32

//go:wasmimport edge take
func take(p unsafe.Pointer)

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

// now is the wall clock, in milliseconds since 1970. It stands still while a request computes.
//
//go:wasmimport edge now
func now() float64

// log writes a line to the console.
//
//go:wasmimport edge log
func log(p unsafe.Pointer, size int32)

// server is the fiber on which handlers run.
var server fiber

// pending holds the calls of all other goroutines that JavaScript has not settled, by id. Ids of jobs are 0, those of calls begin at 1.
var (
	pending  = map[int32]chan message{}
	lastCall int32
	awaited  int32   // the call that the fiber waits for; 0 if it waits for none
	received message // what the fiber has waited for
)

// room is the inbox; larger messages take a way that costs a copy more.
var room [16 << 10]byte

func init() { inbox(unsafe.Pointer(&room), int32(len(room))) }

// What follows is what JavaScript calls. These functions have neither parameters nor results: with a frame, whose size is added to the stack pointer
// when they return, nobody could leave them in the midst (see fiber).

// begin serves a request, until it must wait or is done.
//
//go:wasmexport begin
func begin() {
	server.enter()
	received = receive()
	server.wake()
}

// settle goes on with whoever made the call that has been settled.
//
//go:wasmexport settle
func settle() {
	server.enter()
	id, result := arrived(), receive()
	if id == awaited {
		awaited, received = 0, result
		server.wake()
		return
	}
	pending[id] <- result
	letOthersRun()
}

// interrupt comes before the scheduler is asked to run whoever can.
//
//go:wasmexport interrupt
func interrupt() { server.enter() }

// receive copies the message that has just arrived.
func receive() message {
	n := int(size())
	if n > len(room) {
		m := make(message, n)
		take(unsafe.Pointer(unsafe.SliceData(m)))
		return m
	}
	m := make(message, n) // and copied at once: the compiler then does not clear it before
	copy(m, room[:])
	return m
}

// ErrPlatform reports that an operation of the platform failed; its text says which and how.
var ErrPlatform = errors.New("edge: platform operation failed")

// errTimeout reports that the platform gave an operation up because its time was over.
var errTimeout = errors.New("edge: platform operation timed out")

// ask has JavaScript do an operation and waits for its result: lines, which are part of the values' memory, and values. It does not wait for ctx to end: a write that was begun
// is seen through, and operations that can take long have a timeout of their own.
func ask(ctx context.Context, request message) (said string, values [][]byte, err error) {
	if err := ctx.Err(); err != nil {
		return "", nil, err
	}
	lastCall++
	id := lastCall
	var result message
	if server.current() {
		if cap(request) <= maxOutbox {
			outbox = request[:0]
		}
		awaited = id
		call(id, unsafe.Pointer(unsafe.SliceData(request)), int32(len(request)))
		runtime.KeepAlive(request)
		server.wait()
		result = received
	} else {
		settled := make(chan message, 1)
		pending[id] = settled
		call(id, unsafe.Pointer(unsafe.SliceData(request)), int32(len(request)))
		runtime.KeepAlive(request)
		result = <-settled
		delete(pending, id)
	}

	// The first line says how it went: empty if well, else what went wrong.
	fields := result.fields()
	failure, said, _ := strings.Cut(text(fields[0]), "\n")
	switch failure {
	case "":
		return said, fields[1:], nil
	case "timeout":
		return "", nil, errTimeout
	default:
		return "", nil, fmt.Errorf("%w: %s", ErrPlatform, failure)
	}
}
