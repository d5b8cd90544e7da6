//go:build js && wasm

// Command faults is a Worker that goes wrong in every way a Go program can, to test that the pool of worker.mjs does
// not mind. Its routes are named after what they do.
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
	"sync"
	"time"

	"github.com/syumai/workers/cloudflare"

	"edgecheckout/wasm/edge"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/kv/kvtest"
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
	mux.HandleFunc("/empty", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("a handler panicked") })
	mux.HandleFunc("/panic-goroutine", func(w http.ResponseWriter, r *http.Request) {
		go panic("a goroutine panicked")
		select {}
	})
	mux.HandleFunc("/panic-after", func(w http.ResponseWriter, r *http.Request) {
		edge.After(r.Context(), func(context.Context) { panic("work after the response panicked") })
	})
	mux.HandleFunc("/panic-left-behind", func(http.ResponseWriter, *http.Request) { go panic("who was left behind panicked") })
	mux.HandleFunc("/join", join)
	mux.HandleFunc("/exit", func(http.ResponseWriter, *http.Request) { os.Exit(3) })
	mux.HandleFunc("/hang", func(http.ResponseWriter, *http.Request) { select {} })
	mux.HandleFunc("/abort", func(http.ResponseWriter, *http.Request) { panic(edge.Abort) })
	edge.Serve(mux, task)
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

// join waits for goroutines of its own, which wait for KV, each other and time; then it goes on itself.
func join(w http.ResponseWriter, r *http.Request) {
	var workers sync.WaitGroup
	first := make(chan struct{})
	faults := make(chan error, 3)
	for range 2 {
		workers.Go(func() {
			<-first
			_, err := store.Get(r.Context(), "ok/never")
			faults <- err
		})
	}
	workers.Go(func() {
		err := store.Put(r.Context(), kv.Entry{Key: "join", Value: []byte("v")})
		time.Sleep(5 * time.Millisecond)
		close(first)
		faults <- err
	})
	_, err := store.Get(r.Context(), "join")
	workers.Wait()
	if err = errors.Join(err, <-faults, <-faults, <-faults); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	ok(w, r)
}

// secrets makes what must never be the same twice.
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

// page answers with other bytes each time; its id says how long it may be kept.
func page(w http.ResponseWriter, r *http.Request) {
	control := map[string]string{"open": "public, max-age=0, s-maxage=60", "brief": "public, s-maxage=1", "private": "private, max-age=60",
		"max-age": "public, max-age=60", "finished": "public, s-maxage=86400"}[r.PathValue("id")]
	if control != "" {
		w.Header().Set("Cache-Control", control)
	}
	fmt.Fprintf(w, "%s %s %s", r.PathValue("id"), r.URL.RawQuery, random())
}

// remember answers at once and writes 200 ms later.
func remember(w http.ResponseWriter, r *http.Request) {
	key := "remember/" + r.URL.Query().Get("key")
	write := func(ctx context.Context) {
		time.Sleep(200 * time.Millisecond)
		if err := store.Put(ctx, kv.Entry{Key: key, Value: []byte(instance)}); err != nil {
			panic(err)
		}
	}
	if r.URL.Query().Has("before") {
		write(r.Context())
		return
	}
	edge.After(r.Context(), write)
	_, _ = io.WriteString(w, "soon")
}

func recall(w http.ResponseWriter, r *http.Request) {
	values, err := store.Get(r.Context(), "remember/"+r.URL.Query().Get("key"))
	if err != nil || values[0] == nil {
		http.Error(w, fmt.Sprint("nothing: ", err), http.StatusNotFound)
		return
	}
	_, _ = w.Write(values[0])
}

// task does what was left for it under the key "task".
func task(ctx context.Context) error {
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
