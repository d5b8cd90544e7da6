package runtime

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// watchedModules are the built modules with watch.mjs in front of them, with edits to their text.
func watchedModules(t *testing.T, edits map[string][2]string) string {
	t.Helper()
	directory := t.TempDir()
	modules, err := filepath.Glob(filepath.Join(built, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(modules, "watch.mjs") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		if edit, ok := edits[name]; ok {
			if strings.Count(string(text), edit[0]) != 1 {
				t.Fatalf("%s has not one %q", name, edit[0])
			}
			text = []byte(strings.Replace(string(text), edit[0], edit[1], 1))
		}
		if err := os.WriteFile(filepath.Join(directory, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return directory
}

// walked is the result of a crowd of requests.
type walked struct {
	wrong   []string // responses that belong to another request
	foreign []string // what was asked of the platform in the wrong event
	asked   int
}

// crowd sends rounds of 256 concurrent requests to /trail; beside runs during each round. A wrong
// response is ignored if forgiven returns true.
func crowd(t *testing.T, w *worker, rounds int, beside func(round int), forgiven func(a answer, get bool) bool) walked {
	t.Helper()
	const requests = 256
	var mu sync.Mutex
	var found walked
	for round := range rounds {
		var clients sync.WaitGroup
		for i := range requests {
			tag := fmt.Sprintf("r%dx%d", round, i)
			clients.Go(func() {
				get := i%2 == 0
				method, body := http.MethodPost, "body of "+tag
				if get {
					method, body = http.MethodGet, ""
				}
				r, err := http.NewRequest(method, w.url+"/trail/"+tag, strings.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Idempotency-Key", "key of "+tag)
				a, err := w.do(r)
				want := fmt.Sprintf("%s %s key of %s %s", tag, tag, tag, body)
				if err == nil && a.status == http.StatusOK && a.body == want || err == nil && forgiven(a, get) {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				found.wrong = append(found.wrong, fmt.Sprintf("%s %s: %d %q, %v", method, tag, a.status, a.body, err))
			})
		}
		clients.Go(func() { beside(round) })
		clients.Wait()
	}
	var seen struct {
		Asked   int
		Foreign []string
	}
	if err := json.Unmarshal([]byte(w.get(t, "/watched").body), &seen); err != nil {
		t.Fatal(err)
	}
	found.asked, found.foreign = seen.Asked, seen.Foreign
	return found
}

func (c walked) check(t *testing.T, w *worker) {
	t.Helper()
	for _, wrong := range c.wrong[:min(len(c.wrong), 10)] {
		t.Error(wrong)
	}
	for _, foreign := range c.foreign[:min(len(c.foreign), 10)] {
		t.Error(foreign)
	}
	if c.asked < 1000 {
		t.Errorf("only %d operations were watched", c.asked)
	}
	if strings.Contains(w.log.String(), "on behalf of a different request") {
		t.Error("workerd says that I/O was done on behalf of another request")
	}
}

func never(answer, bool) bool { return false }

// cronAndQueue runs the cron's task and sends four messages through the queue.
func cronAndQueue(t *testing.T, w *worker, round int) {
	t.Helper()
	if a := w.get(t, "/cdn-cgi/local/scheduled"); a.status != http.StatusOK {
		t.Errorf("cron: %d %s", a.status, a.body)
	}
	for i := range 4 {
		w.get(t, fmt.Sprintf("/enqueue?body=q%dx%d", round, i))
	}
}

// One instance serves all requests of an isolate concurrently, and each gets its own response.
func TestInterleavedEventsStayApart(t *testing.T) {
	w := serveModules(t, watchedModules(t, nil), 1, "REQUEST_LIMIT_MS=10000")
	c := crowd(t, w, 4, func(round int) { cronAndQueue(t, w, round) }, never)
	c.check(t, w)
	for i := range 4 {
		eventually(t, "a message of the queue is delivered", func() bool {
			return w.get(t, fmt.Sprintf("/delivered?tag=q3x%d", i)).status == http.StatusOK
		})
	}
}

// Faults that a handler survives, or that end only its request, must not affect others.
func TestFaultsOfOneEventDoNotAffectOthers(t *testing.T) {
	// The limit is far above what the healthy requests take, also on a busy machine.
	w := serveModules(t, watchedModules(t, nil), 1, "REQUEST_LIMIT_MS=8000")
	faults := []func(){
		func() { w.get(t, "/panic") },
		func() { w.get(t, "/abort") },
		func() { w.get(t, "/hang") },
		func() { w.get(t, "/never") },
		func() { leave(t, w, rand.N(60*time.Millisecond)) },
		func() { halfABody(t, w) },
	}
	c := crowd(t, w, 2, func(round int) {
		cronAndQueue(t, w, round)
		var all sync.WaitGroup
		for range 4 {
			for _, fault := range faults {
				all.Go(fault)
			}
		}
		all.Wait()
	}, never)
	c.check(t, w)
}

// When an instance ends, its requests end with a clean error, except those that can be repeated.
func TestRequestsOfAnEndedInstanceGetCleanErrors(t *testing.T) {
	w := serveModules(t, watchedModules(t, nil), 1, "REQUEST_LIMIT_MS=10000")
	paths := []string{"/panic-goroutine", "/exit", "/out-of-memory", "/recurse"}
	var ended int
	var mu sync.Mutex
	c := crowd(t, w, len(paths), func(round int) {
		time.Sleep(100 * time.Millisecond) // until the crowd's requests are in progress
		checkBroken(t, paths[round], w.get(t, paths[round]))
	}, func(a answer, get bool) bool {
		if get || a.status != http.StatusInternalServerError {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		ended++
		checkBroken(t, "a request that ended with its instance", a)
		return true
	})
	c.check(t, w)
	if ended == 0 {
		t.Error("no request was under way when its instance ended")
	}
}

// The tests above must notice a runtime that continues one event during another.
func TestSwappedEventsAreNoticed(t *testing.T) {
	modules := watchedModules(t, map[string][2]string{"instance.mjs": {
		"    this.#run(event, answer, this.#exports.settle);\n",
		"    const other = (this.swap ??= []);\n" +
			"    other.push([event, answer]);\n" +
			"    if (other.length < 2) return;\n" +
			"    for (const [one, result] of other.splice(0)) this.#run(one, result, this.#exports.settle);\n",
	}})
	w := serveModules(t, modules, 1, "REQUEST_LIMIT_MS=3000")
	c := crowd(t, w, 1, func(int) {}, func(answer, bool) bool { return true })
	if len(c.foreign) == 0 {
		t.Errorf("%d operations were watched, and none was found to be in the wrong event", c.asked)
	}
}

func TestRequestsBeyondTheMemoryLimitAreRefusedAtOnce(t *testing.T) {
	w := serveModules(t, watchedModules(t, nil), 1, "REQUEST_LIMIT_MS=4000")
	var clients sync.WaitGroup
	for range 512 {
		clients.Go(func() {
			if a := w.get(t, "/never"); a.status != http.StatusInternalServerError {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
	time.Sleep(2 * time.Second)
	start := time.Now()
	a := w.get(t, "/ok")
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") != "1" || time.Since(start) > time.Second {
		t.Errorf("one too many: %d %v %s after %v", a.status, a.header, a.body, time.Since(start))
	}
	clients.Wait()
	if a := w.get(t, "/ok"); a.status != http.StatusOK {
		t.Errorf("afterwards: %d %s", a.status, a.body)
	}
}

// leave sends a request and disconnects after a while.
func leave(t *testing.T, w *worker, after time.Duration) {
	connection, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
	if err != nil {
		t.Error(err)
		return
	}
	defer connection.Close()
	tag := fmt.Sprintf("left%d", rand.IntN(1e9))
	if _, err := fmt.Fprintf(connection, "GET /trail/%s HTTP/1.1\r\nHost: x\r\n\r\n", tag); err != nil {
		t.Error(err)
	}
	time.Sleep(after)
}

// halfABody sends half of a body and disconnects.
func halfABody(t *testing.T, w *worker) {
	connection, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
	if err != nil {
		t.Error(err)
		return
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nonly half"); err != nil {
		t.Error(err)
	}
	time.Sleep(20 * time.Millisecond)
}
