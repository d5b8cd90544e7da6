package worker

import (
	"sync"
	"time"

	"edgecheckout/worker/store"
)

// memory remembers for some time what was read under a key.
type memory[T any] struct {
	mu    sync.Mutex
	known map[store.Key]kept[T]
}

type kept[T any] struct {
	value T
	until time.Time
}

func (m *memory[T]) recall(key store.Key, now time.Time) (value T, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.known[key]
	return k.value, ok && now.Before(k.until)
}

func (m *memory[T]) keep(key store.Key, value T, until time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || len(m.known) >= maxKeys {
		m.known = map[store.Key]kept[T]{}
	}
	m.known[key] = kept[T]{value, until}
}

func (m *memory[T]) forget(key store.Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.known, key)
}
