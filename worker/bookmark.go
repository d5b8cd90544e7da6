package worker

import (
	"slices"
	"strings"
	"time"

	"edgecheckout/worker/kv"
	"edgecheckout/worker/store"
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

func bookmarkKey(prefix, position string) string { return "bookmark/" + prefix + position }

// mark leaves a bookmark behind a position that a scan has passed on its way to older ones.
func (c *call) mark(s *scan, position string) {
	behind := slices.IndexFunc(s.keys, func(key string) bool { return strings.HasPrefix(key, s.prefix+position) }) + 1
	if s.newer || behind == 0 || len(s.keys)-behind > kv.MaxListKeys {
		return
	}
	b := bookmark{s.keys[behind:], s.bucket, s.digits, s.cursor, s.ended}
	c.platform.Recent.Keep(c.ctx, bookmarkKey(s.prefix, position), store.Encode(b), bookmarkLifetime)
}

// resume lets a scan that has not begun go on from the bookmark behind its position, if there is one. Its first call lists as many keys as
// the bookmark lacks of those that are wanted.
func (c *call) resume(s *scan, wanted int) {
	b, ok, err := store.Decode[bookmark](c.platform.Recent.Recall(c.ctx, bookmarkKey(s.prefix, s.past)))
	if !ok || err != nil || s.newer {
		return
	}
	s.turn(b.Bucket, b.Digits)
	s.keys, s.cursor, s.ended, s.marked, s.limit = b.Ahead, b.Cursor, b.Ended, true, max(wanted-len(b.Ahead), 1)
	if len(s.keys) > 0 {
		s.past = s.keys[len(s.keys)-1][len(s.prefix):]
	}
}
