//go:build js && wasm

package main

import (
	"bytes"
	"context"
	"net/http"

	"edgecheckout/worker/web"
)

// whole makes an ordinary handler answer whole requests.
func whole(h http.Handler) func(context.Context, *web.Request) web.Response {
	return func(ctx context.Context, r *web.Request) web.Response {
		request, err := http.NewRequestWithContext(ctx, r.Method, r.URL.String(), bytes.NewReader(r.Body))
		if err != nil {
			panic(err)
		}
		for _, field := range r.Header {
			request.Header.Set(field.Name, field.Value)
		}
		w := &recorder{header: http.Header{}}
		h.ServeHTTP(w, request)
		response := web.Response{Status: max(w.status, http.StatusOK), Body: w.body.Bytes()}
		if w.body.Len() > 0 && w.header.Get("Content-Type") == "" {
			w.header.Set("Content-Type", http.DetectContentType(response.Body))
		}
		for name, values := range w.header {
			for _, value := range values {
				response.Header = append(response.Header, web.Field{Name: name, Value: value})
			}
		}
		return response
	}
}

// recorder records what a handler writes.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header         { return w.header }
func (w *recorder) Write(b []byte) (int, error) { return w.body.Write(b) }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}
