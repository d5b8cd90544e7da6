//go:build js && wasm

package edge

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker/horizon"
)

func TestHorizonReturnsAnyStatusAsAResponse(t *testing.T) {
	within(t, func(ctx context.Context) {
		cases := map[string]horizon.Response{
			"/echo":     {Status: 200, Body: []byte(`{"method":"GET","accept":"application/json"}`)},
			"/limited":  {Status: 429, RetryAfter: "17", Remaining: "0", Body: []byte("slow down")},
			"/redirect": {Status: 302, Body: []byte{}},
		}
		for path, want := range cases {
			got, err := Horizon{}.Get(ctx, os.Getenv("SITE")+path, 5*time.Second)
			if err != nil {
				t.Errorf("%s: %v", path, err)
			} else if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
		}
	})
}

func TestHorizonGivesUpAfterTheTimeout(t *testing.T) {
	within(t, func(ctx context.Context) {
		for _, path := range []string{"/silent", "/half"} {
			start := time.Now()
			_, err := Horizon{}.Get(ctx, os.Getenv("SITE")+path, 200*time.Millisecond)
			if took := time.Since(start); !errors.Is(err, horizon.ErrTimeout) || took < 150*time.Millisecond || took > 3*time.Second {
				t.Errorf("%s: got %v after %v, want ErrTimeout after 200ms", path, err, took)
			}
		}
	})
}

func TestHorizonCutsAnAnswerThatIsTooLarge(t *testing.T) {
	within(t, func(ctx context.Context) {
		for path, want := range map[string]bool{"/large": true, "/echo": false} {
			response, err := Horizon{}.Get(ctx, os.Getenv("SITE")+path, 5*time.Second)
			if err != nil || response.Cut != want || want && len(response.Body) <= horizon.MaxBodyBytes {
				t.Errorf("%s: %d bytes, cut: %t, %v", path, len(response.Body), response.Cut, err)
			}
		}
		response, err := Horizon{Bound: 100}.Get(ctx, os.Getenv("SITE")+"/large", 5*time.Second)
		if err != nil || !response.Cut || len(response.Body) > 100<<10 {
			t.Errorf("%d bytes where 100 may be read, cut: %t, %v", len(response.Body), response.Cut, err)
		}
	})
}

func TestHorizonFailsWithoutACompleteAnswer(t *testing.T) {
	within(t, func(ctx context.Context) {
		cases := map[string]string{
			os.Getenv("SITE") + "/broken": "fetch failed",
			"not a url":                   "URL",
		}
		for url, want := range cases {
			_, err := Horizon{}.Get(ctx, url, 5*time.Second)
			if !errors.Is(err, ErrPlatform) || errors.Is(err, horizon.ErrTimeout) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q", url, err, want)
			}
		}
	})
}
