// Package web has HTTP requests and responses as whole values, as they pass between a runtime and a
// service.
package web

import (
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Request is a request with its whole body. A handler must not keep it.
type Request struct {
	Method string
	URL    *url.URL
	Header Header
	Body   []byte // empty if there is none
}

// Response is a response with its whole body, which must not be modified afterwards.
type Response struct {
	Status int
	Header Header
	Body   []byte
}

// Header is a list of fields. There are so few that searching a list is faster than making a map.
type Header []Field

// Field is a header field. Its name is in the canonical form of [http.CanonicalHeaderKey]. In a
// request, several fields of one name are combined into one, separated by ", " (RFC 9110, section
// 5.3).
type Field struct{ Name, Value string }

// Get returns the value of a field by its canonical name, and whether the field exists.
func (h Header) Get(name string) (value string, ok bool) {
	for i := range h {
		if h[i].Name == name {
			return h[i].Value, true
		}
	}
	return "", false
}

// Handler makes an [http.Handler] of h. It reads at most limit bytes of a body and answers 400 if
// the body cannot be read to its end.
func Handler(limit int64, h func(*http.Request, *Request) Response) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		whole := Request{Method: r.Method, URL: r.URL}
		for name, values := range r.Header {
			whole.Header = append(whole.Header, Field{name, strings.Join(values, ", ")})
		}
		if r.Body != nil { // in some runtimes it is nil if there is none
			var err error
			if whole.Body, err = io.ReadAll(io.LimitReader(r.Body, limit)); err != nil {
				http.Error(w, "The body could not be read to its end.", http.StatusBadRequest)
				return
			}
		}
		response := h(r, &whole)
		for _, field := range response.Header {
			w.Header().Add(field.Name, field.Value)
		}
		w.WriteHeader(response.Status)
		_, _ = w.Write(response.Body)
	})
}
