//go:build js && wasm

package edge

import (
	"context"
	"time"
)

// Sleep waits. Other fibers run meanwhile, which they would not if this one used package time.
func Sleep(ctx context.Context, d time.Duration) {
	_, _, _ = ask(ctx, say("sleep", decimal(max(d.Milliseconds(), 0)))) // an event that is over waits no longer
}
