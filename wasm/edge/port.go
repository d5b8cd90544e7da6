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

// The functions below are the whole interface between this package and instance.mjs. They pass
// addresses and numbers only, because each JavaScript value that Go holds costs several crossings
// and a finalizer: a request through syscall/js took 150 µs where it takes 27 µs this way.

// inbox tells where JavaScript shall put the messages that it hands over: the slot of the event and
// the size of the message, 32 bits each, and the message. There is one at a time, and it is copied
// before anything else happens.
//
//go:wasmimport edge inbox
func inbox(p unsafe.Pointer, room int32)

// take copies the newest message to p. It is for messages that the inbox has no room for.
//
//go:wasmimport edge take
func take(p unsafe.Pointer)

// call starts an asynchronous operation of ports.mjs on behalf of an event; settle announces its
// result.
//
//go:wasmimport edge call
func call(slot int32, p unsafe.Pointer, size int32)

// respond ends an event with a result; head is the names and values of a response's headers, each
// on a line of its own.
//
//go:wasmimport edge respond
func respond(slot, status int32, head unsafe.Pointer, headSize int32, body unsafe.Pointer, bodySize int32)

// fail ends an event without a result, and says why.
//
//go:wasmimport edge fail
func fail(slot int32, p unsafe.Pointer, size int32)

// claim answers 1 once in every window of milliseconds for a key.
//
//go:wasmimport edge claim
func claim(key unsafe.Pointer, size, window int32) int32

// log writes a line to the console of an event; slot is -1 for a goroutine that serves none.
//
//go:wasmimport edge log
func log(slot int32, p unsafe.Pointer, size int32)

// header is how many bytes of the inbox stand before the message.
const header = 8

// room is the inbox, aligned for the numbers in its header. A larger message takes a way that costs
// one more copy.
var room = (*[header + 16<<10]byte)(unsafe.Pointer(new([1 + 2<<10]uint64)))

func init() { inbox(unsafe.Pointer(room), int32(len(room))) }

// What follows is what JavaScript calls. These functions have neither parameters nor results: with
// a frame, whose size is added to the stack pointer when they return, control could not go back to
// JavaScript in the middle of them (see fiber).

// begin serves an event until it must wait or is over.
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

// settle goes on with the fiber whose call has been settled.
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

// interrupt comes before the scheduler is asked to run whatever can run.
//
//go:wasmexport interrupt
func interrupt() { entered() }

// detachedAt finds the fiber of an event among those that the scheduler runs.
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
	m = make(message, n) // and copied at once: the compiler then does not clear it before
	copy(m, room[header:])
	return slot, m
}

// ErrPlatform reports that an operation of the platform failed; its text says which and how.
var ErrPlatform = errors.New("edge: platform operation failed")

// timedOut is what the platform says of an operation that it gave up because its time was over.
const timedOut = "timeout"

// ErrNoEvent reports a goroutine that asked something of the platform and serves no event. Cloudflare
// binds whatever a Worker waits for to the event that began it; only a fiber is sure to be in it.
var ErrNoEvent = errors.New("edge: only the goroutine that serves an event can ask the platform")

// ask has JavaScript do an operation and waits for its result: lines, which are part of the values'
// memory, and values. It does not wait for ctx to end: a write that was begun is seen through, and
// operations that can take long have a timeout of their own.
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

	// The first line says how it went: empty if well, else what went wrong.
	fields := f.received.fields()
	f.received = nil // which may be a megabyte, and f may wait long for its next call
	failure, said, _ := strings.Cut(text(fields[0]), "\n")
	if failure != "" {
		return "", nil, fmt.Errorf("%w: %s", ErrPlatform, failure)
	}
	return said, fields[1:], nil
}
