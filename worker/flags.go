package worker

import (
	"sync"
	"time"

	"edgecheckout/worker/store"
)

// flags remembers for keyLifetime whether something is true of a merchant.
type flags struct {
	mu    sync.Mutex
	known map[store.Key]flag
}

type flag struct {
	is    bool
	until time.Time
}

func (f *flags) recall(key store.Key, now time.Time) (is, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	k, ok := f.known[key]
	return k.is, ok && now.Before(k.until)
}

func (f *flags) keep(key store.Key, is bool, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known == nil || len(f.known) >= maxKeys {
		f.known = map[store.Key]flag{}
	}
	f.known[key] = flag{is, now.Add(keyLifetime)}
}
