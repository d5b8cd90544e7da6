package event

import "time"

// waits are the times between attempts to deliver an event: three days in all.
var waits = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// MaxAttempts is how often an event is sent to an endpoint that fails.
var MaxAttempts = len(waits) + 1

// maxWait bounds a Retry-After.
const maxWait = 24 * time.Hour

// Wait returns how long to wait after so many failed attempts, at least 1, when the last one asked
// to wait for retryAfter; false if there is no further attempt.
func Wait(attempts int, retryAfter time.Duration) (time.Duration, bool) {
	if attempts > len(waits) {
		return 0, false
	}
	return max(waits[attempts-1], min(retryAfter, maxWait)), true
}

// Patience is for how long an endpoint may fail before it is disabled.
const Patience = 5 * 24 * time.Hour
