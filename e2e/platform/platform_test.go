// Package platform enforces what Cloudflare enforces and workerd does not. Its tests exceed each
// limit.
package platform

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// worker is the Worker in testdata, with the limits of a plan.
type worker struct {
	t   *testing.T
	url string
	mu  sync.Mutex
	log bytes.Buffer
}

func serve(t *testing.T, plan string, settings ...string) *worker {
	t.Helper()
	t.Parallel()
	node, err := filepath.Abs("../../node_modules/.bin/node")
	if err != nil {
		t.Fatal(err)
	}
	w := &worker{t: t}
	process := exec.Command(node, append([]string{"testdata/serve.mjs", "PLATFORM_PLAN=" + plan}, settings...)...)
	process.Stderr = w
	stdin, err := process.StdinPipe() // closing it ends the process
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	ready, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if url, found := strings.CutPrefix(lines.Text(), "listening on "); found {
				ready <- url
			}
			fmt.Fprintln(w, lines.Text())
		}
	}()
	t.Cleanup(func() {
		stdin.Close()
		<-ended
		_ = process.Wait()
		if t.Failed() {
			t.Logf("the Worker's log:\n%s", w.printed())
		}
	})
	select {
	case w.url = <-ready:
	case <-ended:
		t.Fatal("workerd did not start: run npm ci first")
	case <-time.After(time.Minute):
		t.Fatal("workerd did not start within a minute")
	}
	return w
}

// Write receives the Worker's output.
func (w *worker) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

func (w *worker) printed() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

// result is the outcome of one invocation's operations.
type result struct {
	Done   int
	Last   any
	Errors map[string]int
}

func failed(times int, message string) map[string]int { return map[string]int{message: times} }

type fields map[string]any

// ask makes one invocation, in a data centre, perform operations.
func (w *worker) ask(place string, what fields) (r result) {
	w.t.Helper()
	body, err := json.Marshal(what)
	if err != nil {
		w.t.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("X-Data-Centre", place)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Error(err)
		return r
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil {
		err = json.Unmarshal(answer, &r)
	}
	if err != nil {
		w.t.Errorf("%d %s: %v", response.StatusCode, answer, err)
	}
	return r
}

func (w *worker) do(op ...any) result {
	w.t.Helper()
	return w.ask("here", fields{"op": op})
}

func want(t *testing.T, what string, got, want result) {
	t.Helper()
	if want.Errors == nil {
		want.Errors = map[string]int{}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

const (
	tooMany   = "Too many subrequests by single Worker invocation."
	tooManyKV = "Too many API requests by single Worker invocation."
)

// internet is a server that counts its concurrent requests.
type internet struct {
	url       string
	mu        sync.Mutex
	now, most int
}

func newInternet(t *testing.T, delay time.Duration) *internet {
	i := &internet{}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		i.mu.Lock()
		i.now++
		i.most = max(i.most, i.now)
		i.mu.Unlock()
		time.Sleep(delay)
		i.mu.Lock()
		i.now--
		i.mu.Unlock()
		_, _ = io.WriteString(rw, "ok")
	}))
	t.Cleanup(server.Close)
	i.url = server.URL
	return i
}

func TestFreeHas50SubrequestsAnd1000OperationsOnKV(t *testing.T) {
	w, outside := serve(t, "Free"), newInternet(t, 0)
	want(t, "fetch", w.ask("here", fields{"op": []any{"fetch", outside.url}, "times": 53}), result{50, "ok", failed(3, tooMany)})
	want(t, "the cache", w.ask("here", fields{"op": []any{"recall", "a"}, "times": 53}), result{50, nil, failed(3, tooMany)})
	want(t, "KV", w.ask("here", fields{"op": []any{"each", 1}, "times": 1003}), result{1000, nil, failed(3, tooManyKV)})
}

func TestPaidHas10000SubrequestsAnd1000OperationsOnKV(t *testing.T) {
	w := serve(t, "workers.dev")
	want(t, "the cache", w.ask("here", fields{"op": []any{"recall", "a"}, "times": 10_003}), result{10_000, nil, failed(3, tooMany)})
	want(t, "KV", w.ask("here", fields{"op": []any{"each", 1}, "times": 1003}), result{1000, nil, failed(3, tooManyKV)})
}

