package worker

import (
	"context"
	"io"
	"time"

	"edgecheckout/worker/horizon"
	"edgecheckout/worker/kv"
)

// Platform is everything that the service needs from its runtime. Package wasm provides it on
// Cloudflare; tests provide fakes that make the same promises.
type Platform struct {
	Store   kv.Store
	Horizon horizon.Transport
	Recent  Recent
	Cache   Cache
	// Now is the wall clock. On Cloudflare it stands still during computation and advances with
	// I/O.
	Now func() time.Time
	// Sleep waits. Only what the cron runs waits.
	Sleep func(ctx context.Context, d time.Duration)
	// Entropy is a cryptographically secure random source; reading it never fails.
	Entropy io.Reader
	// Log receives one JSON object per line.
	Log io.Writer
}

// Recent is a short-lived cache that the requests in one data centre share as far as possible. It
// saves reads from Horizon. Nothing may depend on it, because it can lose entries at any time.
type Recent interface {
	// Recall returns the value that was kept under key, or nil if there is none or its time is
	// over.
	Recall(ctx context.Context, key string) []byte
	// Keep stores value for ttl (whole seconds, at least one).
	Keep(ctx context.Context, key string, value []byte, ttl time.Duration)
	// Claim reports true to one caller of this isolate in each window, and false to the others.
	Claim(key string, window time.Duration) bool
}

// Cache is the cache in front of the service, which serves its answers again.
type Cache interface {
	// Purge removes the answers with any of the tags, 1 to [MaxPurge], from all data centres. It
	// does not wait for that, and the platform may refuse, for instance if purges are too frequent.
	// Cached answers then stay until they expire.
	Purge(ctx context.Context, tags ...string)
}

// MaxPurge is how many tags may be purged at once
// (https://developers.cloudflare.com/cache/how-to/purge-cache/).
const MaxPurge = 100
