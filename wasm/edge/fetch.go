//go:build js && wasm

package edge

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"edgecheckout/worker/horizon"
)

// Horizon performs the requests to Horizon through the runtime's fetch. A redirect is an answer like any other: its
// status is returned and it is not followed.
type Horizon struct{}

var _ horizon.Transport = Horizon{}

// Get implements horizon.Transport.
func (Horizon) Get(ctx context.Context, url string, timeout time.Duration) (horizon.Response, error) {
	said, bodies, err := ask(ctx, say("fetch", decimal(max(timeout.Milliseconds(), 1)), decimal(horizon.MaxBodyBytes), url))
	if err != nil {
		return horizon.Response{}, fmt.Errorf("fetching %s: %w", url, err)
	}
	status, said, _ := strings.Cut(said, "\n")
	retryAfter, failure, _ := strings.Cut(said, "\n")
	switch failure {
	case "":
	case timedOut:
		return horizon.Response{}, fmt.Errorf("%w: %s after %s", horizon.ErrTimeout, url, timeout)
	default:
		return horizon.Response{}, fmt.Errorf("fetching %s: %w: %s", url, ErrPlatform, failure)
	}
	number, err := strconv.Atoi(status)
	if err != nil {
		return horizon.Response{}, fmt.Errorf("fetching %s: status: %w", url, err)
	}
	return horizon.Response{Status: number, RetryAfter: strings.Clone(retryAfter), Body: bodies[0]}, nil
}
