package runtime

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// healthy keeps eight clients busy until stop is called, and fails the test if one of them sees an
// error.
func healthy(t *testing.T, w *worker) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	var answered atomic.Int64
	for range 8 {
		clients.Go(func() {
			for ctx.Err() == nil {
				r, err := http.NewRequest(http.MethodGet, w.url+"/ok", nil)
				if err != nil {
					t.Error(err)
					return
				}
				if a, err := w.do(r); err != nil || a.status != http.StatusOK {
					t.Errorf("healthy traffic saw %d %s, %v", a.status, a.body, err)
					return
				}
				answered.Add(1)
			}
		})
	}
	return func() {
		cancel()
		clients.Wait()
		if answered.Load() < 100 {
			t.Errorf("only %d healthy requests were answered", answered.Load())
		}
	}
}

var requestID = regexp.MustCompile(`^req_[0-7][0-9a-hjkmnp-tv-z]{25}$`)

// checkBroken requires the error that discloses nothing.
func checkBroken(t *testing.T, path string, a answer) {
	t.Helper()
	id := a.header.Get("Request-Id")
	if !requestID.MatchString(id) {
		t.Errorf("%s: Request-Id is %q", path, id)
	}
	var got map[string]map[string]any
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		t.Errorf("%s: %v in %q", path, err, a.body)
		return
	}
	message, _ := got["error"]["message"].(string)
	want := map[string]map[string]any{"error": {
		"type": "api_error", "code": "internal_error", "message": message, "param": nil, "request_id": id,
	}}
	if diff := cmp.Diff(want, got); diff != "" || message == "" {
		t.Errorf("%s: body (-want +got):\n%s", path, diff)
	}
	if a.status != http.StatusInternalServerError || a.header.Get("Content-Type") != "application/json; charset=utf-8" || a.header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("%s: %d %v", path, a.status, a.header)
	}
}

func TestFaultAffectsNoOtherRequest(t *testing.T) {
	w := serve(t, 1, "REQUEST_LIMIT_MS=500")
	stop := healthy(t, w)
	defer stop()
	faults := map[string]string{ // path: expected in the log
		"/panic":           "a handler panicked",
		"/panic-goroutine": "a goroutine panicked",
		"/exit":            "exited with code 3",
		"/hang":            "no answer in time",
		"/abort":           "aborted",
		"/out-of-memory":   "needs more than",
		"/recurse":         "Ended: ", // in Go, or in JavaScript if its stack is full before
	}
	for range 5 {
		for path := range faults {
			checkBroken(t, path, w.get(t, path))
		}
		// The response is sent before the panic.
		if a := w.get(t, "/panic-left-behind"); a.status != http.StatusOK {
			t.Errorf("/panic-left-behind: %d %s", a.status, a.body)
		}
	}
	stop()
	for _, want := range faults {
		w.logs(t, want)
	}
	w.logs(t, "who was left behind panicked")
	w.logs(t, w.get(t, "/exit").header.Get("Request-Id"))
}

// A handler may wait for goroutines of its own. Meanwhile its instance serves other requests; it is
// replaced after a number of such handlers.
func TestAHandlerMayWaitForItsGoroutines(t *testing.T) {
	w := serve(t, 1)
	stop := healthy(t, w)
	defer stop()
	instances := map[string]bool{}
	for range 100 {
		a := w.get(t, "/join")
		var served struct{ Instance string }
		if err := json.Unmarshal([]byte(a.body), &served); err != nil || a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
		instances[served.Instance] = true
	}
	stop()
	if len(instances) > 5 {
		t.Errorf("%d instances served 100 such handlers", len(instances))
	}
}

