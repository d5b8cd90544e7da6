package worker

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker/web"
)

// The router must agree with that of the standard library wherever it finds a route.
func FuzzRouterAgreesWithServeMux(f *testing.F) {
	routes := (&Service{}).routes()
	t, mux := newRouter(routes), http.NewServeMux()
	for _, r := range routes {
		method, path, _ := strings.Cut(r.methodAndPath(), " ")
		mux.HandleFunc(r.methodAndPath(), func(http.ResponseWriter, *http.Request) {})
		f.Add(method, strings.NewReplacer("{", "", "}", "").Replace(path))
		f.Add("HEAD", path)
	}
	for _, path := range []string{"/", "//", "/checkout/", "/checkout//expire", "/checkout/../expire", "/checkout/./expire", "/pay/%2F/status", "/pay/a/status/", "/checkout/{id}", "/PAY/x", "/pay/ü", "/pay/..", "*", ""} {
		f.Add("GET", path)
		f.Add("POST", path)
	}
	f.Fuzz(func(tt *testing.T, method, path string) {
		u, err := url.Parse("https://pay.example" + path)
		if err != nil || u.Host != "pay.example" {
			return
		}
		e, err := t.find(&web.Request{Method: method, URL: u})
		_, pattern := mux.Handler(&http.Request{Method: method, URL: u, Host: u.Host})
		if err == nil && e.methodAndPath() != pattern {
			tt.Errorf("%s %s matches %q, in a mux %q", method, path, e.pattern, pattern)
		}
	})
}

// example is a path of the route, with values for its wildcards.
func (e *endpoint) example() string {
	return strings.NewReplacer("{id}", "chk_01kay3t4w5x6y7z8a90123456z", "{key_id}", "key_1", "{checkout_id}", "chk_01kay3t4w5x6y7z8a90123456z", "{name}", "pay.0.css").Replace(e.path)
}

// spellings are other ways to write a plain path. The first three escape characters that need no
// escaping.
func spellings(path string) []string {
	last := strings.LastIndexByte(path, '/') + 1
	escaped := func(i int, digits string) string {
		const upper = "0123456789ABCDEF"
		return path[:i] + "%" + string(digits[path[i]>>4]) + string(upper[path[i]&15]) + path[i+1:]
	}
	return []string{
		escaped(1, "0123456789ABCDEF"), escaped(last, "0123456789abcdef"), escaped(len(path)-1, "0123456789abcdef"),
		"/" + path, path + "/", path[:last] + "/" + path[last:], path + ";v=1", path + "%2F", "/%2e" + path, path + "%20", path + "%00",
		path + "%ff", path + "%", path + "%zz", path + "\xff", path + "ü", "/x/.." + path, "/." + path, path + "/.", path[:last] + "%2f" + path[last:],
		path + "\\", strings.ToUpper(path),
	}
}

func TestEveryRouteHasOneSpelling(t *testing.T) {
	router := newRouter((&Service{}).routes())
	for _, e := range slices.Concat(router...) {
		find := func(path string) (*endpoint, error) {
			u, err := url.Parse("https://pay.example" + path)
			if err != nil { // wasm/edge passes on what net/url cannot parse
				u = &url.URL{Scheme: "https", Host: "pay.example", Path: path}
			}
			return router.find(&web.Request{Method: e.method, URL: u})
		}
		plain := e.example()
		if got, err := find(plain); e.serving != file && (err != nil || got != e) {
			t.Errorf("%s matches %v, %v", e.pattern, got, err)
		}
		for i, path := range spellings(plain) {
			got, err := find(path)
			leads := e.method == http.MethodGet && e.audience == forEverybody && i < 3
			if to, ok := err.(moved); got != nil || ok != leads || ok && to.to != plain {
				t.Errorf("%s, spelled %s, matches %v, %v", e.pattern, path, got, err)
			}
		}
	}
}

func TestPathMatchesAtMostOneRoute(t *testing.T) {
	router := newRouter((&Service{}).routes())
	for _, e := range slices.Concat(router...) {
		for _, other := range slices.Concat(router...) {
			if e != other && e.method == other.method && strings.Count(e.path, "/") == strings.Count(other.path, "/") && fits(other.path, e.example()) {
				t.Errorf("%s is also %s", e.example(), other.pattern)
			}
		}
	}
}

func TestCanonicalQueryHasKnownParametersInOrder(t *testing.T) {
	e := newRouter([]route{{"GET /pay/{id}?lang&theme", forEverybody, page, nil}})[2][0]
	got := map[string]string{}
	for _, query := range []string{"", "?", "?utm_source=mail", "?lang=de", "?theme=dark&lang=de&x=1", "?lang=de&lang=fr", "?lang=", "?lang=a%26b", "?lang=%zz", "?%6Cang=de", "?lang=de;x"} {
		u, err := url.Parse("https://pay.example/pay/x" + query)
		if err != nil {
			t.Fatal(err)
		}
		got[query] = e.canonical(u)
		again, err := url.Parse("https://pay.example/pay/x" + got[query])
		if err != nil || e.canonical(again) != got[query] {
			t.Errorf("%q becomes %q, and that %q, %v", query, got[query], e.canonical(again), err)
		}
	}
	want := map[string]string{
		"": "", "?": "", "?utm_source=mail": "", "?lang=de": "?lang=de", "?theme=dark&lang=de&x=1": "?lang=de&theme=dark", "?lang=de&lang=fr": "?lang=de",
		"?lang=": "", "?lang=a%26b": "?lang=a%26b", "?lang=%zz": "", "?%6Cang=de": "?lang=de", "?lang=de;x": "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
