package kvtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"edgecheckout/worker/kv"
)

// Memory is a namespace kept in memory, seen from several edges. Each edge behaves as a data centre of Cloudflare
// does: it reads its own writes at once, and those of the others up to Staleness late, because whatever it has read,
// a miss included, it goes on answering from its cache for that long. Listings lag in the same way.
type Memory struct {
	// Staleness is how long an edge answers from its cache.
	Staleness time.Duration

	now func() time.Time

	mu     sync.Mutex
	values map[string]stored
	counts Counts
	fault  func(op, key string) Fault
}

// Counts says how often a Memory was used, by single keys.
type Counts struct{ Reads, Writes, Deletes, Lists int }

// Fault is what goes wrong with one use of a key.
type Fault int

const (
	FaultNone   Fault = iota
	FaultBefore       // the call fails and nothing happened
	FaultAfter        // the call fails although it was carried out
)

type stored struct {
	value     []byte // nil: deleted, or never there
	expiresAt time.Time
	writtenAt time.Time
}

func (s stored) at(now time.Time) []byte {
	if s.value == nil || !s.expiresAt.IsZero() && !now.Before(s.expiresAt) {
		return nil
	}
	return s.value
}

// NewMemory makes an empty namespace with a minute of staleness that lives by the given clock.
func NewMemory(now func() time.Time) *Memory {
	return &Memory{Staleness: time.Minute, now: now, values: map[string]stored{}}
}

// Counts returns how often the namespace has been used so far.
func (m *Memory) Counts() Counts {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counts
}

// SetFault makes every use of a key ask fault what goes wrong; op is "get", "put", "delete" or "list". nil ends it.
func (m *Memory) SetFault(fault func(op, key string) Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = fault
}

// Keys returns every key that exists now, wherever it was written, in order. Tests use it to look behind the edges.
func (m *Memory) Keys(prefix string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.keys(prefix)
}

// Peek returns the value under a key as it is now, whatever an edge believes; nil if there is none.
func (m *Memory) Peek(key string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values[key].at(m.now())
}

func (m *Memory) keys(prefix string) []string {
	var keys []string
	for key, s := range m.values {
		if strings.HasPrefix(key, prefix) && s.at(m.now()) != nil {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Edge returns a store that sees the namespace from a data centre of its own.
func (m *Memory) Edge() kv.Store {
	return &edge{memory: m, reads: map[string]cachedRead{}, lists: map[string]cachedList{}, own: map[string]ownWrite{}}
}

type cachedRead struct {
	stored stored
	at     time.Time
}

type cachedList struct {
	keys []string
	at   time.Time
}

type ownWrite struct {
	there bool
	at    time.Time
}

type edge struct {
	memory *Memory
	reads  map[string]cachedRead
	lists  map[string]cachedList
	own    map[string]ownWrite // listings show the edge's own writes at once
}

// ErrStore is what a Memory with a fault returns.
type ErrStore struct{ Op, Key string }

func (e ErrStore) Error() string { return "kv: " + e.Op + " " + e.Key + " failed" }

// use runs one operation on one key under the lock, with the fault that the test asked for.
func (e *edge) use(op, key string, do func(now time.Time)) error {
	m := e.memory
	fault := FaultNone
	if m.fault != nil {
		fault = m.fault(op, key)
	}
	if fault != FaultBefore {
		do(m.now())
	}
	if fault != FaultNone {
		return ErrStore{op, key}
	}
	return nil
}

func checkKey(key string) error {
	if key == "" || key == "." || key == ".." || len(key) > kv.MaxKeyBytes {
		return kv.ErrKey
	}
	return nil
}

func (e *edge) Get(ctx context.Context, keys ...string) ([][]byte, error) {
	m := e.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	values := make([][]byte, len(keys))
	for i, key := range keys {
		if err := checkKey(key); err != nil {
			return nil, err
		}
		m.counts.Reads++
		err := e.use("get", key, func(now time.Time) {
			values[i] = slices.Clone(e.read(key, now))
		})
		if err != nil {
			return nil, err
		}
	}
	return values, nil
}

// read is a key's value as this edge sees it.
func (e *edge) read(key string, now time.Time) []byte {
	read, ok := e.reads[key]
	if !ok || now.Sub(read.at) >= e.memory.Staleness {
		read = cachedRead{e.memory.values[key], now}
		e.reads[key] = read
	}
	return read.stored.at(now)
}

func (e *edge) Put(ctx context.Context, entries ...kv.Entry) error {
	m := e.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	var failed error
	for _, entry := range entries {
		if err := checkKey(entry.Key); err != nil {
			return err
		}
		if !utf8.Valid(entry.Value) {
			return fmt.Errorf("%w: %q", kv.ErrValue, entry.Value)
		}
		m.counts.Writes++
		err := e.use("put", entry.Key, func(now time.Time) {
			if entry.Derived && now.Sub(m.values[entry.Key].writtenAt) < kv.WriteInterval && e.read(entry.Key, now) != nil {
				return
			}
			s := stored{value: append([]byte{}, entry.Value...), expiresAt: entry.ExpiresAt, writtenAt: now}
			if earliest := now.Add(kv.MinTTL); !s.expiresAt.IsZero() && s.expiresAt.Before(earliest) {
				s.expiresAt = earliest
			}
			m.values[entry.Key] = s
			e.reads[entry.Key] = cachedRead{s, now}
			e.own[entry.Key] = ownWrite{true, now}
		})
		if err != nil {
			failed = err
		}
	}
	return failed
}

func (e *edge) Delete(ctx context.Context, keys ...string) error {
	m := e.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	var failed error
	for _, key := range keys {
		if err := checkKey(key); err != nil {
			return err
		}
		m.counts.Deletes++
		err := e.use("delete", key, func(now time.Time) {
			delete(m.values, key)
			e.reads[key] = cachedRead{stored{}, now}
			e.own[key] = ownWrite{false, now}
		})
		if err != nil {
			failed = err
		}
	}
	return failed
}

func (e *edge) List(ctx context.Context, prefix, cursor string, limit int) (kv.Page, error) {
	m := e.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts.Lists++
	var keys []string
	err := e.use("list", prefix, func(now time.Time) { keys = e.listed(prefix, now) })
	if err != nil {
		return kv.Page{}, err
	}
	if cursor != "" {
		after, _ := slices.BinarySearch(keys, cursor+"\x00")
		keys = keys[after:]
	}
	limit = min(max(limit, 1), kv.MaxListKeys)
	if len(keys) <= limit {
		return kv.Page{Keys: keys}, nil
	}
	return kv.Page{Keys: keys[:limit], Cursor: keys[limit-1]}, nil
}

// listed is the listing as this edge sees it: the one it has cached, with its own later writes in their places.
func (e *edge) listed(prefix string, now time.Time) []string {
	list, ok := e.lists[prefix]
	if !ok || now.Sub(list.at) >= e.memory.Staleness {
		list = cachedList{e.memory.keys(prefix), now}
		e.lists[prefix] = list
	}
	names := map[string]bool{}
	for _, key := range list.keys {
		names[key] = true
	}
	for key, write := range e.own {
		if strings.HasPrefix(key, prefix) && !write.at.Before(list.at) {
			names[key] = write.there
		}
	}
	maps.DeleteFunc(names, func(_ string, there bool) bool { return !there })
	return slices.Sorted(maps.Keys(names))
}
