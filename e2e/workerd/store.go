package workerd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"edgecheckout/worker/kv"
)

// Store is the second Worker (store.mjs), which plays KV and the edge cache, and can call the first one's cron handler.
type Store struct {
	url    string
	beside string // URL of the one in the Worker's process, which is the same unless the store is apart
}

// Operations counts what the Worker asked of its KV.
type Operations struct{ Get, Put, Delete, List int }

// Since is what was asked after before was counted.
func (o Operations) Since(before Operations) Operations {
	return Operations{Get: o.Get - before.Get, Put: o.Put - before.Put, Delete: o.Delete - before.Delete, List: o.List - before.List}
}

// Operation is one that the Worker asked of its KV ("get", "put", "delete", "list") or of its cache ("match", "keep").
type Operation struct{ Name, Key string }

// Far makes KV and the cache as far away as Cloudflare's are: a hit takes 10 to 15 ms, a miss 60 to 120, a put and a delete 100 to
// 200, a list 60 to 150, and the cache 2 to 5. The times are drawn anew from the seed, for each kind of operation by itself.
func (s Store) Far(ctx context.Context, seed uint32) error {
	_, err := s.do(ctx, http.MethodPost, "/far", []byte(strconv.FormatUint(uint64(seed), 10)))
	return err
}

// Near has them answer at once again, as they do from the start.
func (s Store) Near(ctx context.Context) error {
	_, err := s.do(ctx, http.MethodPost, "/near", nil)
	return err
}

// Record begins to note what the Worker asks.
func (s Store) Record(ctx context.Context) error {
	_, err := s.do(ctx, http.MethodPost, "/record", nil)
	return err
}

// Recorded ends that, and returns what was asked in trips that followed one another: an operation that began while another one was
// outstanding belongs to the same trip. It takes a store that is far away to tell.
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

// Hold has every read of KV wait until Release.
func (s Store) Hold(ctx context.Context) error {
	_, err := s.do(ctx, http.MethodPost, "/hold", nil)
	return err
}

// Release lets the reads go on.
func (s Store) Release(ctx context.Context) error {
	_, err := s.do(ctx, http.MethodPost, "/release", nil)
	return err
}

// Held is how many reads wait.
func (s Store) Held(ctx context.Context) (n int, err error) {
	text, err := s.do(ctx, http.MethodGet, "/held", nil)
	if err != nil {
		return 0, err
	}
	return n, json.Unmarshal(text, &n)
}

// Put writes entries into KV, which are not counted.
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

// Values returns all that KV holds by key.
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

// Counts returns what was asked of KV since the start.
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

// Cron runs the Worker's scheduled handler and waits for it. It is an error if the outcome is another than want: "ok", or
// "exception" for a handler that fails.
func (s Store) Cron(ctx context.Context, want string) error {
	outcome, err := Store{url: s.beside}.do(ctx, http.MethodPost, "/cron", nil)
	if err == nil && string(outcome) != want {
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
