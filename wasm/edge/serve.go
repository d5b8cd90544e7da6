//go:build js && wasm

// Package edge binds a Go program to Cloudflare's Workers runtime: requests, cron, queues, KV,
// outgoing fetch, the data centre's cache and the log. It does not depend on the program's purpose.
//
// One instance of the program serves all events of an isolate concurrently, each on its own
// [fiber]. Fibers run one at a time and yield only while they wait for the platform, so a handler
// needs no lock between two calls of this package.
package edge

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/syumai/workers"

	"edgecheckout/worker/web"
)

// ErrAbort is the value that a handler panics with to make JavaScript answer its request with a
// plain 500. The stack is not logged.
var ErrAbort = errors.New("edge: request aborted")

// Handlers serve the events of a Worker. A panic in one ends only its event.
type Handlers struct {
	// Request answers HTTP requests. A client that disconnects does not cancel the context, so that
	// work in progress is completed.
	Request func(ctx context.Context, r *web.Request) web.Response
	// Admit says before the body of a request is read whether Request would look at it: 204, or the
	// answer that the request gets. Nil lets every request in.
	Admit func(ctx context.Context, r *web.Request) web.Response
	// Scheduled runs the task of a cron trigger, of which it gets the expression.
	Scheduled func(ctx context.Context, cron string) error
	// Queue consumes a batch of a queue; nil for a program that consumes none.
	Queue func(ctx context.Context, batch []Message) []Verdict
}

// Message is a message of a queue.
type Message struct {
	ID       string
	Attempts int // how often it was delivered, including this time
	Body     []byte
}

// Verdict says what to do with a message of a batch. The zero value acknowledges it.
type Verdict struct {
	Retry bool
	Delay time.Duration // until the next attempt: whole seconds, at most 12 hours
}

var handlers Handlers

// stackLimit is the largest stack that a goroutine may have, in bytes. Infinite recursion then ends
// the instance with a clear error before it exhausts the isolate's 128 MB.
const stackLimit = 16 << 20

// heapTarget is the memory limit beyond which the garbage collector works harder, in bytes. A
// WebAssembly memory never shrinks, so the instance keeps the heap's peak size.
const heapTarget = 24 << 20

// Serve signals that the program is ready and then serves events. It does not return.
func Serve(h Handlers) {
	handlers = h
	debug.SetMaxStack(stackLimit)
	debug.SetMemoryLimit(heapTarget)
	// The first read from crypto/rand starts a timer and looks up its source. Doing so here keeps
	// that out of the first request. The bytes are predictable (see instance.mjs) and discarded.
	_, _ = rand.Read(make([]byte, 16))
	usual = runtime.NumGoroutine() + 1 // plus the goroutine that runs calls from JavaScript
	workers.Ready()
	select {}
}

// The kinds of events, as worker.mjs names them.
const (
	kindScheduled = "scheduled"
	kindQueue     = "queue"
	kindAdmission = "admission"
)

// serve serves one event on its fiber. The first line of the event's message is its kind or, for a
// request, its method.
func serve(f *fiber) {
	var failure string
	first, rest := f.received.cut()
	kind, lines, _ := strings.Cut(text(first), "\n")
	switch kind {
	case kindScheduled:
		failure = guard(func() {
			if err := handlers.Scheduled(context.Background(), lines); err != nil {
				panic(err)
			}
			respond(f.slot, http.StatusOK, nil, 0, nil, 0)
		})
	case kindQueue:
		failure = guard(func() { serveBatch(f, lines, rest) })
	case kindAdmission:
		method, lines, _ := strings.Cut(lines, "\n")
		failure = guard(func() { serveRequest(f, admit, method, lines, rest) })
	default:
		failure = guard(func() { serveRequest(f, handlers.Request, kind, lines, rest) })
	}
	if failure == "" {
		return
	}
	reason := []byte(failure)
	fail(f.slot, unsafe.Pointer(unsafe.SliceData(reason)), int32(len(reason)))
	runtime.KeepAlive(reason)
}

