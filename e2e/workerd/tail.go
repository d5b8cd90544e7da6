package workerd

import (
	"slices"
	"sync"
)

// tail is an [io.Writer] that keeps the last maxTail bytes.
type tail struct {
	mu  sync.Mutex
	end []byte
}

const maxTail = 8 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, p...)
	t.end = slices.Delete(t.end, 0, max(len(t.end)-maxTail, 0))
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.end)
}
