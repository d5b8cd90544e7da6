package workerd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"

	"edgecheckout/worker/kv"
)

// Store is the second Worker (store.mjs). It stands in for KV and the edge cache, and can trigger
// the first Worker's cron handler.
type Store struct {
	url    string
	beside string // the same in the Worker's process; differs from url if the store is apart
}

// Operations counts the Worker's operations on KV.
type Operations struct{ Get, Put, Delete, List int }

// Since returns the operations after before was counted.
func (o Operations) Since(before Operations) Operations {
	return Operations{Get: o.Get - before.Get, Put: o.Put - before.Put, Delete: o.Delete - before.Delete, List: o.List - before.List}
}

// Operation is an operation of the Worker on KV ("get", "put", "delete", "list") or on the cache
// ("match", "keep").
type Operation struct{ Name, Key string }

// Far makes KV and the cache as slow as Cloudflare's: a hit takes 10 to 15 ms, a miss 60 to 120, a
// put or a delete 100 to 200, a list 60 to 150, and a cache operation 2 to 5. Each kind of
// operation has its own pseudo-random sequence of times, which seed determines.
func (s Store) Far(ctx context.Context, seed uint32) error {
	_, err := s.do(ctx, http.MethodPost, "/far", []byte(strconv.FormatUint(uint64(seed), 10)))
	return err
}

// Near removes the delays, as at the start.
func (s Store) Near(ctx context.Context) error {
	_, err := s.do(ctx, http.MethodPost, "/near", nil)
	return err
}

// Record starts recording the Worker's operations.
func (s Store) Record(ctx context.Context) error {
	_, err := s.do(ctx, http.MethodPost, "/record", nil)
	return err
}

// Recorded stops recording and returns the operations grouped into consecutive round trips: an
// operation that began while another was outstanding belongs to the same trip. That is only
// meaningful after [Store.Far].
func (s Store) Recorded(ctx context.Context) ([][]Operation, error) {
	text, err := s.do(ctx, http.MethodGet, "/recorded", nil)
	if err != nil {
		return nil, err
	}
	var all [][3]any
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	var trips [][]Operation
	for _, asked := range all {
		name, _ := asked[0].(string)
		key, _ := asked[1].(string)
		if together, _ := asked[2].(bool); !together || len(trips) == 0 {
			trips = append(trips, nil)
		}
		trips[len(trips)-1] = append(trips[len(trips)-1], Operation{name, key})
	}
	return trips, nil
}

// Hold makes every read of KV wait until [Store.Release].
func (s Store) Hold(ctx context.Context) error {
	_, err := s.do(ctx, http.MethodPost, "/hold", nil)
	return err
}

// Release lets the held reads continue.
func (s Store) Release(ctx context.Context) error {
	_, err := s.do(ctx, http.MethodPost, "/release", nil)
	return err
}

// Held returns how many reads wait.
func (s Store) Held(ctx context.Context) (n int, err error) {
	text, err := s.do(ctx, http.MethodGet, "/held", nil)
	if err != nil {
		return 0, err
	}
	return n, json.Unmarshal(text, &n)
}

// Put writes entries to KV. They are not counted as operations.
func (s Store) Put(ctx context.Context, entries ...kv.Entry) error {
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

// Values returns all values in KV by key.
func (s Store) Values(ctx context.Context) (map[string]string, error) {
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

// Counts returns the number of operations on KV since the start.
func (s Store) Counts(ctx context.Context) (o Operations, err error) {
	text, err := s.do(ctx, http.MethodGet, "/counts", nil)
	if err != nil {
		return o, err
	}
	return o, json.Unmarshal(text, &o)
}

// ClearValues empties KV.
func (s Store) ClearValues(ctx context.Context) error {
	_, err := s.do(ctx, http.MethodPost, "/clear-values", nil)
	return err
}

// ClearCache empties the edge cache.
func (s Store) ClearCache(ctx context.Context) error {
	_, err := s.do(ctx, http.MethodPost, "/clear-cache", nil)
	return err
}

// Cron runs the Worker's scheduled handler and waits for it. It returns an error unless the outcome
// is one of want: "ok", or "exception" for a handler that fails.
func (s Store) Cron(ctx context.Context, want ...string) error {
	outcome, err := Store{url: s.beside}.do(ctx, http.MethodPost, "/cron", nil)
	if err == nil && !slices.Contains(want, string(outcome)) {
		err = fmt.Errorf("the cron handler ended as %q, want %q", outcome, want)
	}
	return err
}

func (s Store) do(ctx context.Context, method, path string, body []byte) ([]byte, error) {
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