func admit(ctx context.Context, r *web.Request) web.Response {
	if handlers.Admit == nil {
		return web.Response{Status: http.StatusNoContent}
	}
	return handlers.Admit(ctx, r)
}

func serveRequest(f *fiber, handle func(context.Context, *web.Request) web.Response, method, lines string, rest message) {
	w := handle(context.Background(), f.request.parse(method, lines, rest))
	f.head = appendHeader(f.head[:0], w.Header)
	respond(f.slot, int32(w.Status), unsafe.Pointer(unsafe.SliceData(f.head)), int32(len(f.head)),
		unsafe.Pointer(unsafe.SliceData(w.Body)), int32(len(w.Body)))
	runtime.KeepAlive(w.Body)
}

// serveBatch passes a batch to the queue handler. The lines alternate between ids and delivery
// counts, and the fields after them are the bodies. The result has a line for each message: empty
// to acknowledge it, or the seconds until it is to be retried.
func serveBatch(f *fiber, lines string, rest message) {
	var batch []Message
	for _, body := range rest.fields() {
		var id, attempts string
		id, lines, _ = strings.Cut(lines, "\n")
		attempts, lines, _ = strings.Cut(lines, "\n")
		n, _ := strconv.Atoi(attempts)
		batch = append(batch, Message{id, n, body})
	}
	var result []byte
	for _, v := range handlers.Queue(context.Background(), batch) {
		if v.Retry {
			result = strconv.AppendInt(result, int64(v.Delay/time.Second), 10)
		}
		result = append(result, '\n')
	}
	respond(f.slot, http.StatusOK, nil, 0, unsafe.Pointer(unsafe.SliceData(result)), int32(len(result)))
	runtime.KeepAlive(result)
}

// request holds the request that a fiber serves, so that its memory is reused.
type request struct {
	web.Request
	fields [8]web.Field // backs Header
}

// parse reads the URL and then alternating names and values of headers from lines, and the body
// from rest. Header names must be in their canonical form.
func (q *request) parse(method, lines string, rest message) *web.Request {
	body, _ := rest.cut()
	address, lines, _ := strings.Cut(lines, "\n")
	header := q.fields[:0]
	for lines != "" && len(header) < len(q.fields) { // worker.mjs passes fewer
		var field web.Field
		field.Name, lines, _ = strings.Cut(lines, "\n")
		field.Value, lines, _ = strings.Cut(lines, "\n")
		header = append(header, field)
	}
	q.Request = web.Request{Method: method, URL: parseURL(address), Header: header, Body: body}
	return &q.Request
}

// parseURL parses the absolute URL of a request. The runtime accepts paths with invalid
// percent-encoding, which [url.Parse] rejects; such a path is kept verbatim, so that the handler
// can answer that there is no such resource.
func parseURL(raw string) *url.URL {
	if target, err := url.Parse(raw); err == nil {
		return target
	}
	scheme, rest, _ := strings.Cut(raw, "://")
	rest, query, _ := strings.Cut(rest, "?")
	host, path, _ := strings.Cut(rest, "/")
	return &url.URL{Scheme: scheme, Host: host, Path: "/" + path, RawQuery: query}
}

// oneLine prevents a header's value from injecting another header.
var oneLine = strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ")

// appendHeader appends each name and value on a line of its own.
func appendHeader(b []byte, header web.Header) []byte {
	for _, field := range header {
		value := field.Value
		if strings.ContainsAny(value, "\r\n\x00") {
			value = oneLine.Replace(value)
		}
		b = append(append(b, field.Name...), '\n')
		b = append(append(b, value...), '\n')
	}
	return b
}

// Log is an [io.Writer] that writes lines to the Worker's log.
type Log struct{}

func (Log) Write(p []byte) (int, error) {
	slot := int32(-1)
	if f := current(); f != nil {
		slot = f.slot
	}
	line := bytes.TrimSuffix(p, []byte("\n"))
	log(slot, unsafe.Pointer(unsafe.SliceData(line)), int32(len(line)))
	runtime.KeepAlive(line)
	return len(p), nil
}

func decimal[T ~int | ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }
