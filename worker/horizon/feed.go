package horizon

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/oklog/ulid/v2"
)

// FeedPage is one page of the payments of a whole network.
type FeedPage struct {
	// Operations are those whose transaction has a text memo as long as that of a checkout, in the order of the page;
	// Records counts all of the page's records.
	Operations []Operation
	Records    int
	// Last is the newest operation id: the cursor for the next page. Zero if there were no records.
	Last int64
	// LastClosedAt is when the ledger of Last closed.
	LastClosedAt time.Time
}

// Feed reads the network's payments after a cursor (an operation id), oldest first, at most PageLimit. Records at or
// before the cursor, which a confused Horizon may repeat, are dropped. Nearly all records are strangers': they are passed
// over without being parsed.
func (c Client) Feed(ctx context.Context, cursor int64) (FeedPage, error) {
	const path = "/payments"
	query := url.Values{
		"order": {ascending.name}, "limit": {strconv.Itoa(PageLimit)}, "join": {"transactions"},
		"cursor": {strconv.FormatInt(cursor, 10)},
	}
	response, err := c.Transport.Get(ctx, c.Base+path+"?"+query.Encode(), RequestTimeout)
	if err != nil {
		return FeedPage{}, fmt.Errorf("horizon: reading %s: %w", path, err)
	}
	if response.Status != 200 {
		return FeedPage{}, statusError(response)
	}
	return readFeed(response.Body, cursor)
}

// The lengths of a checkout's memo, and of its bytes in base64.
const memoLength = ulid.EncodedSize

var memoBytesLength = base64.StdEncoding.EncodedLen(memoLength)

// Where a page's parts lie: the document is an object, in which "_embedded" is one with the array "records" of objects,
// in which "transaction" is one.
const (
	depthDocument = 1 + iota
	depthEmbedded
	depthRecords
	depthRecord
	depthTransaction
)

// feedRecord is what is looked at of a record before it is known to be worth parsing. The strings are those of the JSON
// text, with its escapes.
type feedRecord struct {
	start                                int
	id, createdAt, memoType, memo, bytes []byte
}

// mayBeOurs reports whether the memo can be that of a checkout.
func (r *feedRecord) mayBeOurs() bool {
	if string(r.memoType) != "text" {
		return false
	}
	if r.bytes != nil {
		return len(r.bytes) == memoBytesLength
	}
	return len(r.memo) == memoLength
}

// readFeed goes over the text of a page once. It follows the nesting and the strings, so that it takes neither the
// contents of a string for a field nor half an answer for a whole one.
func readFeed(body []byte, cursor int64) (FeedPage, error) {
	var page FeedPage
	var record feedRecord
	var newest []byte               // the time of the last operation
	var outer, middle, inner []byte // the last names at depthDocument, depthEmbedded and depthRecord
	var name []byte                 // the string before a colon, until its value begins
	depth, records := 0, false
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '"':
			end := endOfString(body, i+1)
			if end < 0 {
				return FeedPage{}, fmt.Errorf("%w: %s: a string without an end", ErrAnswer, "/payments")
			}
			text := body[i+1 : end]
			i = end
			if end+1 < len(body) && body[end+1] == ':' {
				name = text
				i++
				switch depth {
				case depthDocument:
					outer = text
				case depthEmbedded:
					middle = text
				case depthRecord:
					inner = text
				}
				continue
			}
			if records && name != nil {
				record.take(depth, string(inner) == "transaction", name, text)
			}
			name = nil
		case '{', '[':
			depth++
			name = nil
			switch {
			case depth == depthRecords && body[i] == '[' && string(outer) == "_embedded" && string(middle) == "records":
				records = true
			case depth == depthRecord && records:
				record, inner = feedRecord{start: i}, nil
			}
		case '}', ']':
			depth--
			if records && depth == depthRecords {
				last := page.Last
				if err := page.add(&record, body[record.start:i+1], cursor); err != nil {
					return FeedPage{}, err
				}
				if page.Last > last {
					newest = record.createdAt
				}
			}
			if records && depth < depthRecords {
				outer = nil // what follows the records is none
			}
			if depth == 0 && len(bytes.TrimSpace(body[i+1:])) > 0 {
				depth = -1
			}
		}
		if depth < 0 {
			break
		}
	}
	if depth != 0 || !records {
		return FeedPage{}, fmt.Errorf("%w: %s: no page of records", ErrAnswer, "/payments")
	}
	if page.Records > 0 {
		closedAt, err := time.Parse(time.RFC3339, string(newest))
		if err != nil {
			return FeedPage{}, fmt.Errorf("%w: operation %d: %w", ErrAnswer, page.Last, err)
		}
		page.LastClosedAt = closedAt.UTC()
	}
	return page, nil
}

// endOfString returns where the quote stands that ends a string which begins at from; -1 if there is none.
func endOfString(body []byte, from int) int {
	for at := from; ; {
		n := bytes.IndexByte(body[at:], '"')
		if n < 0 {
			return -1
		}
		at += n
		escapes := 0
		for at-escapes > from && body[at-escapes-1] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return at
		}
		at++
	}
}

// take keeps the value of a field if it is one that is looked at.
func (r *feedRecord) take(depth int, inTransaction bool, name, value []byte) {
	switch {
	case depth == depthRecord && string(name) == "id":
		r.id = value
	case depth == depthRecord && string(name) == "created_at":
		r.createdAt = value
	case depth != depthTransaction || !inTransaction:
	case string(name) == "memo_type":
		r.memoType = value
	case string(name) == "memo":
		r.memo = value
	case string(name) == "memo_bytes":
		r.bytes = value
	}
}

// add adds a record to the page.
func (p *FeedPage) add(r *feedRecord, raw []byte, cursor int64) error {
	id, err := strconv.ParseInt(string(r.id), 10, 64)
	if err != nil || id <= 0 {
		return fmt.Errorf("%w: record with id %.40q", ErrAnswer, r.id)
	}
	p.Records++
	p.Last = max(p.Last, id)
	if id <= cursor || !r.mayBeOurs() {
		return nil
	}
	operation, err := newOperation(raw)
	if err == nil {
		p.Operations = append(p.Operations, operation)
	}
	return err
}
