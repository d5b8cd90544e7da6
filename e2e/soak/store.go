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

// store is the second Worker, which plays KV and the edge cache, and can call the first one's cron handler.
type store struct{ url string }

func (s store) put(ctx context.Context, entries ...kv.Entry) error {
	values := make([][3]any, len(entries))
	for i, e := range entries {
		expiration := int64(0)
		if !e.ExpiresAt.IsZero() {
			expiration = e.ExpiresAt.Unix()
		}
		values[i] = [3]any{e.Key, string(e.Value), expiration}
	}
	text, err := json.Marshal(values)
	if err != nil {
		return err
	}
	_, err = s.do(ctx, http.MethodPost, "/values", text)
	return err
}

// values returns all that KV holds by key.
func (s store) values(ctx context.Context) (map[string]string, error) {
	text, err := s.do(ctx, http.MethodGet, "/values", nil)
	if err != nil {
		return nil, err
	}
	var all [][3]any
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, entry := range all {
		key, _ := entry[0].(string)
		values[key], _ = entry[1].(string)
	}
	return values, nil
}

// cron runs the scheduled handler, waits for it and returns its outcome: "ok", or "exception" if it failed.
func (s store) cron(ctx context.Context) (outcome string, err error) {
	text, err := s.do(ctx, http.MethodPost, "/cron", nil)
	return string(text), err
}

func (s store) do(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %.200s", method, path, response.Status, answer)
	}
	return answer, err
}
