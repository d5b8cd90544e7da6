package worker_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"edgecheckout/worker"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/watch/watchtest"

	"github.com/google/go-cmp/cmp"
)

// javaScript reads the modules in front of the service on Cloudflare.
func javaScript(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("../wasm/*.mjs")
	if err != nil || len(files) == 0 {
		t.Fatalf("no modules: %v", err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// Cloudflare's cache keeps an answer without caching headers for hours, serves it to anyone who
// requests the path, and ignores x-api-key.
func TestEveryAnswerHasCachingHeaders(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	anybody := client{t, edge, http.Header{}}
	nobody := http.Header{"Cache-Control": {"private, no-store"}}
	said := func(r reply) http.Header {
		said := http.Header{}
		for _, name := range []string{"Cache-Control", "Cloudflare-Cdn-Cache-Control", "Cdn-Cache-Control", "Cache-Tag", "Vary"} {
			if values := r.header.Values(name); values != nil {
				said[name] = values
			}
		}
		return said
	}
	const status = "GET /pay/{id}/status"
	want := map[string]http.Header{
		"GET /pay/{id}": {
			"Cache-Control": {"no-cache"}, "Cloudflare-Cdn-Cache-Control": {"max-age=15, stale-while-revalidate=15, stale-if-error=0"},
		},
		"GET /pay/{id}/receipt": {"Cache-Control": {"no-cache"}, "Cloudflare-Cdn-Cache-Control": {"max-age=5, stale-if-error=0"}},
		status:                  {"Cache-Control": {"no-cache"}, "Cloudflare-Cdn-Cache-Control": {"max-age=1, stale-if-error=0"}},
		"GET /buy/{id}": {
			"Cache-Control": {"no-cache"}, "Cloudflare-Cdn-Cache-Control": {"max-age=60, stale-while-revalidate=60, stale-if-error=0"},
		},
		"GET /buy/{id}/qr.svg": {"Cache-Control": {"max-age=86400"}, "Cloudflare-Cdn-Cache-Control": {"max-age=86400"}},
		"GET /.well-known/stellar.toml": {
			"Cache-Control": {"max-age=300"}, "Cloudflare-Cdn-Cache-Control": {"max-age=3600, stale-while-revalidate=86400"},
		},
	}
	for _, route := range worker.Operations() {
		if route.Function == "" {
			continue // a file: see wasm/assets
		}
		body := ""
		if contract.Operations()[route.Pattern].RequestBody != nil {
			body = "{}"
		}
		s.Sleep(10 * time.Second) // the ledgers of what follows close before the clock
		ask := s.ask(t, edge)     // objects that no other route has changed
		r := ask(route.Pattern, "", body)
		expected := want[route.Pattern]
		if expected == nil {
			expected = nobody
		} else if tag := r.header.Get("Cache-Tag"); strings.HasPrefix(tag, "chk_") || strings.HasPrefix(tag, "link_") {
			expected["Cache-Tag"] = []string{tag}
		}
		if diff := cmp.Diff(expected, said(r)); diff != "" {
			t.Errorf("%s, %d: (-want +got)\n%s", route.Pattern, r.status, diff)
		}
		// Errors and redirects are not cached.
		for _, again := range []reply{anybody.do("PATCH", "/product", ""), anybody.get("/nothing"), ask(route.Pattern, "?no_such_parameter=1", body)} {
			if diff := cmp.Diff(nobody, said(again)); again.status != 200 && diff != "" {
				t.Errorf("%s, %d: (-want +got)\n%s", route.Pattern, again.status, diff)
			}
		}
	}
	order := s.order(edge)
	for path, expected := range map[string]http.Header{
		"/pay/" + order: {
			"Cache-Control": {"max-age=60"}, "Cloudflare-Cdn-Cache-Control": {"max-age=86400, stale-while-revalidate=86400"}, "Cache-Tag": {order},
		},
		"/pay/" + order + "/status": {"Cache-Control": {"no-cache"}, "Cloudflare-Cdn-Cache-Control": {"max-age=300"}, "Cache-Tag": {order}},
		"/pay/nothing":              {"Cache-Control": {"no-cache"}, "Cloudflare-Cdn-Cache-Control": {"max-age=10, stale-if-error=0"}},
		"/pay/nothing/status":       nobody,
	} {
		if diff := cmp.Diff(expected, said(anybody.get(path))); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", path, diff)
		}
	}
}

// order creates a checkout and pays it.
func (s *site) order(edge *worker.Service) (id string) {
	shop, _ := s.merchant(edge)
	c := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	s.Pay(s.Person(), addr(c.text("destination")), "5", s.USDC(), c.text("memo"))
	s.Advance(time.Minute)
	s.sweep(edge)
	return c.text("id")
}

func TestJavaScriptKnowsForHowLongAPIKeysAreCached(t *testing.T) {
	text := javaScript(t)
	for _, want := range []string{
		fmt.Sprintf("startsWith(%q) ? BRIEF : undefined", kv.BriefPrefix),
		fmt.Sprintf("const BRIEF = { cacheTtl: %d };", int(kv.BriefStaleness/time.Second)),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no module has %s", want)
		}
	}
}

var seconds = regexp.MustCompile(`(max-age|stale-while-revalidate)=(\d+)`)

// Cloudflare's cache has two tiers, each of which may keep a page for its whole lifetime.
func TestOpenPagesAreNeverOlderThanAMinute(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	shop, _ := s.merchant(edge)
	id := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"XLM"}`).text("id")
	anybody := client{t, edge, http.Header{}}
	for when, wait := range map[string]time.Duration{"new": 0, "looked at": time.Hour, "at its end": 24 * time.Hour} {
		s.Sleep(wait)
		r := anybody.get("/pay/" + id)
		edge, age := r.header.Get("Cloudflare-Cdn-Cache-Control"), 0
		for _, part := range seconds.FindAllStringSubmatch(edge, -1) {
			n, err := strconv.Atoi(part[2])
			if err != nil {
				t.Fatal(err)
			}
			age += n
		}
		if age == 0 || 2*age > 60 || !strings.Contains(edge, "stale-if-error=0") || r.header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: a page may be %d seconds old: %q, %q", when, 2*age, edge, r.header.Get("Cache-Control"))
		}
	}
}

func TestEndedAndCancelledCheckoutsArePurged(t *testing.T) {
	s := deploy(t)
	here, cron := s.edge(), s.edge()
	shop, _ := s.merchant(here)
	person := s.Person()
	s.Advance(time.Hour)
	var ids []string
	for range 103 {
		ids = append(ids, shop.post("/checkout?type=direct", `{"amount":1,"asset_code":"USDC"}`).text("id"))
	}
	cancelled, looked, open := ids[0], ids[1], ids[2]
	if got := s.purges.take(); got != nil {
		t.Errorf("making a checkout purges %v", got)
	}
	shop.post("/checkout/"+cancelled+"/expire", "{}")
	shop.post("/checkout/"+cancelled+"/expire", "{}")
	if diff := cmp.Diff([]string{cancelled}, s.purges.take()); diff != "" {
		t.Errorf("cancelling:\n%s", diff)
	}
	pay := func(id string) {
		c := shop.get("/checkout/" + id)
		s.Pay(person, addr(c.text("destination")), "1", s.USDC(), c.text("memo"))
		s.Advance(watchtest.LedgerTime)
	}
	pay(looked)
	for range 3 {
		shop.get("/checkout/" + looked)
	}
	if diff := cmp.Diff([]string{looked}, s.purges.take()); diff != "" {
		t.Errorf("a look that finds a payment:\n%s", diff)
	}
	for _, id := range ids[3:] {
		pay(id)
	}
	s.purges.take()
	s.Advance(time.Minute)
	s.sweep(cron)
	s.sweep(cron)
	var forgotten []string
	for _, call := range s.purges.take() {
		tags := strings.Fields(call)
		if len(tags) > worker.MaxPurge {
			t.Errorf("%d tags are purged at once", len(tags))
		}
		forgotten = append(forgotten, tags...)
	}
	slices.Sort(forgotten)
	ended := slices.Sorted(slices.Values(append(ids[3:], cancelled))) // its two minutes are over
	if diff := cmp.Diff(ended, forgotten); diff != "" {
		t.Errorf("a sweep that ends %d (%s stays open):\n%s", len(ended), open, diff)
	}
}

func TestIrrelevantQueriesAreNotCached(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	order := s.order(edge)
	anybody := client{t, edge, http.Header{}}
	for _, path := range []string{"/pay/" + order, "/pay/" + order + "/status", "/.well-known/stellar.toml"} {
		for _, query := range []string{"?utm_source=mail", "?x", "?a=%zz", "?"} {
			r := anybody.get(path + query)
			if r.status != http.StatusFound || r.header.Get("Location") != path || r.header.Get("Cache-Control") != "private, no-store" || r.body != "" {
				t.Errorf("%s%s: %d %v %q", path, query, r.status, r.header, r.body)
			}
		}
	}
	if r := anybody.get("/health?utm_source=mail"); r.status != http.StatusOK {
		t.Errorf("an answer that is not cached: %d", r.status)
	}
}

func TestPlainHTTPRedirectsPagesAndRefusesTheRest(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	ask := func(edge http.Handler, method, path string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "http://evil.example"+path, nil)
		w := httptest.NewRecorder()
		edge.ServeHTTP(w, r)
		return w
	}
	for _, c := range []struct{ method, path, location string }{
		{"GET", "/pay/x?utm=1", "https://pay.example/pay/x"}, {"HEAD", "/pay/x/status", "https://pay.example/pay/x/status"},
		{"GET", "/health", "https://pay.example/health"}, {"POST", "/checkout", ""}, {"GET", "/checkout", ""}, {"GET", "/merchants/x", ""}, {"POST", "/pay/x/transaction", ""},
	} {
		w := ask(edge, c.method, c.path)
		status := http.StatusBadRequest
		if c.location != "" {
			status = http.StatusFound
		}
		if w.Code != status || w.Header().Get("Location") != c.location || w.Header().Get("Cache-Control") != "private, no-store" ||
			c.location == "" && !strings.Contains(w.Body.String(), `"code":"https_required"`) {
			t.Errorf("%s %s: %d %v %s", c.method, c.path, w.Code, w.Header(), w.Body)
		}
	}
	if w := ask(s.edge("BASE_URL", "http://127.0.0.1:8787"), "GET", "/checkout"); w.Code != http.StatusUnauthorized {
		t.Errorf("on a laptop: %d %s", w.Code, w.Body)
	}
}

// Cloudflare's cache serves an answer for a path under any host.
func TestPagesDoNotDependOnTheHost(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	order := s.order(edge)
	for _, path := range []string{"/pay/" + order, "/pay/" + order + "/status", "/.well-known/stellar.toml"} {
		var bodies []string
		for _, host := range []string{"https://pay.example", "https://evil.example:8443"} {
			r := httptest.NewRequest("GET", host+path, nil)
			r.Host = strings.TrimPrefix(host, "https://")
			w := httptest.NewRecorder()
			edge.ServeHTTP(w, r)
			bodies = append(bodies, w.Body.String())
		}
		if bodies[0] != bodies[1] || strings.Contains(bodies[1], "evil.example") {
			t.Errorf("%s is another one under another host:\n%s", path, cmp.Diff(bodies[0], bodies[1]))
		}
	}
}

func TestJavaScriptsErrorsMatchTheTable(t *testing.T) {
	codes := worker.Codes()
	told := map[string]bool{}
	for _, match := range regexp.MustCompile(`problem\(id, (\d+), "(\w+)", "(\w+)"`).FindAllStringSubmatch(javaScript(t), -1) {
		status, err := strconv.Atoi(match[1])
		if err != nil {
			t.Fatal(err)
		}
		told[match[3]] = true
		if got := (worker.CodeMeaning{Status: status, Type: match[2]}); codes[match[3]] != got {
			t.Errorf("%s is sent as %v, but is in the table as %v", match[3], got, codes[match[3]])
		}
	}
	for _, code := range []worker.Code{worker.CodeRateLimited, worker.CodeUnavailable, worker.CodeInternal} {
		if !told[string(code)] {
			t.Errorf("JavaScript does not send %s in a way that this test can read", code)
		}
	}
}
