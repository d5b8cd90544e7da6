package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// faults occur in turn. Those that hang occupy a fiber until its instance is replaced.
var faults = []func(ctx context.Context, w worker) error{
	breaks("/panic"),
	breaks("/panic-goroutine"),
	breaks("/exit"),
	leaves("POST /echo HTTP/1.1\r\nHost: soak\r\nContent-Length: 1000\r\n\r\nonly half"), // while sending
	oversized,
	breaks("/out-of-memory"),
	breaks("/abort"),
	leaves("GET /remember?before&key=left HTTP/1.1\r\nHost: soak\r\n\r\n"), // during the response
	panicsAfterwards,
	breaks("/hang"),
	breaks("/recurse"),
	leaves("GET /hang HTTP/1.1\r\nHost: soak\r\n\r\n"),
}

func (w worker) fault(ctx context.Context, n int) error { return faults[n%len(faults)](ctx, w) }

// breaks requests a path that breaks its request, or the whole instance, and requires the error
// that discloses nothing.
func breaks(path string) func(ctx context.Context, w worker) error {
	return func(ctx context.Context, w worker) error {
		a, err := w.get(ctx, path, http.StatusInternalServerError)
		if err != nil {
			return err
		}
		var got struct {
			Error struct {
				Code      string
				RequestID string `json:"request_id"`
			}
		}
		id := a.header.Get("Request-Id")
		return errors.Join(decode(a, &got), expect(got.Error.Code == "internal_error" && id != "" && got.Error.RequestID == id, a))
	}
}

// panicsAfterwards leaves a goroutine that panics after a good response.
func panicsAfterwards(ctx context.Context, w worker) error {
	_, err := w.get(ctx, "/panic-left-behind", http.StatusOK)
	return err
}

// oversized sends more than the program may read.
func oversized(ctx context.Context, w worker) error { return w.echo(ctx, 512<<10) }

// leaves is a client that disconnects before a response.
func leaves(head string) func(ctx context.Context, w worker) error {
	return func(ctx context.Context, w worker) error {
		var dialer net.Dialer
		connection, err := dialer.DialContext(ctx, "tcp", w.Address)
		if err != nil {
			return err
		}
		defer connection.Close()
		if _, err := io.WriteString(connection, head); err != nil {
			return fmt.Errorf("a client that leaves could not begin: %w", err)
		}
		time.Sleep(50 * time.Millisecond)
		return nil
	}
}
