package attack

import (
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// What Horizon answers at once, how often it grants one more, and what of it visitors leave to the
// sweep: see worker/horizon/pool.go. How many visitors' requests about one account wait for it at most:
// see worker/horizon/asker.go.
const (
	burst             = 100
	grantEvery        = time.Second
	sweepShare        = 30
	maxWaitingAccount = 4
)

// meter stands in front of a Horizon and counts what it is asked. While it is strict it grants as
// much as Horizon grants an address, and refuses the rest.
type meter struct {
	horizon http.Handler
	mu      sync.Mutex
	asked   int
	strict  bool
	left    int // at the time since
	since   time.Time
	least   int // that was left at any time
	refused int
	waiting int // requests that are under way
	crowd   int // the most of them
}

// leftHeader is how a request carries what is left after it, until its answer comes.
const leftHeader = "X-Left"

func newMeter(horizon *url.URL) *meter {
	proxy := httputil.NewSingleHostReverseProxy(horizon)
	proxy.ModifyResponse = func(r *http.Response) error {
		if left := r.Request.Header.Get(leftHeader); left != "" {
			r.Header.Set("X-Ratelimit-Remaining", left)
		}
		return nil
	}
	return &meter{horizon: proxy}
}

// restrict makes the meter strict, or ends that.
func (m *meter) restrict(strict bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.strict, m.left, m.least, m.refused, m.since = strict, burst, burst, 0, time.Now()
}

// read returns how much was asked since the beginning, and of a strict meter what was left at
// least, what is left now, and how much was refused.
func (m *meter) read() (asked, least, left, refused int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.grant()
	return m.asked, m.least, m.left, m.refused
}

func (m *meter) grant() {
	granted := int(time.Since(m.since) / grantEvery)
	m.left = min(m.left+granted, burst)
	m.since = m.since.Add(time.Duration(granted) * grantEvery)
}

// take counts a request, and reports whether it is answered.
func (m *meter) take(r *http.Request) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	if !m.strict {
		return true
	}
	if m.grant(); m.left == 0 {
		m.refused++
		return false
	}
	m.left--
	m.least = min(m.least, m.left)
	r.Header.Set(leftHeader, strconv.Itoa(m.left))
	return true
}

// wait counts a request that begins, or one that ends with -1.
func (m *meter) wait(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waiting += n
	m.crowd = max(m.crowd, m.waiting)
}

// mostWaiting returns how many requests were under way at most since it was called before.
func (m *meter) mostWaiting() (most int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	most, m.crowd = m.crowd, m.waiting
	return most
}

func (m *meter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.wait(1)
	defer m.wait(-1)
	if m.take(r) {
		m.horizon.ServeHTTP(w, r)
		return
	}
	w.Header().Set("X-Ratelimit-Remaining", "0")
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(http.StatusTooManyRequests)
	fmt.Fprint(w, `{"type":"https://stellar.org/horizon-errors/rate_limit_exceeded","title":"Rate Limit Exceeded","status":429}`)
}
