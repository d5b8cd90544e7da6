//go:build js && wasm

package edge

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"unsafe"
)

// The functions below are the whole interface between this package and instance.mjs. They pass only
// addresses and numbers, because each JavaScript value that Go holds costs several calls and a
// finalizer: a request through syscall/js took 150 µs, and takes 27 µs this way.

// inbox tells JavaScript where to write its messages: the slot of the event and the size of the
// message, 32 bits each, then the message. There is one message at a time, and it is copied before
// anything else happens.
//
//go:wasmimport edge inbox
func inbox(p unsafe.Pointer, room int32)

// take copies the newest message to p. It is for messages that do not fit into the inbox.
//
//go:wasmimport edge take
func take(p unsafe.Pointer)

// call starts an asynchronous operation of ports.mjs on behalf of an event. JavaScript calls settle
// with its result.
//
//go:wasmimport edge call
func call(slot int32, p unsafe.Pointer, size int32)

// respond ends an event with a result. head has the names and values of the response's headers,
// each on a line of its own.
//
//go:wasmimport edge respond
func respond(slot, status int32, head unsafe.Pointer, headSize int32, body unsafe.Pointer, bodySize int32)

// fail ends an event with an error.
//
//go:wasmimport edge fail
func fail(slot int32, p unsafe.Pointer, size int32)

// claim returns 1 once for a key in every window, in milliseconds, otherwise 0.
//
//go:wasmimport edge claim
func claim(key unsafe.Pointer, size, window int32) int32

// log writes a line to the console within an event; slot is -1 for a goroutine that serves none.
//
//go:wasmimport edge log
func log(slot int32, p unsafe.Pointer, size int32)

// header is the number of bytes before the message in the inbox.
const header = 8

// room is the inbox, aligned for the numbers in its header. A larger message costs one more copy.
var room = (*[header + 16<<10]byte)(unsafe.Pointer(new([1 + 2<<10]uint64)))

func init() { inbox(unsafe.Pointer(room), int32(len(room))) }

// JavaScript calls the functions below. They have neither parameters nor results: with a stack
// frame, whose size is added to the stack pointer on return, control could not return to JavaScript
// in the middle of them (see [fiber]).

// begin serves an event until it waits or is over.
//
//go:wasmexport begin
func begin() {
	entered()
	slot, m := receive()
	for int(slot) >= len(fibers) {
		fibers = append(fibers, nil)
	}
	f := fibers[slot]
	if f == nil {
		f = newFiber(slot, serve)
		fibers[slot] = f
	}
	before := finished
	f.received = m
	f.wake()
	yield(before)
}

// settle resumes the fiber whose call has completed.
//
//go:wasmexport settle
func settle() {
	entered()
	slot, m := receive()
	f := fibers[slot]
	if f == nil {
		f = detachedAt(slot)
	}
	before := finished
	f.received = m
	f.wake()
	yield(before)
}

// interrupt must be called before JavaScript lets the scheduler run.
//
//go:wasmexport interrupt
func interrupt() { entered() }

// detachedAt returns the detached fiber that serves the event in a slot.
func detachedAt(slot int32) *fiber {
	for _, f := range detached {
		if f.slot == slot {
			return f
		}
	}
	panic("edge: a call was settled that nobody made")
}

// receive copies the message that has just arrived.
func receive() (slot int32, m message) {
	slot = int32(binary.LittleEndian.Uint32(room[:]))
	n := int(binary.LittleEndian.Uint32(room[4:]))
	if n > len(room)-header {
		m = make(message, n)
		take(unsafe.Pointer(unsafe.SliceData(m)))
		return slot, m
	}
	m = make(message, n) // when copy follows directly, the compiler omits clearing it
	copy(m, room[header:])
	return slot, m
}

// ErrPlatform reports that an operation of the platform failed. The text of the error that wraps it
// says why.
var ErrPlatform = errors.New("edge: platform operation failed")

// What ports.mjs reports for an operation that timed out, and for an answer that is larger than it
// may be.
const (
	timedOut = "timeout"
	cut      = "cut"
)

// ErrNoEvent reports a call to the platform from a goroutine that serves no event. Cloudflare binds
// everything that a Worker waits for to the event that began it, and only a fiber certainly runs
// within its event.
var ErrNoEvent = errors.New("edge: only the goroutine that serves an event can ask the platform")

// ask lets JavaScript perform an operation and waits for its result: lines, which share the values'
// memory, and values. It checks ctx only at the start and does not wait for it to end: a write that
// was begun is completed, and slow operations have timeouts of their own.
func ask(ctx context.Context, request message) (said string, values [][]byte, err error) {
	if err := ctx.Err(); err != nil {
		return "", nil, err
	}
	f := current()
	if f == nil {
		return "", nil, ErrNoEvent
	}
	if !f.detached && cap(request) <= maxOutbox {
		outbox = request[:0]
	}
	call(f.slot, unsafe.Pointer(unsafe.SliceData(request)), int32(len(request)))
	runtime.KeepAlive(request)
	f.wait()

	// The first line is empty on success, otherwise the error.
	fields := f.received.fields()
	f.received = nil // it may be a megabyte, and f may wait long for its next call
	failure, said, _ := strings.Cut(text(fields[0]), "\n")
	if failure != "" {
		return "", nil, fmt.Errorf("%w: %s", ErrPlatform, failure)
	}
	return said, fields[1:], nil
}
