package worker

import (
	"context"
	"io"
	"time"

	"edgecheckout/worker/horizon"
	"edgecheckout/worker/kv"
)

// Platform is all that the service takes from where it runs. package wasm binds it to Cloudflare; tests bind it to
// fakes that keep the same promises.
type Platform struct {
	Store   kv.Store
	Horizon horizon.Transport
	Recent  Recent
	Cache   Cache
	// Now is the wall clock. On Cloudflare it stands still while a request computes, and moves with its I/O.
	Now func() time.Time
	// Sleep waits. Only what the cron runs waits.
	Sleep func(ctx context.Context, d time.Duration)
	// Entropy is a cryptographically secure random source; reading it never fails.
	Entropy io.Reader
	// Log receives one JSON object a line.
	Log io.Writer
}

// Recent is a memory of seconds that the visitors of one data centre share as far as possible. It saves reads of
// Horizon; nothing may depend on it, for it can forget at any time.
type Recent interface {
	// Recall returns what was kept under key within its time, or nil.
	Recall(ctx context.Context, key string) []byte
	// Keep remembers value for ttl (whole seconds, at least one).
	Keep(ctx context.Context, key string, value []byte, ttl time.Duration)
	// Claim reports true to one caller of this isolate in every window, and false to the others.
	Claim(key string, window time.Duration) bool
}

// Cache is what stands before the service and gives again what it has kept of its answers.
type Cache interface {
	// Purge has every data centre forget what was answered with one of the tags, of which there are 1 to MaxPurge. It does not wait until they
	// have, and the platform may refuse, for instance to whoever purges too often: what was kept then grows old instead.
	Purge(ctx context.Context, tags ...string)
}

// MaxPurge is how many tags are purged at once (https://developers.cloudflare.com/cache/how-to/purge-cache/).
const MaxPurge = 100
