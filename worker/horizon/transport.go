package horizon

import (
	"context"
	"errors"
	"time"
)

// ErrTimeout reports a request that was given up because its time was over.
var ErrTimeout = errors.New("horizon: request timed out")

// MaxBodyBytes bounds an answer: a page of 200 joined payments is about 1 MiB. A Transport fails when an answer is
// larger.
const MaxBodyBytes = 8 << 20

// Response is what the client reads of an HTTP response.
type Response struct {
	Status     int
	RetryAfter string // the Retry-After header, empty if there was none
	Body       []byte
}

// Transport performs a GET request that accepts JSON. It follows no redirects to other hosts and keeps no cookies.
// A response of any status is no error; ErrTimeout (possibly wrapped) is returned when the response was not read
// completely within timeout.
type Transport interface {
	Get(ctx context.Context, url string, timeout time.Duration) (Response, error)
}
