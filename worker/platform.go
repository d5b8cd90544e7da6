package worker

import (
	"context"
	"io"
	"time"

	"edgecheckout/worker/horizon"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/web"
)

// Platform is everything that the service needs from its runtime. Package wasm provides it on
// Cloudflare; tests provide fakes that make the same promises.
type Platform struct {
	Store   kv.Store
	Horizon horizon.Transport
	// Documents reads public documents of at most [stellar.MaxTOMLBytes] from any host; nil where
	// there are none, and no issuer is known then.
	Documents horizon.Transport
	Recent    Recent
	Cache     Cache
	Sender    Sender
	Queue     Queue // nil where there is none
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

// Sender sends events to merchants.
type Sender interface {
	// Send sends all messages at the same time, as far as the platform can, and returns the replies
	// in their order.
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

// Queue carries messages to a later call of [Service.Deliver], in any instance. A message may be
// lost, arrive more than once, late, and before older ones.
type Queue interface {
	// Send adds messages of at most [MaxMessage] bytes. It does not wait until they are stored.
	Send(ctx context.Context, messages ...Queued)
}

// Queued is a message for the queue.
type Queued struct {
	Body  []byte        // UTF-8
	Delay time.Duration // whole seconds, at most [MaxDelay]
	// Retry says that it is for an endpoint that has failed. Such messages are delivered apart,
	// since those who wait for such an endpoint must not keep others from being told.
	Retry bool
}

// Limits of Cloudflare Queues (https://developers.cloudflare.com/queues/platform/limits/).
const (
	MaxMessage = 128_000
	MaxDelay   = 12 * time.Hour
)

// Delivered is a message that the queue delivers.
type Delivered struct {
	Body     []byte
	Attempts int // how often it was delivered, including this time
}

// Verdict says what the queue is to do with a message. The zero value removes it.
type Verdict struct {
	Retry bool          // deliver it again
	Delay time.Duration // after that time: whole seconds, at most [MaxDelay]
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
