// Command listen follows the log of events of a running service and forwards them, signed, to a
// receiver on this machine. Nothing has to reach this machine from outside.
//
//	make listen FORWARD=http://localhost:3000/webhooks [SINCE=2026-11-22T12:00:00Z]
//		[URL=https://pay.example, with the key in API_KEY]
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"edgecheckout/sandbox/stack"
	"edgecheckout/worker/event"
)

const usage = "usage: make listen FORWARD=http://localhost:3000/webhooks [SINCE=2026-11-22T12:00:00Z] [URL=https://pay.example, with the key in API_KEY]"

// pause is how long the log is left alone after its end.
const pause = 2 * time.Second

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	l, err := parse(os.Getenv, time.Now())
	if err == nil {
		err = l.run(ctx)
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// listener forwards events.
type listener struct {
	client  stack.Client
	forward string
	since   time.Time
	secret  event.Secret
	out     io.Writer
}

// parse reads the variables. The error says what is expected.
func parse(getenv func(string) string, now time.Time) (*listener, error) {
	l := &listener{forward: getenv("FORWARD"), since: now, out: os.Stdout, client: stack.Client{BaseURL: getenv("URL"), Key: getenv("API_KEY")}}
	if u, err := url.Parse(l.forward); err != nil || u.Host == "" {
		return nil, errors.New(usage)
	}
	if text := getenv("SINCE"); text != "" {
		since, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, fmt.Errorf("SINCE is a time such as 2026-11-22T12:00:00Z, not %q", text)
		}
		l.since = since
	}
	if l.client.BaseURL == "" {
		root, err := stack.FindRoot()
		if err != nil {
			return nil, err
		}
		dev, err := stack.ReadDev(root)
		if err != nil {
			return nil, err
		}
		l.client = stack.Client{BaseURL: dev.BaseURL, Key: dev.APIKey}
	} else if l.client.Key == "" {
		return nil, errors.New("the key of the service at URL is missing: export API_KEY=sk_test_…")
	}
	var err error
	l.secret, err = event.NewSecret(rand.Reader)
	return l, err
}

// run forwards events until ctx ends.
func (l *listener) run(ctx context.Context) error {
	if err := l.keepLog(ctx); err != nil {
		return err
	}
	fmt.Fprintf(l.out, "forwarding to %s, signed with SECRET=%s\n", l.forward, l.secret)
	for after := ""; ; {
		var more bool
		var err error
		if after, more, err = l.page(ctx, after); err != nil {
			return err
		}
		if more {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// keepLog creates a disabled endpoint if there is none, since events are kept for merchants who
// have one.
func (l *listener) keepLog(ctx context.Context) error {
	var endpoints struct{ Data []json.RawMessage }
	if err := l.call(ctx, http.MethodGet, "/webhooks", nil, &endpoints); err != nil || len(endpoints.Data) > 0 {
		return err
	}
	body := []byte(`{"name": "make listen", "url": "https://listen.example/", "events": ["*"], "is_disabled": true}`)
	return l.call(ctx, http.MethodPost, "/webhooks", body, &endpoints)
}

func (l *listener) call(ctx context.Context, method, path string, body []byte, into any) error {
	reply, err := l.client.Do(ctx, method, path, body)
	if err != nil {
		return err
	}
	if reply.Status != http.StatusOK {
		return fmt.Errorf("%s %s: status %d: %.300s", method, path, reply.Status, reply.Body)
	}
	return json.Unmarshal(reply.Body, into)
}

// page forwards a page of the log and returns where the next one begins, and whether it is there.
func (l *listener) page(ctx context.Context, after string) (last string, more bool, err error) {
	query := url.Values{"since": {l.since.UTC().Format(time.RFC3339)}, "limit": {"100"}}
	if after != "" {
		query.Set("starting_after", after)
	}
	var page struct {
		Data    []json.RawMessage
		HasMore bool `json:"has_more"`
	}
	if err := l.call(ctx, http.MethodGet, "/events?"+query.Encode(), nil, &page); err != nil {
		return after, false, err
	}
	for _, body := range page.Data {
		var e struct{ ID, Type string }
		if err := json.Unmarshal(body, &e); err != nil {
			return after, false, err
		}
		fmt.Fprintf(l.out, "%s %s: %s\n", e.ID, e.Type, l.send(ctx, e.ID, e.Type, body))
		after = e.ID
	}
	return after, page.HasMore, nil
}

// send forwards an event and says what came of it.
func (l *listener) send(ctx context.Context, id, kind string, body []byte) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, l.forward, bytes.NewReader(body))
	if err != nil {
		return err.Error()
	}
	signed := event.Sign(l.secret, nil, id, time.Now(), body)
	for name, value := range map[string]string{
		"Content-Type": "application/json", "X-StellarTools-Event": kind, "X-StellarTools-Signature": signed.StellarTools,
		"webhook-id": id, "webhook-timestamp": signed.Timestamp, "webhook-signature": signed.Standard,
	} {
		request.Header.Set(name, value)
	}
	response, err := (&http.Client{Timeout: 15 * time.Second}).Do(request)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	return response.Status
}
