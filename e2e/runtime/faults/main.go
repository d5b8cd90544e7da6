//go:build js && wasm

// Command faults is a Worker that fails in every way in which a Go program can, to test that only
// the request at fault is affected. Its routes are named after what they do.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/syumai/workers/cloudflare"

	"edgecheckout/wasm/edge"
	"edgecheckout/worker"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/kv/kvtest"
	"edgecheckout/worker/web"
)

var (
	store    edge.Store
	booted   = time.Now()
	greeting = cloudflare.Getenv("GREETING") // read while the module is evaluated
	served   int
	instance = random() // predictable in the instance that boots with the module
)

func random() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", ok)
	mux.HandleFunc("/secrets", secrets)
	mux.HandleFunc("/clock", clock)
	mux.HandleFunc("/echo", echo)
	mux.HandleFunc("/headers", headers)
	mux.HandleFunc("/store", contract)
	mux.HandleFunc("/pay/{id}", page)
	mux.HandleFunc("/pay/{id}/status", page)
	mux.HandleFunc("/remember", remember)
	mux.HandleFunc("/recall", recall)
	mux.HandleFunc("/delivered", delivered)
	mux.HandleFunc("/empty", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("a handler panicked") })
	mux.HandleFunc("/panic-goroutine", func(w http.ResponseWriter, r *http.Request) {
		go panic("a goroutine panicked")
		select {}
	})
	mux.HandleFunc("/panic-left-behind", func(http.ResponseWriter, *http.Request) { go panic("who was left behind panicked") })
	mux.HandleFunc("/join", join)
	mux.HandleFunc("/exit", func(http.ResponseWriter, *http.Request) { os.Exit(3) })
	mux.HandleFunc("/hang", func(http.ResponseWriter, *http.Request) { select {} })
	mux.HandleFunc("/never", func(w http.ResponseWriter, r *http.Request) { _, _ = store.Get(r.Context(), "never") })
	mux.HandleFunc("/out-of-memory", func(http.ResponseWriter, *http.Request) {
		for {
			hoard = append(hoard, make([]byte, 1<<20))
		}
	})
	mux.HandleFunc("/recurse", func(http.ResponseWriter, *http.Request) { _ = recurse(0) })
	mux.HandleFunc("/goroutine-asks", goroutineAsks)
	mux.HandleFunc("/trail/{tag}", trail)
	mux.HandleFunc("/send", send)
	mux.HandleFunc("/abort", func(http.ResponseWriter, *http.Request) { panic(edge.ErrAbort) })
	edge.Serve(edge.Handlers{Request: whole(mux), Admit: admit, Scheduled: task, Queue: batch})
}

// admit lets in whoever has one key.
func admit(_ context.Context, r *web.Request) web.Response {
	if key, _ := r.Header.Get("X-Api-Key"); key == "sk_test_"+strings.Repeat("1", 64) {
		return web.Response{Status: http.StatusNoContent}
	}
	return web.Response{Status: http.StatusUnauthorized}
}

// send sends a message to the URL in the query, and answers with what came of it.
func send(w http.ResponseWriter, r *http.Request) {
	replies := edge.Sender{}.Send(r.Context(), []worker.Outgoing{{URL: r.URL.Query().Get("to"), Body: []byte("{}")}})
	_ = json.NewEncoder(w).Encode(replies[0])
}

var hoard [][]byte

//lint:ignore SA5007 The stack must overflow.
func recurse(n int) int { return recurse(n+1) + 1 }

// goroutineAsks calls the platform from a goroutine of its own, which is refused.
func goroutineAsks(w http.ResponseWriter, r *http.Request) {
	refused := make(chan error)
	go func() {
		_, err := store.Get(r.Context(), "ok/never")
		refused <- err
	}()
	if err := <-refused; !errors.Is(err, edge.ErrNoEvent) {
		http.Error(w, fmt.Sprint(err), http.StatusInternalServerError)
	}
}

// walk uses everything that the platform offers, step by step, with a tag in each call, and fails
// if it gets anything that is not its own.
func walk(ctx context.Context, tag string) error {
	for step := range 4 {
		key := fmt.Sprintf("trail/%s/%d", tag, step)
		if err := store.Put(ctx, kv.Entry{Key: key, Value: []byte(key)}); err != nil {
			return err
		}
		values, err := store.Get(ctx, key, "trail/"+tag+"/missing")
		if err != nil || string(values[0]) != key || values[1] != nil {
			return fmt.Errorf("%s: got %q, %v", key, values, err)
		}
		_, _ = fmt.Fprintf(edge.Log{}, "trail/%s passed %d", tag, step)
	}
	// A fiber that the scheduler has parked must continue in its own event, too.
	if len(tag)%2 == 0 {
		time.Sleep(3 * time.Millisecond)
	}
	var recent edge.Recent
	recent.Keep(ctx, "trail/"+tag, []byte(tag), time.Minute)
	if kept := recent.Recall(ctx, "trail/"+tag); kept != nil && string(kept) != tag {
		return fmt.Errorf("the cache has %q for %s", kept, tag)
	}
	return store.Delete(ctx, "trail/"+tag+"/0")
}

