package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// connections is the number of concurrent requests, unless a row has another.
const connections = 8

// maxRequests bounds the requests of one run, whatever its length.
const maxRequests = 40_000

// generator puts one address under load over persistent connections. It sends prepared bytes to use
// little processor time, which it takes away from the peer that it measures.
type generator struct {
	address  string
	conns    []*conn // one for each concurrent request
	answered int     // requests answered in all runs
}

type conn struct {
	net.Conn
	reader *bufio.Reader
}

func newGenerator(address string, connections int) *generator {
	return &generator{address: address, conns: make([]*conn, connections)}
}

// outcome is the result of a load.
type outcome struct {
	requests  int
	took      time.Duration
	latencies latencies // from sending a request to the end of its answer
}

// latencies are sorted and in milliseconds.
type latencies []float64

// at returns the quantile of part, from 0 to 1, of the latencies.
func (l latencies) at(part float64) float64 {
	if len(l) == 0 {
		return 0
	}
	return l[min(int(part*float64(len(l))), len(l)-1)]
}

func (o outcome) perSecond() float64 { return float64(o.requests) / o.took.Seconds() }

// run sends the requests that next returns for 0, 1, 2 and so on, until next returns nil, length
// has passed, maxRequests is reached or ctx ends. An answer with another status than want is an
// error.
func (g *generator) run(ctx context.Context, length time.Duration, want int, next func(n int) []byte) (outcome, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	begun := time.Now()
	end := begun.Add(length)
	var started atomic.Int64
	took := make([]latencies, len(g.conns))
	var wait sync.WaitGroup
	for i := range g.conns {
		wait.Go(func() {
			for ctx.Err() == nil && time.Now().Before(end) {
				n := int(started.Add(1)) - 1
				request := next(n)
				if request == nil || n >= maxRequests {
					return
				}
				asked := time.Now()
				status, body, err := g.send(i, request)
				if err == nil && status != want {
					err = fmt.Errorf("status %d, want %d: %.300s", status, want, body)
				}
				if err != nil {
					cancel(err)
					return
				}
				took[i] = append(took[i], milliseconds(time.Since(asked)))
			}
		})
	}
	wait.Wait()
	o := outcome{took: time.Since(begun), latencies: slices.Concat(took...)}
	o.requests = len(o.latencies)
	slices.Sort(o.latencies)
	g.answered += o.requests
	g.close() // workerd closes connections that are idle for some seconds
	if err := context.Cause(ctx); err != nil {
		return o, err
	}
	if o.requests == 0 {
		return o, fmt.Errorf("nothing was answered within %s", length)
	}
	return o, nil
}

// send sends one request on connection i and reads the whole response.
func (g *generator) send(i int, request []byte) (status int, body []byte, err error) {
	if g.conns[i] == nil {
		c, err := net.Dial("tcp", g.address)
		if err != nil {
			return 0, nil, err
		}
		g.conns[i] = &conn{c, bufio.NewReaderSize(c, 32<<10)}
	}
	c := g.conns[i]
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	if _, err := c.Write(request); err != nil {
		return 0, nil, err
	}
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return 0, nil, err
	}
	if response.StatusCode < 400 {
		_, err = io.Copy(io.Discard, response.Body)
		return response.StatusCode, nil, err
	}
	body, err = io.ReadAll(response.Body)
	return response.StatusCode, body, err
}

func (g *generator) close() {
	for i, c := range g.conns {
		if c != nil {
			c.Close()
			g.conns[i] = nil
		}
	}
}

func get(path, key string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: pay.example\r\n" + keyHeader(key) + "\r\n")
}

func post(path, key, body string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: pay.example\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, keyHeader(key), len(body), body)
	return []byte(b.String())
}

func keyHeader(key string) string {
	if key == "" {
		return ""
	}
	return "x-api-key: " + key + "\r\n"
}
