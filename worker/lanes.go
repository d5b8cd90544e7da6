package worker

import (
	"sync"
	"time"
)

// lanes counts the requests to endpoints that are under way from this instance, so that one
// endpoint neither gets too many at the same time nor holds up the others. Instances do not know of
// each other's requests.
type lanes struct {
	mu sync.Mutex
	of map[string][]lane // by endpoint, the oldest first
	// last is when an endpoint last took an event, of at most maxKeys endpoints.
	last map[string]time.Time
}

// lane is a number of requests that began together.
type lane struct {
	began time.Time
	n     int
}

const (
	sentAtOnce = 8 // requests to one endpoint
	// slowAfter is after what time an endpoint with a request under way gets no more of them: each
	// would occupy a run of [Service.Deliver] for as long.
	slowAfter = 2 * time.Second
	// lostAfter is after what time a request is not under way any more, whatever became of its run.
	lostAfter = 2 * SendTimeout
	// failingPause is the least time between two attempts of concurrent runs at an endpoint that
	// failed the last time.
	failingPause = 5 * time.Second
)

// free returns how many more requests an endpoint may get now, and if that is none, how long to
// wait.
func (l *lanes) free(webhook string, now time.Time) (n int, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lanes := l.of[webhook]
	for len(lanes) > 0 && now.Sub(lanes[0].began) > lostAfter {
		lanes = lanes[1:]
	}
	if len(lanes) == 0 {
		delete(l.of, webhook)
		return sentAtOnce, 0
	}
	n = sentAtOnce
	for _, lane := range lanes {
		n -= lane.n
	}
	// The longer an endpoint takes, the less often it is worth asking whether it has answered.
	age := now.Sub(lanes[0].began)
	if wait = time.Second + min(age, SendTimeout).Truncate(time.Second); age > slowAfter || n <= 0 {
		return 0, wait
	}
	return n, 0
}

// begin notes requests to an endpoint.
func (l *lanes) begin(webhook string, n int, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of == nil {
		l.of = map[string][]lane{}
	}
	l.of[webhook] = append(l.of[webhook], lane{now, n})
}

// end forgets the requests that begin noted with the same arguments.
func (l *lanes) end(webhook string, n int, began time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, lane := range l.of[webhook] {
		if lane.n == n && lane.began.Equal(began) {
			l.of[webhook] = append(l.of[webhook][:i:i], l.of[webhook][i+1:]...)
			break
		}
	}
	if len(l.of[webhook]) == 0 {
		delete(l.of, webhook)
	}
}

// took notes that an endpoint took an event.
func (l *lanes) took(webhook string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil || len(l.last) >= maxKeys {
		l.last = map[string]time.Time{}
	}
	l.last[webhook] = now
}

// tookSince reports whether an endpoint is known to have taken an event after a time.
func (l *lanes) tookSince(webhook string, at time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last[webhook].After(at)
}