// trail walks, and then answers with what it knows about its request.
func trail(w http.ResponseWriter, r *http.Request) {
	tag := r.PathValue("tag")
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = walk(r.Context(), tag)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusTeapot)
		return
	}
	_, _ = fmt.Fprintf(w, "%s %s %s %s", tag, r.PathValue("tag"), r.Header.Get("Idempotency-Key"), body)
}

// batch walks for each message, and asks for a retry of each first attempt.
func batch(ctx context.Context, messages []edge.Message) []edge.Verdict {
	verdicts := make([]edge.Verdict, len(messages))
	for i, m := range messages {
		if err := walk(ctx, string(m.Body)); err != nil || m.Attempts == 1 {
			verdicts[i] = edge.Verdict{Retry: true}
			continue
		}
		_ = store.Put(ctx, kv.Entry{Key: "delivered/" + string(m.Body), Value: []byte(strconv.Itoa(m.Attempts))})
	}
	return verdicts
}

// delivered reports whether the second attempt of a message succeeded.
func delivered(w http.ResponseWriter, r *http.Request) {
	values, err := store.Get(r.Context(), "delivered/"+r.URL.Query().Get("tag"))
	if err != nil || string(values[0]) != "2" {
		http.Error(w, fmt.Sprintf("%q, %v", values, err), http.StatusNotFound)
	}
}

func ok(w http.ResponseWriter, r *http.Request) {
	served++
	key := "ok/" + strconv.Itoa(mathrand.IntN(16))
	if err := store.Put(r.Context(), kv.Entry{Key: key, Value: []byte("v")}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if values, err := store.Get(r.Context(), key, "ok/never"); err != nil || string(values[0]) != "v" || values[1] != nil {
		http.Error(w, fmt.Sprintf("got %q, %v", values, err), http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"instance": instance, "served": served, "greeting": greeting})
}

// join waits for goroutines of its own, which wait for each other and for timers.
func join(w http.ResponseWriter, r *http.Request) {
	var workers sync.WaitGroup
	first := make(chan struct{})
	for range 2 {
		workers.Go(func() { <-first })
	}
	workers.Go(func() {
		time.Sleep(5 * time.Millisecond)
		close(first)
	})
	if _, err := store.Get(r.Context(), "join"); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	workers.Wait()
	ok(w, r)
}

// secrets returns values that must never repeat.
func secrets(w http.ResponseWriter, r *http.Request) {
	_ = json.NewEncoder(w).Encode([]string{random(), random(), rand.Text()})
}

func clock(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	time.Sleep(300 * time.Millisecond)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"now": start.UnixMilli(), "slept": time.Since(start).Milliseconds(), "booted": booted.UnixMilli(),
	})
}

func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"method": r.Method, "url": r.URL.String(), "host": r.Host, "header": r.Header, "size": len(body), "length": r.ContentLength,
	})
}

func headers(w http.ResponseWriter, r *http.Request) {
	w.Header()["Set-Cookie"] = []string{"a=1; Path=/", "b=2, c"}
	w.Header().Set("Content-Type", "text/x-odd; charset=utf-8")
	w.Header().Set("X-Split", "one\r\nX-Injected: two")
	w.Header().Set("Cache-Control", "public, s-maxage=60")
	w.WriteHeader(http.StatusTeapot)
	_, _ = w.Write([]byte{0, 0xff, '\n'})
}

func contract(w http.ResponseWriter, r *http.Request) {
	if err := kvtest.Run(r.Context(), store, "contract/"+random()+"/"); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// page answers with different bytes each time; its id determines how long it may be cached.
func page(w http.ResponseWriter, r *http.Request) {
	control := map[string]string{"open": "public, max-age=0, s-maxage=60", "brief": "public, s-maxage=1", "private": "private, max-age=60",
		"max-age": "public, max-age=60", "finished": "public, s-maxage=86400"}[r.PathValue("id")]
	if control != "" {
		w.Header().Set("Cache-Control", control)
	}
	fmt.Fprintf(w, "%s %s %s", r.PathValue("id"), r.URL.RawQuery, random())
}

// remember writes after 200 ms.
func remember(w http.ResponseWriter, r *http.Request) {
	time.Sleep(200 * time.Millisecond)
	key := "remember/" + r.URL.Query().Get("key")
	if err := store.Put(r.Context(), kv.Entry{Key: key, Value: []byte(instance)}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func recall(w http.ResponseWriter, r *http.Request) {
	values, err := store.Get(r.Context(), "remember/"+r.URL.Query().Get("key"))
	if err != nil || values[0] == nil {
		http.Error(w, fmt.Sprint("nothing: ", err), http.StatusNotFound)
		return
	}
	_, _ = w.Write(values[0])
}

// task walks, and then does what requests have left for it.
func task(ctx context.Context, _ string) error {
	if err := walk(ctx, "cron"); err != nil {
		return err
	}
	values, err := store.Get(ctx, "remember/task-error", "remember/task-panic")
	switch {
	case err != nil:
		return err
	case values[1] != nil:
		_ = store.Delete(ctx, "remember/task-panic")
		panic("the task panicked")
	case values[0] != nil:
		_ = store.Delete(ctx, "remember/task-error")
		return errors.New("the task failed")
	}
	return store.Put(ctx, kv.Entry{Key: "remember/task-done", Value: []byte("done")})
}
