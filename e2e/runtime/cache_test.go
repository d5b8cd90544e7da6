package runtime

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestACachedPageDoesNotTouchGo(t *testing.T) {
	w := serve(t, 1)
	first := w.get(t, "/pay/open?utm=1")
	if first.header.Get("X-Cache") != "miss" || !strings.HasPrefix(first.body, "open  ") {
		t.Fatalf("first view: %v %q", first.header, first.body)
	}
	var second answer
	eventually(t, "the page is in the cache", func() bool {
		second = w.get(t, "/pay/open?utm=2")
		return second.header.Get("X-Cache") == "hit"
	})
	// Every rendering is different, so the same bytes come from the cache.
	body := second.body
	for range 3 {
		if a := w.get(t, "/pay/open"); a.body != body || a.header.Get("X-Cache") != "hit" || a.status != http.StatusOK {
			t.Errorf("%d %q %v, want the cached %q", a.status, a.body, a.header, body)
		}
	}
	if second.header.Get("Cache-Control") != "public, max-age=0, s-maxage=60" || second.header.Get("X-Rendered-At") != "" {
		t.Errorf("headers of a hit: %v", second.header)
	}
	one, other := w.get(t, "/pay/open").header.Get("Request-Id"), w.get(t, "/pay/open").header.Get("Request-Id")
	if one == other || !requestID.MatchString(one) {
		t.Errorf("request ids of hits: %q and %q", one, other)
	}
	r, err := http.NewRequest(http.MethodHead, w.url+"/pay/open", nil)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := w.do(r); err != nil || a.status != http.StatusOK || a.body != "" || a.header.Get("X-Cache") != "hit" {
		t.Errorf("HEAD: %+v, %v", a, err)
	}
}

func TestNothingPrivateIsCached(t *testing.T) {
	w := serve(t, 1)
	for _, id := range []string{"private", "max-age", "unmarked"} {
		bodies := map[string]bool{}
		for range 3 {
			a := w.get(t, "/pay/"+id)
			if a.header.Get("X-Cache") != "miss" {
				t.Errorf("%s: %v", id, a.header)
			}
			bodies[a.body] = true
			time.Sleep(50 * time.Millisecond)
		}
		if len(bodies) != 3 {
			t.Errorf("%s: %d different answers of 3", id, len(bodies))
		}
	}
	for _, name := range []string{"X-Api-Key", "Authorization"} {
		for range 3 {
			r, err := http.NewRequest(http.MethodGet, w.url+"/pay/finished", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set(name, "secret")
			if a, err := w.do(r); err != nil || a.header.Get("X-Cache") != "" {
				t.Errorf("with %s: %v, %v", name, a.header, err)
			}
		}
	}
	if a := w.get(t, "/pay/finished"); a.header.Get("X-Cache") != "miss" {
		t.Errorf("an answer to a request with a key was cached: %v", a.header)
	}
}

func TestTheCacheForgetsWhenItWasTold(t *testing.T) {
	w := serve(t, 1)
	first := w.get(t, "/pay/brief/status")
	time.Sleep(2500 * time.Millisecond)
	if a := w.get(t, "/pay/brief/status"); a.header.Get("X-Cache") != "miss" || a.body == first.body {
		t.Errorf("after its time: %v", a.header)
	}
}

func TestAnOpenPageIsRenderedAgainBehindTheReadersBack(t *testing.T) {
	t.Parallel()
	w := serve(t, 1)
	first := map[string]string{"open": w.get(t, "/pay/open").body, "finished": w.get(t, "/pay/finished").body}
	time.Sleep(15500 * time.Millisecond)
	for id, body := range first {
		if a := w.get(t, "/pay/"+id); a.body != body || a.header.Get("X-Cache") != "hit" {
			t.Errorf("%s: the reader waited for a new page: %v", id, a.header)
		}
	}
	eventually(t, "the open page is a new one", func() bool {
		a := w.get(t, "/pay/open")
		return a.body != first["open"] && a.header.Get("X-Cache") == "hit"
	})
	time.Sleep(300 * time.Millisecond)
	if a := w.get(t, "/pay/finished"); a.body != first["finished"] {
		t.Error("a finished page was rendered again")
	}
}
