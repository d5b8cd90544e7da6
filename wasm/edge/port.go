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

// take copies what JavaScript holds under id to p: the arguments of a job (id 0) or the result of a call.
//
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

// jobs receives the size of the next request. It holds one, since an instance has one owner.
var jobs = make(chan int32, 1)

// pending holds the calls that JavaScript has not settled, by id. Ids of jobs are 0, those of calls begin at 1.
var (
	pending  = map[int32]chan int32{}
	lastCall int32
)

// begin and settle hand over what came and let others run, who mostly get to where they wait again before this returns. That
// saves the way through syscall/js's event handler, which JavaScript goes only if they did not (see instance.mjs).

//go:wasmexport begin
func begin(size int32) {
	jobs <- size
	letOthersRun()
}

//go:wasmexport settle
func settle(id, size int32) {
	pending[id] <- size
	letOthersRun()
}

// letOthersRun yields twice, since the scheduler now and then prefers who yielded to who is ready.
func letOthersRun() {
	runtime.Gosched()
	runtime.Gosched()
}

// receive copies the message that JavaScript holds under id.
func receive(id, size int32) message {
	m := make(message, size)
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
	id, settled := lastCall, make(chan int32, 1)
	pending[id] = settled
	call(id, unsafe.Pointer(unsafe.SliceData(request)), int32(len(request)))
	runtime.KeepAlive(request)
	size := <-settled
	delete(pending, id)

	// The first field says how it went: empty if well, else what went wrong.
	fields := receive(id, size).fields()
	switch failure := string(fields[0]); failure {
	case "":
		return fields[1:], nil
	case "timeout":
		return nil, errTimeout
	default:
		return nil, fmt.Errorf("%w: %s", ErrPlatform, failure)
	}
}
