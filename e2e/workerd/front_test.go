package workerd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"edgecheckout/sandbox/stack"

	"github.com/google/go-cmp/cmp"
)

// origin is a Worker that answers with the headers and the status in the query, and with the number
// of requests it has received. A POST to /purge purges what its body says. A response with the
// header X-Wait is delayed, and one with X-Fail-After fails from that call on.
const origin = `
let asked = 0;
export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/purge") return Response.json(await ctx.cache.purge(await request.json()));
    const n = ++asked;
    const headers = new Headers([...searchParams].filter(([name]) => name !== "status"));
    if (headers.has("x-wait")) await scheduler.wait(Number(headers.get("x-wait")));
    if (headers.has("x-fail-after") && n > Number(headers.get("x-fail-after"))) return new Response("failed", { status: 500, headers: { "cache-control": "no-store" } });
    if (headers.has("etag") && request.headers.get("if-none-match") === headers.get("etag")) return new Response(null, { status: 304, headers });
    return new Response(request.method + " " + n, { status: Number(searchParams.get("status") ?? 200), headers });
  },
};`

// cached starts origin behind the stand-in for Workers Cache.
func cached(t *testing.T) *Process {
	t.Helper()
	root, err := stack.FindRoot()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := Find(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "worker.js"), []byte(origin), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := Config{Binary: binary, Modules: dir, Front: true}.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

// see sends a request to the cache, and returns what the cache did and the body. header alternates
// between names and values.
func see(t *testing.T, p *Process, method, path string, header ...string) (did, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+p.Front+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if r.Header.Set(header[i], header[i+1]); header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Cache-Tag", "Cloudflare-Cdn-Cache-Control"} {
		if response.Header.Get(name) != "" {
			t.Errorf("%s: the client is told %s", path, name)
		}
	}
	return response.Header.Get("Cf-Cache-Status"), string(text)
}

// saying returns a path whose answer has these headers.
func saying(name string, headers ...string) string {
	values := url.Values{}
	for i := 0; i < len(headers); i += 2 {
		values.Set(headers[i], headers[i+1])
	}
	return "/" + name + "?" + values.Encode()
}

