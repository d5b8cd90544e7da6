//go:build js && wasm

// Package edge binds a Go program to Cloudflare's Workers runtime: requests, cron, KV, outgoing fetch, the data
// centre's cache and the log. It knows nothing of what the program is for.
//
// worker.mjs owns the instances of the program and gives an instance one job at a time, so the package keeps no locks:
// everything in an instance belongs to the job at hand.
package edge

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/syumai/workers"
	"github.com/syumai/workers/cloudflare/cron"
)

// Abort is what a handler panics with to have its request answered by a plain 500 without being blamed for it: the
// instance lives on and nothing is logged.
var Abort = errors.New("edge: request aborted")

// after counts the work that handlers left to be done behind the response.
var after sync.WaitGroup

// Responder is a handler that takes the request's body in one piece, nil if there is none, and gives a response in one, which is cheaper. header has
// names, in their canonical form, and values by turns; body must not change until the handler is called again.
type Responder interface {
	http.Handler
	Respond(r *http.Request, sent []byte) (status int, header []string, body []byte)
}

// Serve announces that the program is ready and then answers requests and runs the cron's task. It does not return.
//
// A panic ends the program, as it should: worker.mjs answers the request with a 500 and drops the instance. The task's
// panic is caught only to be reported as the failure of this run.
func Serve(handler http.Handler, task func(ctx context.Context) error) {
	// The first read from crypto/rand arms a timer and looks up its source; this must not wait for the first request.
	// What is read here is predictable (see instance.mjs) and thrown away.
	_, _ = rand.Read(make([]byte, 16))

	cron.ScheduleTaskNonBlock(func(ctx context.Context) error {
		if err := runTask(ctx, task); err != nil {
			reason := []byte(err.Error())
			fail(unsafe.Pointer(unsafe.SliceData(reason)), int32(len(reason)))
			runtime.KeepAlive(reason)
		}
		after.Wait()
		done()
		return nil // an error returned here would end the program
	})
	responder, _ := handler.(Responder)
	server.start(func() {
		for {
			server.free = true
			server.wait()
			server.free = false
			serve(handler, responder, received)
			after.Wait()
			done()
		}
	})
	workers.Ready()
	select {}
}

func runTask(ctx context.Context, task func(ctx context.Context) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return task(ctx)
}

// After runs work once the response is on its way; the instance stays with its request until it is done.
func After(ctx context.Context, work func(ctx context.Context)) {
	ctx = context.WithoutCancel(ctx)
	after.Go(func() { work(ctx) })
}

