//go:build js && wasm

package edge

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"edgecheckout/worker/kv"
	"edgecheckout/worker/kv/kvtest"
)

func TestStoreKeepsItsContract(t *testing.T) {
	for _, c := range kvtest.Cases {
		t.Run(c.Name, func(t *testing.T) {
			within(t, func(ctx context.Context) {
				if err := c.Run(ctx, Store{}, t.Name()+"/"); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestKeysThatKVCannotHoldAreRefusedBeforeAnythingIsWritten(t *testing.T) {
	within(t, func(ctx context.Context) {
		for _, bad := range []string{"..", "two\nlines"} {
			err := Store{}.Put(ctx, kv.Entry{Key: "refused/good"}, kv.Entry{Key: bad})
			if !errors.Is(err, kv.ErrKey) {
				t.Errorf("%q: got %v, want kv.ErrKey", bad, err)
			}
		}
		if values, err := (Store{}).Get(ctx, "refused/good"); err != nil || values[0] != nil {
			t.Errorf("got %q, %v; want nothing stored", values, err)
		}
	})
}

func TestExpiryIsNeverEarlierThanAsked(t *testing.T) {
	within(t, func(ctx context.Context) {
		// Like KV, the fake namespace rejects expirations less than 60 seconds ahead.
		for _, ahead := range []time.Duration{-time.Hour, 0, 59 * time.Second, 60 * time.Second, 61 * time.Second, 90 * 24 * time.Hour} {
			err := Store{}.Put(ctx, kv.Entry{Key: "expiry", Value: []byte("x"), ExpiresAt: time.Now().Add(ahead)})
			if err != nil {
				t.Errorf("expiry in %v: %v", ahead, err)
			}
		}
	})
}

// Like KV, the fake namespace accepts one write per second for each key.
func TestSecondWriteOfAKeyWaitsUnlessDerivedAndPresent(t *testing.T) {
	within(t, func(ctx context.Context) {
		for _, derived := range []bool{false, true} {
			key := fmt.Sprintf("twice/%t", derived)
			begun := time.Now()
			for _, value := range []string{"first", "second"} {
				if err := (Store{}).Put(ctx, kv.Entry{Key: key, Value: []byte(value), Derived: derived}); err != nil {
					t.Errorf("derived %t: %v", derived, err)
				}
			}
			waited := time.Since(begun) >= kv.WriteInterval
			values, err := (Store{}).Get(ctx, key)
			if err != nil {
				t.Error(err)
			}
			if want := map[bool]string{false: "second", true: "first"}[derived]; string(values[0]) != want || waited == derived {
				t.Errorf("derived %t: it waited %t, and the value is %q, want %q", derived, waited, values[0], want)
			}
		}
	})
}

func TestCancelledContextPreventsCalls(t *testing.T) {
	within(t, func(ctx context.Context) {
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		if err := (Store{}).Put(cancelled, kv.Entry{Key: "cancelled"}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		if values, err := (Store{}).Get(ctx, "cancelled"); err != nil || values[0] != nil {
			t.Errorf("got %q, %v; want nothing stored", values, err)
		}
	})
}
