package workerd

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Distance delays the answers of a Horizon behind [Distance.Between]. Initially there is no delay.
type Distance struct {
	far   atomic.Bool
	mu    sync.Mutex
	times *rand.Rand
}

// Far makes each answer take 150 to 300 ms, and one in a hundred 5 s. The delays are a
// pseudo-random sequence that seed determines.
func (d *Distance) Far(seed uint32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.times = rand.New(rand.NewPCG(uint64(seed), 0))
	d.far.Store(true)
}

// Near removes the delay.
func (d *Distance) Near() { d.far.Store(false) }

func (d *Distance) draw() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.times.IntN(100) == 0 {
		return 5 * time.Second
	}
	return 150*time.Millisecond + time.Duration(d.times.Int64N(int64(150*time.Millisecond)))
}

// Between returns a handler that delays the answers of horizon.
func (d *Distance) Between(horizon http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.far.Load() {
			select {
			case <-time.After(d.draw()):
			case <-r.Context().Done():
				return
			}
		}
		horizon.ServeHTTP(w, r)
	})
}
