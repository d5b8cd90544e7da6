package horizon

import (
	"context"
	"errors"
	"time"
)

// ErrTimeout reports a request that was given up because its time was over.
var ErrTimeout = errors.New("horizon: request timed out")

// MaxBodyBytes bounds an answer: a page of 200 joined payments is about 1 MiB. If each of them comes
// with a transaction of a hundred operations, it is larger.
const MaxBodyBytes = 8 << 20

// Response is what the client reads of an HTTP response.
type Response struct {
	Status     int
	RetryAfter string // the Retry-After header, empty if there was none
	Remaining  string // the X-Ratelimit-Remaining header: how many requests Horizon still answers; empty if there was none
	Body       []byte
	Cut        bool // Body is only how a larger one begins
}

type bodyBytesKey struct{}

// withBodyBytes returns a context for requests of whose answers so many bytes are read.
func withBodyBytes(ctx context.Context, n int) context.Context {
	return context.WithValue(ctx, bodyBytesKey{}, n)
}

// BodyBytes is how much is read of an answer at most.
func BodyBytes(ctx context.Context) int {
	if n, ok := ctx.Value(bodyBytesKey{}).(int); ok {
		return n
	}
	return MaxBodyBytes
}

// MaxBatch is how many requests a batch has at most: Cloudflare opens six connections at once for
// one invocation
// (https://developers.cloudflare.com/workers/platform/limits/#simultaneous-open-connections).
const MaxBatch = 6

// Result is what became of one request of a batch.
type Result struct {
	Response Response
	Err      error
}

// Transport performs GET requests that accept JSON. It follows no redirects to other hosts and
// keeps no cookies. A response of any status is no error; ErrTimeout (possibly wrapped) is returned
// when the response was not read completely within timeout. Of a body that is larger than
// [BodyBytes] only so much is read.
type Transport interface {
	Get(ctx context.Context, url string, timeout time.Duration) (Response, error)

	// GetAll performs up to MaxBatch requests at the same time, each with the timeout for itself,
	// and returns their results in the order of the URLs once all are there. The failure of one is
	// not that of another.
	GetAll(ctx context.Context, urls []string, timeout time.Duration) []Result

	// Rest lets requests that wait for the thread run first. It is called between two pages of a
	// batch: decoding one takes up to 30 ms, and an isolate has a single thread.
	Rest(ctx context.Context)
}

// InTurn is GetAll for a Transport that can perform one request at a time.
func InTurn(urls []string, get func(url string) (Response, error)) []Result {
	results := make([]Result, len(urls))
	for i, url := range urls {
		results[i].Response, results[i].Err = get(url)
	}
	return results
}
