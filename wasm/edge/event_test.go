//go:build js && wasm

package edge

import (
	"context"
	"testing"
)

// event makes testdata/node.mjs start an event of the kind "scheduled".
//
//go:wasmimport edge event
func event()

// within runs a test as an event, since only events may call the platform, and waits for it. Tests
// must call it one at a time.
func within(t *testing.T, test func(ctx context.Context)) {
	t.Helper()
	over := make(chan struct{})
	handlers.Scheduled = func(ctx context.Context, _ string) error {
		defer close(over)
		test(ctx)
		return nil
	}
	event()
	<-over
}
