package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"edgecheckout/e2e/workerd"
	"edgecheckout/worker/kv"
)

const (
	connections  = 128             // most of them wait for the distant KV
	requestLimit = 5 * time.Second // timeout of a request
	// Before the first mark, V8 has compiled what it will, and every fault has occurred twice.
	warmRequests = 20_000
	maxBody      = 64<<10 + 1 // bytes that the program may read
	remembered   = 64         // values in KV to be read
)

// client reuses connections, and sees redirects as they are.
var client = &http.Client{
	Timeout:       30 * time.Second,
	Transport:     &http.Transport{MaxIdleConnsPerHost: 2 * connections, DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// worker is the Worker that is kept busy.
type worker struct{ *workerd.Process }

func start(ctx context.Context, c workerd.Config) (worker, error) {
	p, err := c.Start(ctx)
	return worker{p}, err
}

// soakRequests sends count requests, of which one in every so many is a fault.
func soakRequests(ctx context.Context, c workerd.Config, count, every int) ([]mark, error) {
	c.Vars = map[string]string{"GREETING": greeting, "REQUEST_LIMIT_MS": fmt.Sprint(requestLimit.Milliseconds())}
	w, err := start(ctx, c)
	if err != nil {
		return nil, err
	}
	defer w.Stop()
	for i := range remembered {
		if err := w.Store.Put(ctx, kv.Entry{Key: fmt.Sprintf("remember/soak-%d", i), Value: []byte(value(i))}); err != nil {
			return nil, err
		}
	}
	if err := w.Store.Far(ctx, 1); err != nil {
		return nil, err
	}
	var marks []mark
	for part := range parts + 1 {
		from, to := warmRequests+(part-1)*count/parts, warmRequests+part*count/parts
		if part == 0 {
			from = 0
		}
		if err := w.load(ctx, from, to, every); err != nil {
			return marks, fmt.Errorf("%w\nworkerd's log ends with:\n%s", err, w.Log)
		}
		if err := w.rest(ctx); err != nil {
			return marks, fmt.Errorf("%w\nworkerd's log ends with:\n%s", err, w.Log)
		}
		m, err := w.measure(ctx, to, to/every)
		if err != nil {
			return marks, err
		}
		marks = append(marks, m)
	}
	return marks, nil
}

// load sends the requests from one number to another concurrently, and stops at the first wrong
// response.
func (w worker) load(ctx context.Context, from, to, every int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := atomic.Int64{}
	next.Store(int64(from))
	var wait sync.WaitGroup
	for range connections {
		wait.Go(func() {
			for ctx.Err() == nil {
				n := int(next.Add(1)) - 1
				if n >= to {
					return
				}
				var err error
				if (n+1)%every == 0 {
					err = w.fault(ctx, n/every)
				} else {
					err = w.repeated(ctx, n)
				}
				if err != nil {
					cancel(fmt.Errorf("request %d: %w", n, err))
				}
			}
		})
	}
	wait.Wait()
	return context.Cause(ctx)
}

// rest waits until hanging requests time out, and then lets the current instance serve one more.
func (w worker) rest(ctx context.Context) error {
	time.Sleep(requestLimit + 500*time.Millisecond)
	_, err := w.get(ctx, "/remember?before&key=rest", http.StatusOK)
	client.CloseIdleConnections()
	return err
}

const greeting = "hello"

func value(i int) string { return strings.Repeat(fmt.Sprintf("value %d ", i), 10) }

// repeated is like healthy, but repeats a request that another's fault may have broken, as the
// service's clients do. The Worker itself repeats a safe request once.
func (w worker) repeated(ctx context.Context, n int) error {
	err := w.healthy(ctx, n)
	for range 2 {
		if !errors.Is(err, errBroken) {
			break
		}
		err = w.healthy(ctx, n)
	}
	return err
}

// healthy sends one request of the mix, chosen by its number; it fails unless the response is
// right.
func (w worker) healthy(ctx context.Context, n int) error {
	switch n % 10 {
	case 0, 1: // JSON, a write to KV and two reads
		a, err := w.get(ctx, "/ok", http.StatusOK)
		var got struct {
			Served   int
			Greeting string
		}
		return errors.Join(err, decode(a, &got), expect(got.Greeting == greeting && got.Served > 0, a))
	case 2, 3:
		return w.echo(ctx, n*7919%2000)
	case 4:
		return w.echo(ctx, n*7919%maxBody)
	case 5, 6, 7:
		a, err := w.get(ctx, "/pay/open", http.StatusOK)
		return errors.Join(err, expect(strings.HasPrefix(a.body, "open  "), a))
	case 8:
		i := n / 10 % remembered
		a, err := w.get(ctx, fmt.Sprintf("/recall?key=soak-%d", i), http.StatusOK)
		return errors.Join(err, expect(a.body == value(i), a))
	}
	if n%20 == 9 {
		a, err := w.get(ctx, "/secrets", http.StatusOK)
		var secrets []string
		return errors.Join(err, decode(a, &secrets), expect(len(secrets) == 3 && secrets[0] != secrets[1], a))
	}
	a, err := w.get(ctx, "/headers", http.StatusTeapot)
	return errors.Join(err, expect(a.body == "\x00\xff\n" && len(a.header["Set-Cookie"]) == 2, a))
}

// errBroken is the response to a request that failed, because of itself or the end of its instance.
var errBroken = errors.New("status 500, internal_error")

// echo sends a body of size bytes and requires that the program has read all that it may.
func (w worker) echo(ctx context.Context, size int) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+w.Address+"/echo", bytes.NewReader(make([]byte, size)))
	if err != nil {
		return err
	}
	a, err := send(r, http.StatusOK)
	var got struct{ Size int }
	return errors.Join(err, decode(a, &got), expect(got.Size == min(size, maxBody), a))
}

// answer is a response whose body was read.
type answer struct {
	status int
	header http.Header
	body   string
}

func (w worker) get(ctx context.Context, path string, status int) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.Address+path, nil)
	if err != nil {
		return answer{}, err
	}
	return send(r, status)
}

func send(r *http.Request, status int) (answer, error) {
	response, err := client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	a := answer{response.StatusCode, response.Header, string(body)}
	if err == nil && a.status != status && a.status == http.StatusInternalServerError && strings.Contains(a.body, `"internal_error"`) {
		return a, errBroken
	}
	if err == nil && a.status != status {
		err = fmt.Errorf("%s %s: status %d, want %d: %.300q", r.Method, r.URL.Path, a.status, status, a.body)
	}
	return a, err
}

func decode(a answer, into any) error { return json.Unmarshal([]byte(a.body), into) }

func expect(right bool, a answer) error {
	if right {
		return nil
	}
	return fmt.Errorf("a wrong answer: %d %v %.300q", a.status, a.header, a.body)
}