func TestABulkReadIsOneOperationOf100Keys(t *testing.T) {
	w := serve(t, "Paid")
	want(t, "100 keys", w.ask("here", fields{"op": []any{"many", 100}, "times": 20}), result{20, 100., nil})
	want(t, "101 keys", w.do("many", 101), result{0, nil, failed(1, "KV GET_BULK failed: 400 You can request a maximum of 100 keys")})
}

func TestInvocationsAreCountedApart(t *testing.T) {
	w, outside := serve(t, "Free"), newInternet(t, 20*time.Millisecond)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			want(t, "one of four", w.ask("here", fields{"op": []any{"fetch", outside.url}, "times": 50}), result{50, "ok", nil})
		})
	}
	wait.Wait()
}

func TestSixConnectionsAreOpenAtOnce(t *testing.T) {
	w, outside := serve(t, "Paid"), newInternet(t, 200*time.Millisecond)
	want(t, "20 at once", w.ask("here", fields{"op": []any{"fetch", outside.url}, "times": 20, "together": true}), result{20, "ok", nil})
	if outside.most != 6 {
		t.Errorf("%d connections at once, want 6", outside.most)
	}
}

func TestWorkAfterTheResponseIsCancelled(t *testing.T) {
	w := serve(t, "Paid", "PLATFORM_WAIT_SECOND=20") // 30 seconds are 600 ms
	names := func() int {
		var keys struct{ Keys []struct{ Name string } }
		encoded, err := json.Marshal(w.do("list", fields{"prefix": "afterwards/", "cursor": "deleted"}).Last)
		if err == nil {
			err = json.Unmarshal(encoded, &keys)
		}
		if err != nil {
			t.Fatal(err)
		}
		return len(keys.Keys)
	}
	w.ask("here", fields{"afterwards": 3000})
	time.Sleep(1500 * time.Millisecond)
	first := names()
	time.Sleep(time.Second)
	if second := names(); first < 2 || first > 6 || second != first {
		t.Errorf("%d steps after 1.5 s and %d after 2.5 s, want the same, of at most 600 ms", first, second)
	}
	if !strings.Contains(w.printed(), "waitUntil() tasks did not complete") {
		t.Error("the log does not say so")
	}
}

func TestCronEventIsLimitedInTime(t *testing.T) {
	w := serve(t, "Paid", "PLATFORM_WAIT_SECOND=1") // 15 minutes are 900 ms
	for minute, outcome := range map[int]string{3: "ok", 30: "exception"} {
		response, err := http.Get(fmt.Sprintf("%scdn-cgi/local/scheduled?format=json&cron=%d+*+*+*+*", w.url, minute))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || !strings.Contains(string(body), `"outcome":"`+outcome+`"`) {
			t.Errorf("after %d steps of 100 ms: %s, %v, want %s", minute, body, err, outcome)
		}
	}
	if log := w.printed(); strings.Contains(log, "KV PUT failed") {
		t.Errorf("an event ended because KV refused a write, not at its limit:\n%s", log)
	}
}

func TestTheCacheKeepsNothingOnWorkersDev(t *testing.T) {
	for plan, kept := range map[string]any{"workers.dev": nil, "Paid": "kept"} {
		t.Run(plan, func(t *testing.T) {
			w := serve(t, plan)
			want(t, "keeping", w.do("keep", "a"), result{1, nil, nil})
			want(t, "recalling", w.do("recall", "a"), result{1, kept, nil})
			want(t, "recalling elsewhere", w.ask("there", fields{"op": []any{"recall", "a"}}), result{1, nil, nil})
		})
	}
}

