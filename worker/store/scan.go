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

// lister is what a scan takes of kv.Store.
type lister interface {
	List(ctx context.Context, prefix, cursor string, limit int) (kv.Page, error)
}

// Scan walks the index of a merchant's objects of a kind from a position on, towards older or towards newer ones.
//
// KV cannot start a list at a key: it lists what begins with a prefix, from its beginning, at most a thousand keys a call. So the first call
// lists the whole index, and whoever looks around among the newest thousand objects needs no other. What lies deeper is found by longer
// prefixes: each digit of the time leads to one of ten buckets, until the position is among the first thousand of its bucket. Then comes one
// call for each bucket that the walk goes on to. A page of 100 of 100,000 objects takes three or four calls, one amid a long silence up to 30.
type Scan struct {
	index  lister
	prefix string // of the index
	newer  bool   // the direction
	past   string // the last position that was listed, at first the one to start from; empty before the newest
	oldest int64  // the complement of a time before which nothing was made
	limit  int    // keys in the next call

	keys  []string // what was listed on the way
	taken int      // how many of them were handed out

	bucket int64    // the complement of a time in the bucket that is read
	digits int      // how many of its digits make the bucket; with none it is the whole index
	cursor string   // where the list of the bucket goes on
	size   int      // keys that the bucket has shown so far
	held   []string // what it has shown before the position, on the way to newer ones
	ended  bool     // whether all is listed
	marked bool     // whether a bookmark says where to go on
}

// Scan starts a scan of an owner's objects of a kind at a position. Without one it begins with the newest object, and
// its first call lists no more than limit keys. Nothing was made before since.
func (v *View) Scan(o Owner, kind checkout.Kind, from string, newer bool, since time.Time, limit int) *Scan {
	return newScan(v.store.kv, listPrefix(o, kind), from, newer, since, limit)
}

// newScan starts a scan at a position. Without one it begins with the newest object, and its first call lists no more than limit keys.
func newScan(index lister, prefix, from string, newer bool, since time.Time, limit int) *Scan {
	s := &Scan{index: index, prefix: prefix, newer: newer, past: from, oldest: complement(since), limit: limit}
	if from != "" {
		s.limit = maxListKeys
		s.turn(complementOf(from), 0)
	}
	return s
}

// Next returns the entry that comes next on the way; false after the last one.
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

// More reports whether there can be more entries on the way.
func (s *Scan) More() bool { return s.taken < len(s.keys) || !s.ended }

// list makes one call.
func (s *Scan) list(ctx context.Context) error {
	page, err := s.index.List(ctx, s.prefix+complementDigits(s.bucket)[:s.digits], s.cursor, s.limit)
	if err != nil && s.marked {
		s.marked, s.limit = false, maxListKeys // nothing promises that a cursor is good for ever
		s.turn(complementOf(s.past), 0)
		return nil
	}
	if err != nil {
		return wrap("listing", s.prefix, err)
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

// after returns what of a list lies past the position.
func (s *Scan) after(listed []string) []string {
	first := 0
	if s.past != "" {
		first, _ = slices.BinarySearch(listed, s.prefix+s.past+"~") // behind all that a key of this position may go on with
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

// before is after in the other direction. What lies directly before the position is known only once the list has come to it.
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

// narrow takes a smaller bucket, which begins behind what was listed in vain, and reports whether there is one. There is none among the thousands
// of one millisecond, nor after a call that gave a cursor alone, as KV may; the list goes on then.
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

// fewInBucket is when a bucket was too small to go on with its like.
const fewInBucket = 100

// leave goes on to the bucket beside the one that is done with: if that had few, to all of ten, once it is the first of them on the way.
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

// width is how many milliseconds a bucket has.
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

// complementOf reads the time that a position begins with.
func complementOf(position string) int64 {
	complement, _ := strconv.ParseInt(position[:strings.IndexByte(position, '/')], 10, 64) // Position wrote it
	return complement
}
