package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
)

// lister is the part of [kv.Store] that a scan uses.
type lister interface {
	List(ctx context.Context, prefix, cursor string, limit int) (kv.Page, error)
}

// Scan walks the index of a merchant's objects of one kind from a position, towards older or newer
// entries.
//
// KV cannot start a list at a key: a list begins at the start of its prefix and returns at most a
// thousand keys a call. So the first call lists the whole index, which is enough for the newest
// thousand objects. Older ones are reached by longer prefixes: each digit of the time selects one
// of ten buckets, until the position is among the first thousand keys of its bucket. From there
// each further bucket takes one call. A page of 100 out of 100,000 objects takes three or four
// calls; a page in a long period without objects takes up to 30.
type Scan struct {
	index  lister
	prefix string // of the index
	newer  bool   // the direction
	// past is the last position that was listed, at first the one to start from; empty before the
	// newest entry.
	past   string
	oldest int64 // the complement of a time before which nothing was created
	limit  int   // keys in the next call

	keys  []string // listed in the scan's direction
	taken int      // how many of them were returned

	bucket int64    // the complement of a time in the current bucket
	digits int      // how many of its digits form the bucket's prefix; with none it is the whole index
	cursor string   // continues the list of the bucket
	size   int      // keys of the bucket that were listed so far
	held   []string // of these, the ones before the position, on the way to newer entries
	ended  bool     // whether everything was listed
	marked bool     // whether the scan continues from a bookmark
}

// Scan starts a scan of an owner's objects of one kind at the position from. If from is empty, it
// begins with the newest object, and its first call lists no more than limit keys. No object may
// have been created before since.
func (v *View) Scan(o Owner, kind checkout.Kind, from string, newer bool, since time.Time, limit int) *Scan {
	return newScan(v, listPrefix(o, kind), from, newer, since, limit)
}

// newScan starts a scan at a position. If from is empty, it begins with the newest object, and its
// first call lists no more than limit keys.
func newScan(index lister, prefix, from string, newer bool, since time.Time, limit int) *Scan {
	s := &Scan{index: index, prefix: prefix, newer: newer, past: from, oldest: complement(since), limit: limit}
	if from != "" {
		s.limit = maxListKeys
		s.turn(complementOf(from), 0)
	}
	return s
}

// Next returns the next entry; false after the last one.
func (s *Scan) Next(ctx context.Context) (Listed, bool, error) {
	for s.taken == len(s.keys) {
		if s.ended {
			return Listed{}, false, nil
		}
		if err := s.list(ctx); err != nil {
			return Listed{}, false, err
		}
	}
	entry, err := parseListKey(s.keys[s.taken])
	s.taken++
	return entry, err == nil, err
}

// More reports whether there may be more entries.
func (s *Scan) More() bool { return s.taken < len(s.keys) || !s.ended }

// query is what the next call lists, but for its cursor.
func (s *Scan) query() kv.Query {
	return kv.Query{Prefix: s.prefix + complementDigits(s.bucket)[:s.digits], Limit: s.limit}
}

// First is what the first call will list, to be read ahead; none if there will be none or if it
// continues another one.
func (s *Scan) First() []kv.Query {
	if len(s.keys) > 0 || s.ended || s.cursor != "" {
		return nil
	}
	return []kv.Query{s.query()}
}

// list makes one call.
func (s *Scan) list(ctx context.Context) error {
	q := s.query()
	page, err := s.index.List(ctx, q.Prefix, s.cursor, q.Limit)
	if err != nil && s.marked {
		s.marked, s.limit = false, maxListKeys // a cursor may have expired
		s.turn(complementOf(s.past), 0)
		return nil
	}
	if err != nil {
		return err
	}
	s.cursor, s.limit, s.marked = page.Cursor, maxListKeys, false
	s.size += len(page.Keys)
	keys := page.Keys
	if s.newer {
		keys = s.before(keys)
	} else {
		keys = s.after(keys)
	}
	if len(keys) > 0 {
		s.past = keys[len(keys)-1][len(s.prefix):]
	}
	s.keys = append(s.keys, keys...)
	return nil
}

// after returns the listed keys that lie behind the position.
func (s *Scan) after(listed []string) []string {
	first := 0
	if s.past != "" {
		// "~" sorts after anything that can follow this position in a key.
		first, _ = slices.BinarySearch(listed, s.prefix+s.past+"~")
	}
	if s.cursor == "" {
		next := s.bucket/s.width() + 1
		s.leave(next*s.width(), next%10 == 0)
		s.ended = s.ended || s.bucket > s.oldest
	} else if first == len(listed) {
		s.narrow(listed)
	}
	return listed[first:]
}

// before is like [Scan.after] in the other direction. The entries directly before the position are
// known only once the list has reached it.
func (s *Scan) before(listed []string) []string {
	end, _ := slices.BinarySearch(listed, s.prefix+s.past)
	if end == len(listed) && s.cursor != "" {
		if !s.narrow(listed) {
			s.held = append(s.held, listed...)
		}
		return nil
	}
	listed = append(s.held, listed[:end]...)
	slices.Reverse(listed)
	this := s.bucket / s.width()
	s.leave(this*s.width()-1, this%10 == 0)
	return listed
}

// narrow switches to a smaller bucket, starting after the keys that were listed in vain, and
// reports whether there is one. There is none if all those keys are of one millisecond, or if a
// call returned only a cursor, as KV may; the list then continues.
func (s *Scan) narrow(listed []string) bool {
	if len(listed) == 0 {
		return false
	}
	last, wanted, common := listed[len(listed)-1][len(s.prefix):], complementDigits(s.bucket), 0
	for common < timeDigits && last[common] == wanted[common] {
		common++
	}
	if common == timeDigits {
		return false
	}
	s.turn(s.bucket, common+1)
	return true
}

// fewInBucket is the size below which a bucket is too small for its neighbours to be listed one by
// one.
const fewInBucket = 100

// leave moves on to the next bucket in the scan's direction. If the last one was small and the next
// is the first of ten, it takes all ten at once.
func (s *Scan) leave(bucket int64, first bool) {
	switch {
	case s.digits == 0 || bucket < 0:
		s.ended = true
	case first && s.size < fewInBucket:
		s.turn(bucket, s.digits-1)
	default:
		s.turn(bucket, s.digits)
	}
}

func (s *Scan) turn(bucket int64, digits int) {
	s.bucket, s.digits, s.cursor, s.size, s.held = bucket, digits, "", 0, nil
}

// width is the size of a bucket in milliseconds.
func (s *Scan) width() int64 {
	width := int64(1)
	for range timeDigits - s.digits {
		width *= 10
	}
	return width
}

func complementDigits(complement int64) string {
	return padded(complement, timeDigits)
}

// complementOf parses the time at the beginning of a position.
func complementOf(position string) int64 {
	// [Listed.Position] wrote the digits, so they parse.
	complement, _ := strconv.ParseInt(position[:strings.IndexByte(position, '/')], 10, 64)
	return complement
}