func TestCachePolicyOfResponses(t *testing.T) {
	p := cached(t)
	for name, c := range map[string]struct {
		headers []string
		request []string
		want    string // cache status of the first and the second request
	}{
		"nothing said":                  {nil, nil, "MISS HIT"},
		"nothing said of a 404":         {[]string{"status", "404"}, nil, "MISS HIT"},
		"nothing said of a 401":         {[]string{"status", "401"}, nil, "BYPASS BYPASS"},
		"a time":                        {[]string{"cache-control", "max-age=60"}, nil, "MISS HIT"},
		"a time for a 401":              {[]string{"cache-control", "max-age=60", "status", "401"}, nil, "MISS HIT"},
		"no time":                       {[]string{"cache-control", "max-age=0"}, nil, "MISS EXPIRED"},
		"no-cache":                      {[]string{"cache-control", "no-cache"}, nil, "MISS EXPIRED"},
		"no-cache and a version":        {[]string{"cache-control", "no-cache", "etag", `"1"`}, nil, "MISS REVALIDATED"},
		"private":                       {[]string{"cache-control", "private, max-age=60"}, nil, "BYPASS BYPASS"},
		"no-store":                      {[]string{"cache-control", "private, no-store"}, nil, "BYPASS BYPASS"},
		"more for Cloudflare":           {[]string{"cache-control", "no-store", "cloudflare-cdn-cache-control", "max-age=60"}, nil, "MISS HIT"},
		"less for Cloudflare":           {[]string{"cache-control", "max-age=60", "cdn-cache-control", "no-store"}, nil, "BYPASS BYPASS"},
		"a cookie is set":               {[]string{"cache-control", "max-age=60", "set-cookie", "a=1"}, nil, "BYPASS BYPASS"},
		"everything varies":             {[]string{"cache-control", "max-age=60", "vary", "*"}, nil, "BYPASS BYPASS"},
		"a token is sent":               {[]string{"cache-control", "max-age=60"}, []string{"Authorization", "x"}, "BYPASS BYPASS"},
		"a token is sent for everybody": {[]string{"cache-control", "public, max-age=60"}, []string{"Authorization", "x"}, "MISS HIT"},
		"an API key is sent":            {[]string{"cache-control", "max-age=60"}, []string{"x-api-key", "x"}, "MISS HIT"},
		"a part":                        {[]string{"cache-control", "max-age=60", "status", "206"}, nil, "BYPASS BYPASS"},
		"stale for a while":             {[]string{"cache-control", "max-age=0, stale-while-revalidate=60"}, nil, "MISS UPDATING"},
		"s-maxage is never stale":       {[]string{"cache-control", "s-maxage=0, stale-while-revalidate=60"}, nil, "MISS EXPIRED"},
	} {
		path := saying(strings.ReplaceAll(name, " ", "-"), c.headers...)
		first, _ := see(t, p, "GET", path, c.request...)
		second, _ := see(t, p, "GET", path, c.request...)
		if got := first + " " + second; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestCacheKeyOfRequests(t *testing.T) {
	p := cached(t)
	path := saying("page", "cache-control", "max-age=60")
	_, first := see(t, p, "GET", path)
	if first != "GET 1" {
		t.Fatalf("the origin says %q", first)
	}
	for name, c := range map[string]struct {
		method, path string
		header       []string
		want         string
	}{
		"another host":                {"GET", path, []string{"Host", "other.example"}, "HIT"},
		"a cookie and a language":     {"GET", path, []string{"Cookie", "a=1", "Accept-Language", "de"}, "HIT"},
		"a HEAD":                      {"HEAD", path, nil, "HIT"},
		"a POST":                      {"POST", path, nil, "BYPASS"},
		"another query":               {"GET", path + "&a=1", nil, "MISS"},
		"the same in another order":   {"GET", strings.Replace(path, "?", "?a=1&", 1), nil, "MISS"},
		"another spelling":            {"GET", strings.Replace(path, "/page", "/%70age", 1), nil, "MISS"},
		"a slash more":                {"GET", strings.Replace(path, "/page", "/page/", 1), nil, "MISS"},
		"another host for frameworks": {"GET", path, []string{"X-Forwarded-Host", "evil.example"}, "MISS"},
	} {
		did, body := see(t, p, c.method, c.path, c.header...)
		if did != c.want || did == "HIT" && c.method == "GET" && body != first || c.method == "HEAD" && body != "" {
			t.Errorf("%s: %s %q, want %s", name, did, body, c.want)
		}
	}
	cold := saying("cold", "cache-control", "max-age=60")
	if did, _ := see(t, p, "HEAD", cold); did != "MISS" {
		t.Errorf("a HEAD of what is not kept: %s", did)
	}
	if did, body := see(t, p, "GET", cold); did != "HIT" || !strings.HasPrefix(body, "GET ") {
		t.Errorf("then a GET: %s %q", did, body)
	}
	varied := saying("varied", "cache-control", "max-age=60", "vary", "Accept-Language")
	var got []string
	for _, language := range []string{"de", "en", "de", "en", "en,de"} {
		did, _ := see(t, p, "GET", varied, "Accept-Language", language)
		got = append(got, did)
	}
	if diff := cmp.Diff([]string{"MISS", "MISS", "HIT", "HIT", "MISS"}, got); diff != "" {
		t.Errorf("languages:\n%s", diff)
	}
}

func TestStaleResponsesAreServedDuringRevalidationAndErrors(t *testing.T) {
	t.Parallel()
	p := cached(t)
	path := saying("page", "cache-control", "no-cache", "cloudflare-cdn-cache-control", "max-age=1, stale-while-revalidate=2, stale-if-error=0", "x-fail-after", "2")
	look := func(want, wantBody string) {
		t.Helper()
		if did, body := see(t, p, "GET", path); did != want || body != wantBody {
			t.Errorf("%s %q, want %s %q", did, body, want, wantBody)
		}
	}
	look("MISS", "GET 1")
	time.Sleep(1200 * time.Millisecond)
	look("UPDATING", "GET 1")
	time.Sleep(300 * time.Millisecond)
	look("HIT", "GET 2")
	time.Sleep(1200 * time.Millisecond)
	look("UPDATING", "GET 2") // the Worker fails from here on
	time.Sleep(2 * time.Second)
	look("BYPASS", "failed")
	forgiving := saying("other", "cache-control", "max-age=0", "x-fail-after", "5")
	for range 3 {
		see(t, p, "GET", forgiving)
	}
	if did, _ := see(t, p, "GET", forgiving); did != "STALE" {
		t.Errorf("without stale-if-error=0 what is there is shown for ever, but not here: %s", did)
	}
}

func TestConcurrentRequestsAreCollapsed(t *testing.T) {
	p := cached(t)
	bodies := func(path string) map[string]int {
		var mu sync.Mutex
		var wait sync.WaitGroup
		bodies := map[string]int{}
		for range 8 {
			wait.Go(func() {
				_, body := see(t, p, "GET", path)
				mu.Lock()
				defer mu.Unlock()
				bodies[body]++
			})
		}
		wait.Wait()
		return bodies
	}
	if got := bodies(saying("page", "cache-control", "max-age=60", "x-wait", "300")); len(got) != 1 {
		t.Errorf("a page that is kept: %v", got)
	}
	if got := bodies(saying("private", "cache-control", "private", "x-wait", "300")); len(got) != 8 {
		t.Errorf("one that is not: %v", got)
	}
}

func TestTheWorkerPurgesByTagAndByPath(t *testing.T) {
	p := cached(t)
	type result struct {
		Success bool
		Errors  []struct{ Message string }
	}
	purge := func(ctx context.Context, options string) (r result) {
		t.Helper()
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.Front+"/purge", strings.NewReader(options))
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if err := json.NewDecoder(response.Body).Decode(&r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	paths := []string{saying("pay/a", "cache-tag", "Chk_A,all"), saying("pay/a/status", "cache-tag", "chk_a"), saying("pay/b", "cache-tag", "chk_b,all"), saying("other")}
	kept := func() (names []string) {
		for _, path := range paths {
			if did, _ := see(t, p, "GET", path); did == "HIT" {
				name, _, _ := strings.Cut(path, "?")
				names = append(names, name)
			}
		}
		return names
	}
	kept()
	for _, step := range []struct {
		options string
		want    []string
	}{
		{`{"tags": ["chk_A", "nobody"]}`, []string{"/pay/b", "/other"}},
		{`{"pathPrefixes": ["/pay/a"]}`, []string{"/pay/b", "/other"}},
		{`{"tags": ["all"], "pathPrefixes": ["/oth"]}`, []string{"/pay/a/status"}},
		{`{"purgeEverything": true}`, nil},
	} {
		if r := purge(t.Context(), step.options); !r.Success {
			t.Errorf("%s: %+v", step.options, r)
		}
		if diff := cmp.Diff(step.want, kept()); diff != "" {
			t.Errorf("after %s:\n%s", step.options, diff)
		}
	}
	many := fmt.Sprintf(`{"tags": [%s"x"]}`, strings.Repeat(`"x",`, 100))
	if r := purge(t.Context(), many); r.Success {
		t.Error("101 tags are purged at once")
	}
	if r := purge(t.Context(), `{"purgeEverything": true}`); r.Success || len(r.Errors) != 1 || len(kept()) != 4 {
		t.Errorf("the sixth purge in a minute: %+v", r)
	}
}