// serve answers one request. Its context never ends: the instance has nothing else to do until all of the request's work is done.
func serve(handler http.Handler, responder Responder, m message) {
	defer func() {
		if r := recover(); r != nil && r != any(Abort) {
			panic(r)
		} else if r != nil {
			fail(nil, 0)
		}
	}()
	reply.reset()
	if responder != nil {
		reply.set(responder.Respond(parseRequest(m)))
	} else {
		r, body := parseRequest(m)
		if len(body) > 0 {
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		handler.ServeHTTP(&reply, r)
	}
	reply.send()
}

// request is the one at hand. Whoever goes on after the response clones it.
var request struct {
	http.Request
	header http.Header
	values [8][1]string // of the header
}

// parseRequest reads the lines method, URL, and then names and values of headers, and the body; the names are in their canonical form.
func parseRequest(m message) (r *http.Request, body []byte) {
	first, rest := m.cut()
	body, _ = rest.cut()
	method, lines, _ := strings.Cut(text(first), "\n")
	address, lines, _ := strings.Cut(lines, "\n")
	if request.header == nil {
		request.header = http.Header{}
	}
	clear(request.header)
	for i := 0; lines != ""; i++ {
		var name, value string
		name, lines, _ = strings.Cut(lines, "\n")
		value, lines, _ = strings.Cut(lines, "\n")
		if i == len(request.values) {
			break // worker.mjs passes fewer
		}
		request.values[i][0] = value
		request.header[name] = request.values[i][:]
	}
	target := parseURL(address)
	request.Request = http.Request{
		Method: method, URL: target, Host: target.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: request.header, Body: http.NoBody, ContentLength: int64(len(body)),
	}
	return &request.Request, body
}

// parseURL reads the absolute URL of a request. The runtime lets a path through whose percent-encoding is broken and
// which url.Parse refuses; such a path is taken as it stands, so that the handler can answer that there is no such thing.
func parseURL(raw string) *url.URL {
	if target := plainURL(raw); target != nil {
		return target
	}
	if target, err := url.Parse(raw); err == nil {
		return target
	}
	scheme, rest, _ := strings.Cut(raw, "://")
	rest, query, _ := strings.Cut(rest, "?")
	host, path, _ := strings.Cut(rest, "/")
	return &url.URL{Scheme: scheme, Host: host, Path: "/" + path, RawQuery: query}
}

// plainURL is what url.Parse makes, for nearly all URLs there are: those without an escape, without a user, and with a host that is a name. It
// returns nil for the others.
func plainURL(raw string) *url.URL {
	scheme, rest, ok := strings.Cut(raw, "://")
	slash := strings.IndexByte(rest, '/')
	if !ok || slash <= 0 || scheme != "https" && scheme != "http" {
		return nil
	}
	path, query, asked := strings.Cut(rest[slash:], "?")
	if asked && query == "" || strings.IndexByte(query, '#') >= 0 {
		return nil
	}
	port := false
	for i := range slash + len(path) {
		switch c := rest[i]; {
		case '0' <= c && c <= '9':
		case !port && ('a' <= c && c <= 'z' || c == '.' || c == '-'):
		case i >= slash && ('A' <= c && c <= 'Z' || c == '/' || c == '_'):
			port = false
		case i < slash && c == ':' && !port:
			port = true
		default:
			return nil
		}
	}
	return &url.URL{Scheme: scheme, Host: rest[:slash], Path: path, RawQuery: query}
}

// response collects what a handler writes, so that it leaves in one piece.
type response struct {
	header http.Header
	status int
	head   []byte // the header as it was when the status was written: each name and value on a line of its own
	typed  bool   // whether it names a Content-Type
	body   bytes.Buffer
	whole  []byte // the body, in the place of what was written bit by bit
}

// reply is the response of the request at hand. A handler that has returned must not use it any more, as net/http says.
var reply response

// maxKept is how much room for a body is kept for the next response, in bytes.
const maxKept = 64 << 10

func (w *response) reset() {
	if w.header == nil {
		w.header = http.Header{}
	}
	clear(w.header)
	w.status, w.head, w.typed, w.whole = 0, w.head[:0], false, nil
	w.body.Reset()
	if w.body.Cap() > maxKept {
		w.body = bytes.Buffer{}
	}
}

func (w *response) Header() http.Header { return w.header }

func (w *response) WriteHeader(status int) {
	if w.status != 0 || status < 200 {
		return // a second status is ignored, and interim ones cannot be sent
	}
	w.status = status
	for name, values := range w.header {
		for _, value := range values {
			w.typed = w.typed || name == "Content-Type"
			w.addHeader(name, value)
		}
	}
}

// set makes the response what a Responder gave.
func (w *response) set(status int, header []string, body []byte) {
	w.status, w.typed, w.whole = status, true, body
	for i := 0; i+1 < len(header); i += 2 {
		w.addHeader(header[i], header[i+1])
	}
}

// oneLine keeps a header's value from starting another header.
var oneLine = strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ")

func (w *response) addHeader(name, value string) {
	for i := range len(value) {
		if c := value[i]; c == '\r' || c == '\n' || c == 0 {
			value = oneLine.Replace(value)
			break
		}
	}
	w.head = append(w.head, name...)
	w.head = append(w.head, '\n')
	w.head = append(w.head, value...)
	w.head = append(w.head, '\n')
}

func (w *response) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

func (w *response) WriteString(s string) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.WriteString(s)
}

func (w *response) send() {
	w.WriteHeader(http.StatusOK)
	body := w.whole
	if body == nil {
		body = w.body.Bytes()
	}
	if !w.typed && len(body) > 0 {
		w.addHeader("Content-Type", http.DetectContentType(body))
	}
	respond(int32(w.status), unsafe.Pointer(unsafe.SliceData(w.head)), int32(len(w.head)),
		unsafe.Pointer(unsafe.SliceData(body)), int32(len(body)))
	runtime.KeepAlive(body)
}

// Now is the wall clock in milliseconds, which is all that the platform tells. It costs less than time.Now, which asks for a second clock.
func Now() time.Time { return time.UnixMilli(int64(now())) }

// Log writes lines to the Worker's log.
type Log struct{}

func (Log) Write(p []byte) (int, error) {
	line := bytes.TrimSuffix(p, []byte("\n"))
	log(unsafe.Pointer(unsafe.SliceData(line)), int32(len(line)))
	runtime.KeepAlive(line)
	return len(p), nil
}

func decimal[T ~int | ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }
