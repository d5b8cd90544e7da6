package store

import (
	"context"
	"slices"
	"strings"
	"time"
)

// bookmark remembers, for whoever turns the page, where the list calls of the last one ended: so every page of a long list costs one call at
// most. Without it, elsewhere or later, a scan finds the place again.
type bookmark struct {
	Ahead  []string `json:"ahead"` // keys that were listed and are not on the page
	Bucket int64    `json:"bucket"`
	Digits int      `json:"digits"`
	Cursor string   `json:"cursor"`
	Ended  bool     `json:"ended"`
}

// bookmarkLifetime is as long as the store itself may be behind: what a list call misses then, a later one finds.
const bookmarkLifetime = time.Minute

// Recent is what bookmarks take of the worker's memory of seconds.
type Recent interface {
	Recall(ctx context.Context, key string) []byte
	Keep(ctx context.Context, key string, value []byte, ttl time.Duration)
}

func bookmarkKey(prefix, position string) string { return "bookmark/" + prefix + position }

// Mark leaves a bookmark behind a position that the scan has passed on its way to older ones.
func (s *Scan) Mark(ctx context.Context, recent Recent, position string) {
	behind := slices.IndexFunc(s.keys, func(key string) bool { return strings.HasPrefix(key, s.prefix+position) }) + 1
	if s.newer || behind == 0 || len(s.keys)-behind > maxListKeys {
		return
	}
	b := bookmark{s.keys[behind:], s.bucket, s.digits, s.cursor, s.ended}
	recent.Keep(ctx, bookmarkKey(s.prefix, position), Encode(b), bookmarkLifetime)
}

// Resume lets a scan that has not begun go on from the bookmark behind its position, if there is one. Its first call lists as many keys as
// the bookmark lacks of those that are wanted.
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
