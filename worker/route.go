package worker

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// audience says who may call a route.
type audience int

const (
	forEverybody audience = iota
	forMerchant           // with an API key
	forOperator           // with the ADMIN_TOKEN
)

// route is one line of the API. A handler returns what to answer, or an *Error to tell, or another error to hide and log.
type route struct {
	pattern  string // GET /path?parameter&parameter
	audience audience
	handler  func(*call) (answer, error)
}

// methodAndPath is the part of a pattern that the mux knows.
func (r route) methodAndPath() string {
	pattern, _, _ := strings.Cut(r.pattern, "?")
	return pattern
}

// parameters lists the names that the query may have.
func (r route) parameters() []string {
	_, names, _ := strings.Cut(r.pattern, "?")
	return strings.FieldsFunc(names, func(c rune) bool { return c == '&' })
}

// endpoint is a route that has been taken apart.
type endpoint struct {
	route
	method  string
	path    string   // /path/{wildcard}
	literal string   // the path up to its first wildcard
	query   []string // the names that the query may have
}

// ServeHTTP makes an endpoint an entry of the mux; it is never called through it.
func (*endpoint) ServeHTTP(http.ResponseWriter, *http.Request) {}

// router finds the endpoint of a request. The mux has the say. What it would say of a path that is written plainly is found without it, which
// is cheaper.
type router struct {
	mux   *http.ServeMux
	plain [][]*endpoint // by the number of slashes in the path
}

func newRouter(routes []route) router {
	t := router{mux: http.NewServeMux()}
	for _, r := range routes {
		method, path, _ := strings.Cut(r.methodAndPath(), " ")
		literal, _, _ := strings.Cut(path, "{")
		e := &endpoint{r, method, path, literal, r.parameters()}
		t.mux.Handle(r.methodAndPath(), e)
		slashes := strings.Count(path, "/")
		for len(t.plain) <= slashes {
			t.plain = append(t.plain, nil)
		}
		t.plain[slashes] = append(t.plain[slashes], e)
	}
	return t
}

// find returns the endpoint for a request, or an error that says what is wrong with its path or its method.
func (t router) find(r *http.Request) (*endpoint, error) {
	if e := t.findPlain(r.Method, r.URL); e != nil {
		return e, nil
	}
	handler, pattern := t.mux.Handler(r)
	if e, ok := handler.(*endpoint); ok && pattern != "" {
		return e, nil
	}
	return nil, unmatched(handler, r)
}

// findPlain returns the endpoint of a path without escapes, empty segments or dots; nil if there is none, or the mux must tell.
func (t router) findPlain(method string, u *url.URL) *endpoint {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if u.RawPath != "" || !strings.HasPrefix(u.Path, "/") {
		return nil
	}
	slashes := strings.Count(u.Path, "/")
	if slashes >= len(t.plain) {
		return nil
	}
	for _, e := range t.plain[slashes] {
		if e.method == method && strings.HasPrefix(u.Path, e.literal) && fits(e.path, u.Path) {
			return e
		}
	}
	return nil
}

// fits compares the segments of a path, of which there are as many as in the pattern.
func fits(pattern, path string) bool {
	for more := true; more; {
		var want, got string
		want, pattern, _ = strings.Cut(pattern, "/")
		got, path, more = strings.Cut(path, "/")
		wildcard := want != "" && want[0] == '{'
		if got != want && !wildcard || wildcard && (got == "" || got == "." || got == "..") {
			return false
		}
	}
	return true
}

// pathValue matches a path against the pattern that was chosen for it, whose wildcards are whole segments. A slash that is written %2F
// ends none.
func pathValue(pattern string, u *url.URL, name string) string {
	path, escaped := u.Path, u.RawPath != ""
	if escaped {
		path = u.EscapedPath()
	}
	for rest := path; pattern != ""; {
		var wildcard, value string
		wildcard, pattern, _ = strings.Cut(pattern, "/")
		value, rest, _ = strings.Cut(rest, "/")
		if len(wildcard) == len(name)+2 && wildcard[0] == '{' && wildcard[1:len(wildcard)-1] == name {
			if escaped {
				if plain, err := url.PathUnescape(value); err == nil {
					return plain
				}
			}
			return value
		}
	}
	return ""
}

// unmatched tells an unknown path from a known one with another method, which the mux answers itself.
func unmatched(handler http.Handler, r *http.Request) error {
	probe := &statusProbe{header: http.Header{}}
	handler.ServeHTTP(probe, r)
	if allow := probe.header.Get("Allow"); probe.status == http.StatusMethodNotAllowed {
		return methodNotAllowed{allow}
	}
	return &Error{Code: CodeNotFound, Message: fmt.Sprintf("There is nothing at %s.", clip(r.URL.Path))}
}

type methodNotAllowed struct{ allow string }

func (e methodNotAllowed) Error() string { return "method not allowed" }

type statusProbe struct {
	header http.Header
	status int
}

func (p *statusProbe) Header() http.Header         { return p.header }
func (p *statusProbe) Write(b []byte) (int, error) { return len(b), nil }
func (p *statusProbe) WriteHeader(status int)      { p.status = status }
