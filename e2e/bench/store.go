package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"edgecheckout/worker/kv"
)

// store is what store.mjs answers to the benchmark.
type store struct{ url string }

// operations counts what a Worker asked of its KV.
type operations struct{ Get, Put, Delete, List int }

func (s store) put(ctx context.Context, entries []kv.Entry) error {
	values := make([][3]any, len(entries))
	for i, e := range entries {
		expiration := int64(0)
		if !e.ExpiresAt.IsZero() {
			expiration = e.ExpiresAt.Unix()
		}
		values[i] = [3]any{e.Key, string(e.Value), expiration}
	}
	return s.post(ctx, "/values", values, nil)
}

// values returns all that KV holds by key.
func (s store) values(ctx context.Context) (map[string]string, error) {
	var all [][3]any
	if err := s.do(ctx, http.MethodGet, "/values", nil, &all); err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, entry := range all {
		key, _ := entry[0].(string)
		values[key], _ = entry[1].(string)
	}
	return values, nil
}

func (s store) counts(ctx context.Context) (o operations, err error) {
	return o, s.do(ctx, http.MethodGet, "/counts", nil, &o)
}

// cron runs the Worker's scheduled handler and waits for it.
func (s store) cron(ctx context.Context) error {
	var outcome bytes.Buffer
	if err := s.post(ctx, "/cron", nil, &outcome); err != nil {
		return err
	}
	if outcome.String() != "ok" {
		return fmt.Errorf("the cron handler ended as %q", outcome.String())
	}
	return nil
}

func (s store) post(ctx context.Context, path string, body, into any) error {
	return s.do(ctx, http.MethodPost, path, body, into)
}

// do sends body as JSON, and reads the answer as JSON, or as it is into a buffer.
func (s store) do(ctx context.Context, method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	if method == http.MethodGet {
		request.Body, request.ContentLength = nil, 0
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s: %.200s", method, path, response.Status, answer)
	}
	switch into := into.(type) {
	case nil:
		return nil
	case *bytes.Buffer:
		_, err := into.Write(answer)
		return err
	}
	return json.Unmarshal(answer, into)
}

// entriesOf is values as put takes them, without their expiry.
func entriesOf(values map[string]string) []kv.Entry {
	entries := make([]kv.Entry, 0, len(values))
	for key, value := range values {
		entries = append(entries, kv.Entry{Key: key, Value: []byte(value)})
	}
	return entries
}
