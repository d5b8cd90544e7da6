package worker

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// FuzzTheShortWayToARouteLeadsWhereTheMuxLeads compares the two, wherever the short one leads anywhere.
func FuzzTheShortWayToARouteLeadsWhereTheMuxLeads(f *testing.F) {
	routes := (&Service{}).routes()
	t := newRouter(routes)
	for _, r := range routes {
		method, path, _ := strings.Cut(r.methodAndPath(), " ")
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
		short := t.findPlain(method, u)
		if short == nil {
			return
		}
		handler, _ := t.mux.Handler(&http.Request{Method: method, URL: u, Host: u.Host})
		if e, ok := handler.(*endpoint); !ok || e != short {
			tt.Errorf("%s %s: the short way leads to %q, the mux to %v", method, path, short.pattern, handler)
		}
	})
}

func TestEveryRouteHasAShortWay(t *testing.T) {
	routes := (&Service{}).routes()
	router := newRouter(routes)
	for _, r := range routes {
		method, path, _ := strings.Cut(r.methodAndPath(), " ")
		u := &url.URL{Scheme: "https", Host: "pay.example", Path: strings.NewReplacer("{", "", "}", "").Replace(path)}
		if e := router.findPlain(method, u); e == nil || e.pattern != r.pattern {
			t.Errorf("%s: %+v", r.pattern, e)
		}
	}
}
