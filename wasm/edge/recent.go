//go:build js && wasm

package edge

import (
	"context"
	"math"
	"runtime"
	"time"
	"unsafe"
)

// Recent remembers values for seconds in the data centre's cache, and claims in the isolate.
type Recent struct{}

// Recall returns the value that is kept under key, or nil if there is none or the cache fails.
func (Recent) Recall(ctx context.Context, key string) []byte {
	_, values, err := ask(ctx, say("recent.recall", key))
	if err != nil {
		return nil
	}
	return values[0]
}

// Keep remembers value for ttl, which is rounded down to whole seconds but is at least one.
func (Recent) Keep(ctx context.Context, key string, value []byte, ttl time.Duration) {
	seconds := max(int64(ttl/time.Second), 1)
	// Errors do not matter: a cache may lose entries at any time.
	_, _, _ = ask(ctx, say("recent.keep", key, decimal(seconds)).add(value))
}

// Claim reports true to one caller of this isolate in every window.
func (Recent) Claim(key string, window time.Duration) bool {
	milliseconds := min(max(window.Milliseconds(), 1), math.MaxInt32)
	name := []byte(key)
	claimed := claim(unsafe.Pointer(unsafe.SliceData(name)), int32(len(name)), int32(milliseconds))
	runtime.KeepAlive(name)
	return claimed == 1
}