func TestAListBeginsWithAnEmptyPage(t *testing.T) {
	w := serve(t, "Paid")
	w.do("put", "a", "1")
	w.do("put", "b", "2")
	page := func(cursor any) (keys []any, next any) {
		t.Helper()
		answer, ok := w.do("list", fields{"cursor": cursor, "limit": 1}).Last.(map[string]any)
		if !ok {
			t.Fatal("no page")
		}
		if complete := answer["list_complete"].(bool); complete == (answer["cursor"] != nil) {
			t.Errorf("complete %t, with the cursor %v", complete, answer["cursor"])
		}
		for _, key := range answer["keys"].([]any) {
			keys = append(keys, key.(map[string]any)["name"])
		}
		return keys, answer["cursor"]
	}
	var got [][]any
	for cursor := any(nil); ; {
		keys, next := page(cursor)
		got = append(got, keys)
		if cursor = next; cursor == nil {
			break
		}
	}
	if diff := cmp.Diff([][]any{nil, {"a"}, {"b"}}, got); diff != "" {
		t.Errorf("the pages (-want +got):\n%s", diff)
	}
}

func TestReadsAreStaleInOtherDataCentres(t *testing.T) {
	w := serve(t, "Paid", "PLATFORM_KV_SECOND=40") // a minute is 2.4 s
	read := func(place string) any { return w.ask(place, fields{"op": []any{"get", "k"}}).Last }
	both := func() [2]any { return [2]any{read("here"), read("there")} }
	minute := 2500 * time.Millisecond
	var got [][2]any
	got = append(got, both()) // misses are cached as well
	w.do("put", "k", "1")
	got = append(got, both())
	time.Sleep(minute)
	got = append(got, both())
	w.do("put", "k", "2")
	got = append(got, both())
	time.Sleep(minute)
	got = append(got, both())
	w.do("delete", "k")
	got = append(got, both())
	time.Sleep(minute)
	got = append(got, both())
	want := [][2]any{{nil, nil}, {"1", nil}, {"1", "1"}, {"2", "1"}, {"2", "2"}, {nil, "2"}, {nil, nil}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reads here and there (-want +got):\n%s", diff)
	}
}

func TestAKeyTakesOneWriteASecond(t *testing.T) {
	w := serve(t, "Paid")
	want(t, "three at once", w.ask("here", fields{"op": []any{"put", "k", "1"}, "times": 3}), result{1, nil, failed(2, "KV PUT failed: 429 Too Many Requests")})
	want(t, "another key", w.do("put", "l", "1"), result{1, nil, nil})
	want(t, "deleting it", w.do("delete", "k"), result{0, nil, failed(1, "KV DELETE failed: 429 Too Many Requests")})
	time.Sleep(1100 * time.Millisecond)
	want(t, "a second later, elsewhere", w.ask("there", fields{"op": []any{"put", "k", "2"}, "times": 2}),
		result{1, nil, failed(1, "KV PUT failed: 429 Too Many Requests")})
}

func TestKVRefusesEntriesBeyondItsLimits(t *testing.T) {
	w := serve(t, "Paid")
	in := func(ahead time.Duration) fields { return fields{"expiration": time.Now().Add(ahead).Unix()} }
	for name, c := range map[string]struct {
		op     []any
		status string // "" if it is accepted
	}{
		"a key of 512 bytes":        {[]any{"put", strings.Repeat("k", 512), ""}, ""},
		"a key of 513 bytes":        {[]any{"put", strings.Repeat("k", 513), ""}, "414"},
		"an expiration in a minute": {[]any{"put", "minute", "", in(62 * time.Second)}, ""},
		"one sooner":                {[]any{"put", "sooner", "", in(58 * time.Second)}, "400"},
		// Two of the bytes are quotes.
		"metadata of 1,024 bytes":     {[]any{"put", "m", "", fields{"metadata": strings.Repeat("m", 1022)}}, ""},
		"metadata of a byte too many": {[]any{"put", "n", "", fields{"metadata": strings.Repeat("m", 1023)}}, "413"},
	} {
		got := w.do(c.op...)
		status := ""
		for message := range got.Errors {
			status, _, _ = strings.Cut(strings.TrimPrefix(message, "KV PUT failed: "), " ")
		}
		if status != c.status {
			t.Errorf("%s: %v, want the status %q", name, got.Errors, c.status)
		}
	}
}
