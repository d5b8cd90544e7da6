package worker

import (
	"context"
	"io"
	"time"

	"edgecheckout/worker/horizon"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/web"
)

// Platform is all that the service takes from where it runs. package wasm binds it to Cloudflare; tests bind it to
// fakes that keep the same promises.
type Platform struct {
	Store   kv.Store
	Horizon horizon.Transport
	Recent  Recent
	Cache   Cache
	Sender  Sender
	// Now is the wall clock. On Cloudflare it stands still while a request computes, and moves with its I/O.
	Now func() time.Time
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

// Sender sends events to merchants.
type Sender interface {
	// Send sends all messages at the same time, as far as the platform can, and returns the replies in their order.
	Send(ctx context.Context, messages []Outgoing) []Reply
}

// Outgoing is a POST request to a merchant.
type Outgoing struct {
	URL    string
	Header web.Header
	Body   []byte
}

// Limits of a [Reply].
const (
	SendTimeout = 15 * time.Second // from the request to the end of the answer
	MaxReply    = 64 << 10         // bytes that are read of an answer's body
	MaxAnswer   = 1 << 10          // bytes that are kept of it
)

// Reply is what a merchant answered. A redirect is an answer like any other, and is not followed.
type Reply struct {
	Status     int    // 0 if there was no answer
	Error      string // why there was none, for the merchant
	RetryAfter string // the header
	Answer     []byte // how the body begins
	Duration   time.Duration
}

// Cache is what stands before the service and gives again what it has kept of its answers.
type Cache interface {
	// Purge has every data centre forget what was answered with one of the tags, of which there are 1 to MaxPurge. It does not wait until they
	// have, and the platform may refuse, for instance to whoever purges too often: what was kept then grows old instead.
	Purge(ctx context.Context, tags ...string)
}

// MaxPurge is how many tags are purged at once (https://developers.cloudflare.com/cache/how-to/purge-cache/).
const MaxPurge = 100
