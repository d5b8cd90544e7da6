//go:build js && wasm

package edge

import (
	"context"
	"testing"
	"time"
)

func TestRecentForgetsAfterItsTime(t *testing.T) {
	within(t, func(ctx context.Context) {
		var recent Recent
		if got := recent.Recall(ctx, "a/b?c"); got != nil {
			t.Errorf("before: got %q", got)
		}
		recent.Keep(ctx, "a/b?c", []byte{}, time.Second)
		recent.Keep(ctx, "a/b", []byte("another"), time.Second)
		if got := recent.Recall(ctx, "a/b?c"); got == nil || len(got) != 0 {
			t.Errorf("within: got %v, want an empty value that is not nil", got)
		}
		time.Sleep(1100 * time.Millisecond)
		if got := recent.Recall(ctx, "a/b?c"); got != nil {
			t.Errorf("after: got %q", got)
		}
	})
}

func TestClaimIsGrantedOncePerWindow(t *testing.T) {
	var recent Recent
	if !recent.Claim("account", 200*time.Millisecond) || !recent.Claim("other", 200*time.Millisecond) {
		t.Error("the first claim of a key was refused")
	}
	if recent.Claim("account", 200*time.Millisecond) {
		t.Error("a second claim within the window was granted")
	}
	time.Sleep(250 * time.Millisecond)
	if !recent.Claim("account", 200*time.Millisecond) {
		t.Error("a claim after the window was refused")
	}
}
