//go:build js && wasm

package edge

import (
	"context"
	"math"
	"runtime"
	"time"
	"unsafe"
)

// Recent remembers for seconds: in the cache of the data centre what it keeps, and in the isolate who claimed what.
type Recent struct{}

// Recall returns what was kept under key within its time, or nil. A cache that does not answer remembers nothing.
func (Recent) Recall(ctx context.Context, key string) []byte {
	_, values, err := ask(ctx, say("recent.recall", key))
	if err != nil {
		return nil
	}
	return values[0]
}

// Keep remembers value for ttl, in whole seconds and at least one.
func (Recent) Keep(ctx context.Context, key string, value []byte, ttl time.Duration) {
	seconds := max(int64(ttl/time.Second), 1)
	_, _, _ = ask(ctx, say("recent.keep", key, decimal(seconds)).add(value)) // it may forget at any time
}

// Claim reports true to one caller of this isolate in every window.
func (Recent) Claim(key string, window time.Duration) bool {
	milliseconds := min(max(window.Milliseconds(), 1), math.MaxInt32)
	name := []byte(key)
	claimed := claim(unsafe.Pointer(unsafe.SliceData(name)), int32(len(name)), int32(milliseconds))
	runtime.KeepAlive(name)
	return claimed == 1
}
