package worker

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"edgecheckout/worker/web"
)

// audience says who may call a route.
type audience int

const (
	forEverybody audience = iota
	forMerchant           // with an API key
	forOperator           // with the ADMIN_TOKEN
	forOwner              // of a merchant, with a session: pages of the console and their forms
	forGuest              // of the console: the pages and forms by which owners sign in
)

// isConsole reports whether people use the route in the console, whose errors are pages.
func (a audience) isConsole() bool { return a == forOwner || a == forGuest }

// serving says who answers a route, and whether Cloudflare's cache may keep the answer.
type serving int

const (
	fresh  serving = iota // the service answers each request
	shared                // the service answers, and says how long all may get the same answer
	page                  // like shared, for people: errors are pages, too
	// Cloudflare serves a file, without calling the Worker: see package static.
	file
)

// route is an entry in the table of routes. A handler returns an answer, an [*Error] for the
// caller, or another error, which is logged and not disclosed.
type route struct {
	pattern  string // GET /path?parameter&parameter
	audience audience
	serving  serving
	handler  func(*call) (answer, error) // nil for a file
}

// methodAndPath is the pattern without its parameters.
func (r route) methodAndPath() string {
	pattern, _, _ := strings.Cut(r.pattern, "?")
	return pattern
}

// parameters lists the names allowed in the query.
func (r route) parameters() []string {
	_, names, _ := strings.Cut(r.pattern, "?")
	return strings.FieldsFunc(names, func(c rune) bool { return c == '&' })
}

// Route is a route as wasm/routes.mjs contains it.
type Route struct {
	Method, Path string // the path may have wildcards, each a whole segment: /path/{wildcard}
	Audience     string // "everybody", "merchant", "operator", "owner" or "guest"
	Page         bool   // whether people look at it
}

// aliases are further names of paths, as StellarTools' client has them.
var aliases = [...]struct{ path, other string }{{"/product", "/products"}, {"/payment", "/payments"}}

// alias returns the other name of a path; "" if it has none.
func alias(path string) string {
	for _, a := range aliases {
		if rest, ok := strings.CutPrefix(path, a.path); ok && (rest == "" || rest[0] == '/') {
			return a.other + rest
		}
	}
	return ""
}

// Routes lists all routes, for the generator of wasm/routes.mjs.
func Routes() []Route {
	var all []Route
	for _, r := range (*Service)(nil).routes() {
		method, path, _ := strings.Cut(r.methodAndPath(), " ")
		audience := map[audience]string{
			forEverybody: "everybody", forMerchant: "merchant", forOperator: "operator", forOwner: "owner", forGuest: "guest",
		}[r.audience]
		shown := r.serving == page || r.audience.isConsole() && method == http.MethodGet
		all = append(all, Route{method, path, audience, shown})
		if other := alias(path); other != "" {
			all = append(all, Route{method, other, audience, shown})
		}
	}
	return all
}

// endpoint is a parsed route.
type endpoint struct {
	route
	method  string
	path    string   // /path/{wildcard}
	literal string   // the path up to its first wildcard
	query   []string // the names allowed in the query
}

// router finds the endpoint of a request. A path has only one spelling: unreserved characters (RFC
// 3986) and slashes, none of them escaped, and no empty segment. wasm/door.mjs reads paths in the
// same way, with the same table.
type router [][]*endpoint // by the number of slashes in the path

func newRouter(routes []route) router {
	var t router
	add := func(r route, method, path string) {
		literal, _, _ := strings.Cut(path, "{")
		slashes := strings.Count(path, "/")
		for len(t) <= slashes {
			t = append(t, nil)
		}
		t[slashes] = append(t[slashes], &endpoint{r, method, path, literal, r.parameters()})
	}
	for _, r := range routes {
		method, path, _ := strings.Cut(r.methodAndPath(), " ")
		add(r, method, path)
		if other := alias(path); other != "" {
			add(r, method, other)
		}
	}
	return t
}

// find returns the endpoint of a request, or an error: for an unknown path or method, or a redirect
// to the right spelling.
func (t router) find(r *web.Request) (*endpoint, error) {
	u := r.URL
	if u.RawPath == "" && isPlain(u.Path) {
		e, allow := t.match(r.Method, u.Path)
		if e == nil && len(allow) > 0 {
			return nil, methodNotAllowed{strings.Join(allow, ", ")}
		}
		if e != nil && e.serving != file {
			return e, nil
		}
	} else if (r.Method == http.MethodGet || r.Method == http.MethodHead) && isPlain(u.Path) && !strings.Contains(strings.ToUpper(u.RawPath), "%2F") {
		// Some mail programs escape characters unnecessarily. Their links redirect to the one
		// spelling.
		if e, _ := t.match(r.Method, u.Path); e != nil && e.audience == forEverybody {
			return nil, moved{u.Path + e.canonical(u)}
		}
	}
	return nil, &Error{Code: CodeNotFound, Message: fmt.Sprintf("There is nothing at %s.", clip(u.Path))}
}

// match returns the endpoint of a method and a path, or if there is none, the methods of the path.
func (t router) match(method, path string) (found *endpoint, allow []string) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	slashes := strings.Count(path, "/")
	if slashes >= len(t) {
		return nil, nil
	}
	for _, e := range t[slashes] {
		if !strings.HasPrefix(path, e.literal) || !fits(e.path, path) {
			continue
		}
		if e.method == method {
			return e, nil
		}
		if allow = append(allow, e.method); e.method == http.MethodGet {
			allow = append(allow, http.MethodHead)
		}
	}
	slices.Sort(allow)
	return nil, allow
}

// isPlain reports whether a path consists of slashes and characters that are never escaped.
func isPlain(path string) bool {
	if path == "" || path[0] != '/' {
		return false
	}
	for i := range len(path) {
		switch c := path[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '/', c == '_', 'A' <= c && c <= 'Z', c == '-', c == '.', c == '~':
		default:
			return false
		}
	}
	return true
}

// fits compares the segments of a path with a pattern that has as many.
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

// pathValue returns the value of a wildcard in a path that matches the pattern.
func pathValue(pattern, path, name string) string {
	for pattern != "" {
		var wildcard, value string
		wildcard, pattern, _ = strings.Cut(pattern, "/")
		value, path, _ = strings.Cut(path, "/")
		if len(wildcard) == len(name)+2 && wildcard[0] == '{' && wildcard[1:len(wildcard)-1] == name {
			return value
		}
	}
	return ""
}

// canonical returns the query, with its question mark, under which Cloudflare's cache keeps the
// answer of e to u: the known parameters, once and in the order of the pattern. Others do not
// change the answer and would only fill the cache with copies.
func (e *endpoint) canonical(u *url.URL) string {
	var b strings.Builder
	if len(e.query) > 0 && u.RawQuery != "" {
		given := u.Query() // omits what cannot be parsed
		for _, name := range e.query {
			if values := given[name]; len(values) > 0 && values[0] != "" {
				b.WriteByte("?&"[min(b.Len(), 1)])
				b.WriteString(name + "=" + url.QueryEscape(values[0]))
			}
		}
	}
	return b.String()
}

// moved redirects a request to the proper address.
type moved struct{ to string }

func (moved) Error() string { return "moved" }

type methodNotAllowed struct{ allow string }

func (methodNotAllowed) Error() string { return "method not allowed" }
