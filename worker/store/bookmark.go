package store

import (
	"context"
	"slices"
	"strings"
	"time"
)

// bookmark stores where the list calls for one page ended, so that each following page of a long
// list takes at most one call. Where it is missing, in another data centre or later, a scan
// searches for the place again.
type bookmark struct {
	Ahead  []string `json:"ahead"` // listed, but not on the page
	Bucket int64    `json:"bucket"`
	Digits int      `json:"digits"`
	Cursor string   `json:"cursor"`
	Ended  bool     `json:"ended"`
}

// bookmarkLifetime is the staleness of the store: a longer life would hide entries that a list call
// now shows.
const bookmarkLifetime = time.Minute

// Recent is the part of the service's short-lived cache that bookmarks use.
type Recent interface {
	Recall(ctx context.Context, key string) []byte
	Keep(ctx context.Context, key string, value []byte, ttl time.Duration)
}

func bookmarkKey(prefix, position string) string { return "bookmark/" + prefix + position }

// Mark stores a bookmark for the entries after position. It does so only for a scan from newer to
// older entries that has passed the position.
func (s *Scan) Mark(ctx context.Context, recent Recent, position string) {
	behind := slices.IndexFunc(s.keys, func(key string) bool { return strings.HasPrefix(key, s.prefix+position) }) + 1
	if s.newer || behind == 0 || len(s.keys)-behind > maxListKeys {
		return
	}
	b := bookmark{s.keys[behind:], s.bucket, s.digits, s.cursor, s.ended}
	recent.Keep(ctx, bookmarkKey(s.prefix, position), Encode(b), bookmarkLifetime)
}

// Resume continues from the bookmark at the scan's position, if there is one. The scan must not
// have started. Its first call lists as many of the wanted keys as the bookmark does not hold.
func (s *Scan) Resume(ctx context.Context, recent Recent, wanted int) {
	b, ok, err := Decode[bookmark](recent.Recall(ctx, bookmarkKey(s.prefix, s.past)))
	if !ok || err != nil || s.newer {
		return
	}
	s.turn(b.Bucket, b.Digits)
	s.keys, s.cursor, s.ended, s.marked, s.limit = b.Ahead, b.Cursor, b.Ended, true, max(wanted-len(b.Ahead), 1)
	if len(s.keys) > 0 {
		s.past = s.keys[len(s.keys)-1][len(s.prefix):]
	}
}
