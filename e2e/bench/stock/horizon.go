//go:build js && wasm

package main

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/syumai/workers/cloudflare/fetch"

	"edgecheckout/worker/horizon"
)

// transport reads Horizon through the package's client; net/http's own would end the program.
type transport struct{ client *http.Client }

func newHorizon() transport {
	return transport{fetch.NewClient().HTTPClient(fetch.RedirectModeManual)}
}

// Get implements horizon.Transport, except that the package has no way to give a request up.
func (t transport) Get(ctx context.Context, url string, _ time.Duration) (horizon.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return horizon.Response{}, err
	}
	request.Header.Set("Accept", "application/json")
	response, err := t.client.Do(request)
	if err != nil {
		return horizon.Response{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, horizon.MaxBodyBytes+1))
	return horizon.Response{Status: response.StatusCode, RetryAfter: response.Header.Get("Retry-After"),
		Remaining: response.Header.Get("X-Ratelimit-Remaining"), Body: body, Cut: len(body) > horizon.MaxBodyBytes}, err
}

// GetAll implements horizon.Transport.
func (t transport) GetAll(ctx context.Context, urls []string, timeout time.Duration) []horizon.Result {
	results := make([]horizon.Result, len(urls))
	var wait sync.WaitGroup
	for i, url := range urls {
		wait.Go(func() { results[i].Response, results[i].Err = t.Get(ctx, url, timeout) })
	}
	wait.Wait()
	return results
}

// Rest implements horizon.Transport. The Go scheduler lets others run by itself.
func (transport) Rest(context.Context) {}
