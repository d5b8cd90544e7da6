//go:build js && wasm

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/syumai/workers/cloudflare/cache"
)

// recent keeps what the service wants to remember for seconds in the edge cache. A claim lives no longer than the
// instance, and that no longer than the request: everybody gets it.
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

var (
	cacheable = regexp.MustCompile(`^/(pay/[^/]+(/status)?|assets/.+)$`)
	sharedFor = regexp.MustCompile(`(?:^|[\s,])s-maxage=([1-9]\d*)`)
)

// cached answers from the edge cache what is the same for everybody, and keeps there what the service says may be kept.
func cached(next http.Handler) http.Handler {
	edge := cache.New()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || !cacheable.MatchString(r.URL.Path) || r.Header.Get("X-Api-Key") != "" {
			next.ServeHTTP(w, r)
			return
		}
		key, err := http.NewRequest(http.MethodGet, r.URL.Scheme+"://"+r.URL.Host+r.URL.Path, nil)
		if err != nil {
			next.ServeHTTP(w, r)
			return
		}
		if hit, err := edge.Match(key, nil); err == nil {
			defer hit.Body.Close()
			send(w, hit.StatusCode, hit.Header, hit.Body, "hit")
			return
		}
		made := &recorder{header: http.Header{}, status: http.StatusOK}
		next.ServeHTTP(made, r)
		control := made.header.Get("Cache-Control")
		if made.status < 500 && strings.HasPrefix(control, "public") && sharedFor.MatchString(control) {
			_ = edge.Put(key, response(made.status, made.header, made.body.Bytes())) // a page that is not kept is made again
		}
		send(w, made.status, made.header, &made.body, "miss")
	})
}

// recorder collects a response.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

func send(w http.ResponseWriter, status int, header http.Header, body io.Reader, xCache string) {
	for name, values := range header {
		w.Header()[name] = []string{strings.Join(values, ",")}
	}
	w.Header().Set("X-Cache", xCache)
	w.WriteHeader(status)
	_, _ = io.Copy(w, body)
}

func response(status int, header http.Header, body []byte) *http.Response {
	header = header.Clone()
	header.Set("Content-Length", strconv.Itoa(len(body)))
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body))}
}
