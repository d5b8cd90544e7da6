//go:build js && wasm

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/syumai/workers/cloudflare/cache"
)

// recent keeps what the service wants to remember for seconds in the edge cache. A claim lives no
// longer than the instance, and that no longer than the request: everybody gets it.
type recent struct{ cache *cache.Cache }

func newRecent() recent { return recent{cache.New()} }

func recentRequest(key string) (*http.Request, error) {
	return http.NewRequest(http.MethodGet, "https://recent.invalid/"+url.PathEscape(key), nil)
}

func (r recent) Recall(_ context.Context, key string) []byte {
	request, err := recentRequest(key)
	if err != nil {
		return nil
	}
	response, err := r.cache.Match(request, nil)
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	value, err := io.ReadAll(response.Body)
	if err != nil {
		return nil
	}
	return value
}

func (r recent) Keep(_ context.Context, key string, value []byte, ttl time.Duration) {
	request, err := recentRequest(key)
	if err != nil {
		return
	}
	header := http.Header{"Cache-Control": {fmt.Sprintf("public, s-maxage=%d", max(int(ttl/time.Second), 1))}}
	_ = r.cache.Put(request, response(http.StatusOK, header, value)) // it may forget at any time
}

func (r recent) Claim(string, time.Duration) bool { return true }

// edgeCache has nobody purge anything: the package does not know Workers Cache.
type edgeCache struct{}

func (edgeCache) Purge(context.Context, ...string) {}

func response(status int, header http.Header, body []byte) *http.Response {
	header = header.Clone()
	header.Set("Content-Length", strconv.Itoa(len(body)))
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body))}
}