func TestOnlyTheGoroutineOfAnEventMayCallThePlatform(t *testing.T) {
	if a := serve(t, 1).get(t, "/goroutine-asks"); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestRequestOfADisconnectedClientIsCompleted(t *testing.T) {
	w := serve(t, 1)
	stop := healthy(t, w)
	defer stop()
	leave := func(head string) {
		connection, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		if _, err := io.WriteString(connection, head); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	for i := range 10 {
		leave("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nonly half")
		leave(fmt.Sprintf("GET /remember?key=left-%d HTTP/1.1\r\nHost: x\r\n\r\n", i))
	}
	for i := range 10 {
		eventually(t, "the work of a client that left is done", func() bool {
			return w.get(t, fmt.Sprintf("/recall?key=left-%d", i)).status == http.StatusOK
		})
	}
	stop()
}

func TestUnreadAndOversizedBodiesAreAnswered(t *testing.T) {
	w := serve(t, 1)
	post := func(path string, body io.Reader) answer {
		r, err := http.NewRequest(http.MethodPost, w.url+path, body)
		if err != nil {
			t.Fatal(err)
		}
		a, err := w.do(r)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	large := bytes.Repeat([]byte("x"), 1<<20)
	if a := post("/ok", bytes.NewReader(large)); a.status != http.StatusOK {
		t.Errorf("unread: %d %s", a.status, a.body)
	}
	for size, want := range map[int]int{0: 0, 1: 1, 65536: 65536, 65537: 65537, 65538: 65537, 1 << 20: 65537} {
		for name, body := range map[string]io.Reader{
			"with a length": bytes.NewReader(large[:size]),
			"chunked":       io.MultiReader(bytes.NewReader(large[:size/2]), bytes.NewReader(large[size/2:size])),
		} {
			var got struct{ Size, Length int }
			if err := json.Unmarshal([]byte(post("/echo", body).body), &got); err != nil {
				t.Fatal(err)
			}
			if got.Size != want || got.Length != want {
				t.Errorf("%d bytes %s: Go read %d of %d, want %d", size, name, got.Size, got.Length, want)
			}
		}
	}
}

func TestAbortedBodyIsInvalid(t *testing.T) {
	w := serve(t, 2)
	r, err := http.NewRequest(http.MethodPost, w.url+"/0/echo", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Break", "1")
	a, err := w.do(r)
	if err != nil || a.status != http.StatusBadRequest || !strings.Contains(a.body, `"code":"body_invalid"`) || a.header.Get("Request-Id") == "" {
		t.Errorf("%d %v %s, %v", a.status, a.header, a.body, err)
	}
	if a := w.get(t, "/0/ok"); a.status != http.StatusOK {
		t.Errorf("then %d %s", a.status, a.body)
	}
	if text := w.log.String(); strings.Contains(text, "ERROR") || strings.Contains(text, "Uncaught") {
		t.Errorf("it is in the log as a fault of ours: %s", text)
	}
}

func TestRequestsAndResponsesCrossUnchanged(t *testing.T) {
	w := serve(t, 1, "GREETING=hello ; ünïcode")
	r, err := http.NewRequest(http.MethodPut, w.url+"/echo?a=%zz&b=1%2C2", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "pay.example"
	for name, value := range map[string]string{
		"Idempotency-Key": "a,b, c", "X-Api-Key": "sk_test_1", "Content-Type": "application/json", "Cookie": "secret", "User-Agent": "unread",
	} {
		r.Header.Set(name, value)
	}
	a, err := w.do(r)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Method, URL, Host string
		Header            http.Header
	}
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		t.Fatalf("%v in %q", err, a.body)
	}
	want := got
	want.Method, want.URL, want.Host = "PUT", "http://pay.example/echo?a=%zz&b=1%2C2", "pay.example"
	want.Header = http.Header{"Idempotency-Key": {"a,b, c"}, "X-Api-Key": {"sk_test_1"}, "Content-Type": {"application/json"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the request (-want +got):\n%s", diff)
	}

	a = w.get(t, "/headers")
	for _, name := range []string{"Content-Length", "Date"} {
		a.header.Del(name)
	}
	wantAnswer := answer{http.StatusTeapot, http.Header{
		"Set-Cookie": {"a=1; Path=/", "b=2, c"}, "Content-Type": {"text/x-odd; charset=utf-8"},
		"X-Split": {"one  X-Injected: two"}, "Cache-Control": {"public, s-maxage=60"},
	}, "\x00\xff\n"}
	if diff := cmp.Diff(wantAnswer, a, cmp.AllowUnexported(answer{})); diff != "" {
		t.Errorf("the response (-want +got):\n%s", diff)
	}
	if a := w.get(t, "/empty"); a.status != http.StatusNoContent || a.body != "" {
		t.Errorf("204: %d %q", a.status, a.body)
	}
	if a := w.get(t, "/ok"); !strings.Contains(a.body, `"greeting":"hello ; ünïcode"`) {
		t.Errorf("a setting that was read at boot: %s", a.body)
	}
}

func TestStoreKeepsItsContractInWorkerd(t *testing.T) {
	if a := serve(t, 1).get(t, "/store"); a.status != http.StatusOK {
		t.Errorf("%d\n%s", a.status, a.body)
	}
}

// The instance that booted while Date.now() was zero serves the first request.
func TestTheClockIsRight(t *testing.T) {
	w := serve(t, 1)
	for range 3 {
		before := time.Now().UnixMilli()
		var got struct{ Now, Slept, Booted int64 }
		if err := json.Unmarshal([]byte(w.get(t, "/clock").body), &got); err != nil {
			t.Fatal(err)
		}
		if got.Now < before-5 || got.Now > time.Now().UnixMilli() {
			t.Errorf("now is %d, want about %d", got.Now, before)
		}
		if got.Slept < 299 || got.Slept > 2000 {
			t.Errorf("a sleep of 300 ms took %d", got.Slept)
		}
		if got.Booted > 1000 {
			t.Errorf("the first instance booted at %d, not while the module was evaluated", got.Booted)
		}
	}
}

func TestTheCronsTaskReportsItsFailures(t *testing.T) {
	w := serve(t, 1)
	run := func() answer { return w.get(t, "/cdn-cgi/local/scheduled") }
	if a := run(); a.status != http.StatusOK || a.body != "ok" {
		t.Errorf("a good run: %d %s", a.status, a.body)
	}
	if a := w.get(t, "/recall?key=task-done"); a.body != "done" {
		t.Errorf("the task did not run: %d %s", a.status, a.body)
	}
	for key, want := range map[string]string{"task-error": "the task failed", "task-panic": "the task panicked"} {
		w.get(t, "/remember?key="+key)
		if a := run(); a.status == http.StatusOK {
			t.Errorf("%s: the run counts as good: %s", key, a.body)
		}
		w.logs(t, want)
		if a := run(); a.status != http.StatusOK {
			t.Errorf("the run after %s: %d %s", key, a.status, a.body)
		}
	}
}
