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

// Memory is a namespace in memory that is seen from several data centres. Each behaves as one of
// Cloudflare's: it reads its own writes at once, and those of others up to Staleness late, because
// it answers from its cache for that long after any read, a miss included. Lists are as stale.
type Memory struct {
	// Staleness is how long a data centre answers from its cache.
	Staleness time.Duration

	now func() time.Time

	mu     sync.Mutex
	values map[string]stored
	counts Counts
	fault  func(op, key string) Fault
}

// Counts is how often a [Memory] was used, counted by key.
type Counts struct{ Reads, Writes, Deletes, Lists int }

// Fault is what goes wrong when a key is used.
type Fault int

const (
	FaultNone   Fault = iota
	FaultBefore       // the call fails and has no effect
	FaultAfter        // the call fails but has taken effect
)

type stored struct {
	value     []byte // nil: deleted, or never written
	expiresAt time.Time
	writtenAt time.Time
}

func (s stored) at(now time.Time) []byte {
	if s.value == nil || !s.expiresAt.IsZero() && !now.Before(s.expiresAt) {
		return nil
	}
	return s.value
}

// NewMemory makes an empty namespace with a minute of staleness and the given clock.
func NewMemory(now func() time.Time) *Memory {
	return &Memory{Staleness: time.Minute, now: now, values: map[string]stored{}}
}

// Counts returns how often the namespace has been used.
func (m *Memory) Counts() Counts {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counts
}

// SetFault calls fault for every use of a key to decide what goes wrong; op is "get", "put",
// "delete" or "list". A nil fault ends this.
func (m *Memory) SetFault(fault func(op, key string) Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = fault
}

// Keys returns all keys that exist now with a prefix, in order, regardless of what a data centre
// sees.
func (m *Memory) Keys(prefix string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.keys(prefix)
}

// Peek returns the current value of a key, regardless of what a data centre sees; nil if there is
// none.
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

// Edge returns the namespace as seen from another data centre.
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
	own    map[string]ownWrite // lists show the data centre's own writes at once
}

// ErrStore is the error of a call with a fault.
type ErrStore struct{ Op, Key string }

func (e ErrStore) Error() string { return "kv: " + e.Op + " " + e.Key + " failed" }

// use performs one operation on one key, with the fault that the test has set.
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

// read returns a key's value as this data centre sees it.
func (e *edge) read(key string, now time.Time) []byte {
	staleness := e.memory.Staleness
	if strings.HasPrefix(key, kv.BriefPrefix) {
		staleness = min(staleness, kv.BriefStaleness)
	}
	read, ok := e.reads[key]
	if !ok || now.Sub(read.at) >= staleness {
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

// listed returns the list as this data centre sees it: the cached one, updated with its own later
// writes.
func (e *edge) listed(prefix string, now time.Time) []string {
	list, ok := e.lists[prefix]
	if !ok || now.Sub(list.at) >= e.memory.Staleness {
		list = cachedList{e.memory.keys(prefix), now}
		e.lists[prefix] = list
	}
	own := map[string]bool{}
	for key, write := range e.own {
		if strings.HasPrefix(key, prefix) && !write.at.Before(list.at) {
			own[key] = write.there
		}
	}
	if len(own) == 0 {
		return list.keys
	}
	names := map[string]bool{}
	for _, key := range list.keys {
		names[key] = true
	}
	maps.Copy(names, own)
	maps.DeleteFunc(names, func(_ string, there bool) bool { return !there })
	return slices.Sorted(maps.Keys(names))
}
