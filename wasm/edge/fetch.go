//go:build js && wasm

package edge

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"edgecheckout/worker/horizon"
)

// Horizon sends requests to Horizon through the runtime's fetch. It does not follow redirects: they
// are returned like any other response.
type Horizon struct {
	// Bound is how many bytes of an answer are read; [horizon.BodyBytes] if it is zero.
	Bound int
}

var _ horizon.Transport = Horizon{}

// Get implements [horizon.Transport].
func (h Horizon) Get(ctx context.Context, url string, timeout time.Duration) (horizon.Response, error) {
	result := h.GetAll(ctx, []string{url}, timeout)[0]
	return result.Response, result.Err
}

// GetAll implements [horizon.Transport].
func (h Horizon) GetAll(ctx context.Context, urls []string, timeout time.Duration) []horizon.Result {
	results := make([]horizon.Result, len(urls))
	request := say("fetch", decimal(max(timeout.Milliseconds(), 1)), decimal(cmp.Or(h.Bound, horizon.BodyBytes(ctx))))
	for _, url := range urls {
		request = request.line(url)
	}
	said, bodies, err := ask(ctx, request)
	for i, url := range urls {
		if err != nil {
			results[i].Err = fmt.Errorf("fetching %s: %w", url, err)
			continue
		}
		var status, retryAfter, remaining, failure string
		status, said, _ = strings.Cut(said, "\n")
		retryAfter, said, _ = strings.Cut(said, "\n")
		remaining, said, _ = strings.Cut(said, "\n")
		failure, said, _ = strings.Cut(said, "\n")
		results[i] = resultOf(url, timeout, status, retryAfter, remaining, failure, bodies[i])
	}
	return results
}

// Rest implements [horizon.Transport].
func (Horizon) Rest(ctx context.Context) {
	_, _, _ = ask(ctx, say("rest")) // it cannot fail
}

func resultOf(url string, timeout time.Duration, status, retryAfter, remaining, failure string, body []byte) horizon.Result {
	switch failure {
	case "":
	case cut:
	case timedOut:
		return horizon.Result{Err: fmt.Errorf("%w: %s after %s", horizon.ErrTimeout, url, timeout)}
	default:
		return horizon.Result{Err: fmt.Errorf("fetching %s: %w: %s", url, ErrPlatform, failure)}
	}
	number, err := strconv.Atoi(status)
	if err != nil {
		return horizon.Result{Err: fmt.Errorf("fetching %s: status: %w", url, err)}
	}
	response := horizon.Response{Status: number, RetryAfter: strings.Clone(retryAfter), Remaining: strings.Clone(remaining), Body: body, Cut: failure == cut}
	return horizon.Result{Response: response}
}
