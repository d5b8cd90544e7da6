package horizon

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is a fault of Horizon, so that tests can see how clients cope. Its JSON form is the body of
// POST /sandbox/faults.
type Fault struct {
	Mode string `json:"mode"` // one of Modes
	// DelayMS is the delay of a slow Horizon in milliseconds; 5,000 if zero.
	DelayMS int `json:"delay_ms,omitempty"`
	// RetryAfter is the Retry-After of a rate-limited Horizon in seconds; 60 if zero.
	RetryAfter int `json:"retry_after,omitempty"`
}

// The modes of a [Fault].
const (
	Off            = "off"
	Down           = "down"            // closes the connection without an answer
	RateLimited    = "rate_limited"    // 429
	Slow           = "slow"            // the right answer, late
	Garbage        = "garbage"         // 200, but a proxy's error page
	Truncated      = "truncated"       // 200, and the connection closes in the middle of the body
	StillIngesting = "still_ingesting" // 503 for the state of accounts only
	StaleHistory   = "stale_history"   // 503 everywhere
)

var modes = []string{Off, Down, RateLimited, Slow, Garbage, Truncated, StillIngesting, StaleHistory}

// Faults injects a fault into the answers of a [Server]. The zero value injects none.
type Faults struct {
	mu    sync.RWMutex
	fault Fault
}

// Set sets the fault from now on. It fails for an unknown mode.
func (f *Faults) Set(fault Fault) error {
	for _, mode := range modes {
		if fault.Mode == mode {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.fault = fault
			return nil
		}
	}
	return fmt.Errorf("mode is one of %s", strings.Join(modes, ", "))
}

// Current is the current fault.
func (f *Faults) Current() Fault {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.fault.Mode == "" {
		return Fault{Mode: Off}
	}
	return f.fault
}

// ServeHTTP returns the current fault, after a POST or PUT has set it.
func (f *Faults) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	allowBrowsers(w.Header())
	if r.Method == http.MethodPost || r.Method == http.MethodPut {
		fault := Fault{}
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096))
		decoder.DisallowUnknownFields()
		err := decoder.Decode(&fault)
		if err == nil && (fault.DelayMS < 0 || fault.RetryAfter < 0) {
			err = errors.New("delay_ms and retry_after are not negative")
		}
		if err == nil {
			err = f.Set(fault)
		}
		if err != nil {
			write(w, "application/json", http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
	}
	write(w, "application/json", http.StatusOK, f.Current())
}

// Spoil wraps a Server to inject the fault.
func (f *Faults) Spoil(next *Server) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault := f.Current()
		if fault.Mode != Off && fault.Mode != Slow && fault.Mode != Truncated {
			allowBrowsers(w.Header())
		}
		switch fault.Mode {
		case Down:
			panic(http.ErrAbortHandler) // net/http closes the connection
		case RateLimited:
			retry := fault.RetryAfter
			if retry == 0 {
				retry = 60
			}
			// Without these headers if a stream is refused, as in Horizon.
			if !wantsStream(r) {
				limits(w.Header(), 0, retry)
				w.Header().Set("Retry-After", strconv.Itoa(retry))
			}
			rateLimited.write(w)
		case Garbage:
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<html><head><title>502 Bad Gateway</title></head><body>{\"_embedded\": ")
		case StaleHistory:
			limits(w.Header(), 100, 1)
			latest := next.ledger.Latest().Sequence
			staleHistory.with(map[string]any{"core_latest_ledger": latest + 100, "history_latest_ledger": latest}).write(w)
		case Slow:
			delay := time.Duration(fault.DelayMS) * time.Millisecond
			if delay == 0 {
				delay = 5 * time.Second
			}
			select {
			case <-time.After(delay):
				next.ServeHTTP(w, r)
			case <-r.Context().Done():
			}
		case Truncated:
			next.ServeHTTP(&cutter{ResponseWriter: w}, r)
		case StillIngesting:
			if asksForState(r.URL.Path) {
				limits(w.Header(), 100, 1)
				stillIngesting.write(w)
				return
			}
			next.ServeHTTP(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// asksForState reports whether a path is the state of accounts, or of the market, and not history.
func asksForState(path string) bool {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch parts[0] {
	case "accounts":
		return len(parts) <= 2
	case "paths", "assets", "order_book", "claimable_balances":
		return true
	}
	return false
}

// cutter writes half of the first chunk of a body and closes the connection.
type cutter struct{ http.ResponseWriter }

func (c *cutter) Write(p []byte) (int, error) {
	c.ResponseWriter.Write(p[:len(p)/2])
	http.NewResponseController(c.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}
