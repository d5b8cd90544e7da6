//go:build js && wasm

package edge

import (
	"context"
	"testing"
	"time"
)

func TestSleepWaits(t *testing.T) {
	within(t, func(ctx context.Context) {
		begun := time.Now()
		Sleep(ctx, 50*time.Millisecond)
		if took := time.Since(begun); took < 45*time.Millisecond || took > 3*time.Second {
			t.Errorf("50 ms took %v", took)
		}
	})
}
