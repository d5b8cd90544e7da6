//go:build js && wasm

// Package edge binds a Go program to Cloudflare's Workers runtime: requests, cron, queues, KV, outgoing
// fetch, the data centre's cache and the log. It knows nothing of what the program is for.
//
// One instance of the program serves all events of an isolate at once, each on a fiber of its own
// (see fiber). Fibers run one at a time and give way only while they wait for the platform, so what
// a handler does between two calls of this package needs no lock.
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

// ErrAbort is what a handler panics with to have its request answered by a plain 500. The stack is not
// logged.
var ErrAbort = errors.New("edge: request aborted")

// Handlers serve the events of a Worker. A panic of theirs ends its event and nothing else.
type Handlers struct {
	// Request answers HTTP requests. A client that leaves does not end the context: what was begun is finished.
	Request func(ctx context.Context, r *web.Request) web.Response
	// Scheduled runs the cron's task.
	Scheduled func(ctx context.Context) error
	// Queue consumes a batch of a queue; nil for a program that consumes none.
	Queue func(ctx context.Context, batch []Message) []Verdict
}

// Message is one message of a queue.
type Message struct {
	ID       string
	Attempts int // how often it was delivered, this time included
	Body     []byte
}

// Verdict says what becomes of a message of a batch; the zero value acknowledges it.
type Verdict struct {
	Retry bool
	Delay time.Duration // until the next attempt: whole seconds, at most 12 hours
}

var handlers Handlers

// stackLimit is the largest stack that a goroutine may have, in bytes. Endless recursion then ends
// the instance with a clear error before it has used up the isolate's 128 MB.
const stackLimit = 16 << 20

// heapTarget is when the garbage collector begins to work harder, in bytes. A memory of WebAssembly
// never shrinks, so what the heap needs at its worst stays taken.
const heapTarget = 24 << 20

// Serve announces that the program is ready and then serves events. It does not return.
func Serve(h Handlers) {
	handlers = h
	debug.SetMaxStack(stackLimit)
	debug.SetMemoryLimit(heapTarget)
	// The first read from crypto/rand arms a timer and looks up its source; this must not wait for
	// the first request. What is read here is predictable (see instance.mjs) and thrown away.
	_, _ = rand.Read(make([]byte, 16))
	usual = runtime.NumGoroutine() + 1 // the goroutine that calls from JavaScript run on
	workers.Ready()
	select {}
}

// The kinds of events, as instance.mjs names them.
const (
	kindScheduled = "scheduled"
	kindQueue     = "queue"
)

// serve serves one event on its fiber. The first line of its message is the kind, and for a request
// the method.
func serve(f *fiber) {
	var failure string
	first, rest := f.received.cut()
	kind, lines, _ := strings.Cut(text(first), "\n")
	switch kind {
	case kindScheduled:
		failure = guard(func() {
			if err := handlers.Scheduled(context.Background()); err != nil {
				panic(err)
			}
			respond(f.slot, http.StatusOK, nil, 0, nil, 0)
		})
	case kindQueue:
		failure = guard(func() { serveBatch(f, lines, rest) })
	default:
		failure = guard(func() { serveRequest(f, kind, lines, rest) })
	}
	if failure == "" {
		return
	}
	reason := []byte(failure)
	fail(f.slot, unsafe.Pointer(unsafe.SliceData(reason)), int32(len(reason)))
	runtime.KeepAlive(reason)
}

// serveRequest answers one request.
func serveRequest(f *fiber, method, lines string, rest message) {
	w := handlers.Request(context.Background(), f.request.parse(method, lines, rest))
	f.head = appendHeader(f.head[:0], w.Header)
	respond(f.slot, int32(w.Status), unsafe.Pointer(unsafe.SliceData(f.head)), int32(len(f.head)),
		unsafe.Pointer(unsafe.SliceData(w.Body)), int32(len(w.Body)))
	runtime.KeepAlive(w.Body)
}

// serveBatch hands a batch over: the lines are alternating ids and numbers of attempts, the fields
// behind them the bodies. The result has a line for each message: empty, or the seconds until it is
// to be tried again.
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

// request is the one that a fiber serves.
type request struct {
	web.Request
	fields [8]web.Field // of the header
}

// parse reads the URL, and then names and values of headers, from lines, and the body; the names are
// in their canonical form.
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

// parseURL reads the absolute URL of a request. The runtime lets a path through whose percent-encoding is broken and
// which url.Parse refuses; such a path is taken as it stands, so that the handler can answer that there is no such thing.
func parseURL(raw string) *url.URL {
	if target, err := url.Parse(raw); err == nil {
		return target
	}
	scheme, rest, _ := strings.Cut(raw, "://")
	rest, query, _ := strings.Cut(rest, "?")
	host, path, _ := strings.Cut(rest, "/")
	return &url.URL{Scheme: scheme, Host: host, Path: "/" + path, RawQuery: query}
}

// oneLine keeps a header's value from starting another header.
var oneLine = strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ")

// appendHeader writes each name and value on a line of its own.
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

// Log writes lines to the Worker's log.
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
