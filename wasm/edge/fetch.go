//go:build js && wasm

package edge

import (
	"context"
	"errors"
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
	milliseconds := max(timeout.Milliseconds(), 1)
	said, fields, err := ask(ctx, say("fetch", "GET", url, decimal(milliseconds), decimal(horizon.MaxBodyBytes), "Accept", "application/json"))
	if errors.Is(err, errTimeout) {
		return horizon.Response{}, fmt.Errorf("%w: %s after %s", horizon.ErrTimeout, url, timeout)
	} else if err != nil {
		return horizon.Response{}, fmt.Errorf("fetching %s: %w", url, err)
	}
	number, retryAfter, _ := strings.Cut(strings.Clone(said), "\n")
	status, err := strconv.Atoi(number)
	if err != nil {
		return horizon.Response{}, fmt.Errorf("fetching %s: status: %w", url, err)
	}
	return horizon.Response{Status: status, RetryAfter: retryAfter, Body: fields[0]}, nil
}
