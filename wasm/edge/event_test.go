//go:build js && wasm

package edge

import (
	"context"
	"testing"
)

// event has testdata/node.mjs begin an event of the kind "scheduled".
//
//go:wasmimport edge event
func event()

// within runs a test as an event, since nothing else may ask the platform, and waits for it. Tests
// do so one at a time.
func within(t *testing.T, test func(ctx context.Context)) {
	t.Helper()
	over := make(chan struct{})
	handlers.Scheduled = func(ctx context.Context) error {
		defer close(over)
		test(ctx)
		return nil
	}
	event()
	<-over
}
