package horizon

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/oklog/ulid/v2"
)

// FeedPage is one page of the payments of a whole network.
type FeedPage struct {
	// Operations are those whose transaction has a text memo as long as that of a checkout, and
	// those to a muxed address, in the order of the page; Records counts all of the page's records.
	Operations []Operation
	Records    int
	// Last is the newest operation id: the cursor for the next page. Zero if there were no records.
	Last int64
	// LastClosedAt is when the ledger of Last closed.
	LastClosedAt time.Time
	// More says that there may be others after the last one.
	More bool

	unordered bool
}

// Feed reads the network's payments after a cursor (an operation id), oldest first, at most
// PageLimit. Records at or before the cursor, which a confused Horizon may repeat, are dropped.
// Nearly all records are strangers': they are passed over without being parsed.
func (c Client) Feed(ctx context.Context, cursor int64) (FeedPage, error) {
	const path = "/payments"
	response, err := c.Transport.Get(ctx, c.Base+path+ascending.query(cursor), RequestTimeout)
	if err := (Result{response, err}).failure(path); err != nil {
		return FeedPage{}, err
	}
	body := response.Body
	if response.Cut {
		if body, err = wholeRecords(body); err != nil {
			return FeedPage{}, err
		}
	}
	page, err := readFeed(body, cursor)
	if err == nil && response.Cut && page.unordered {
		return FeedPage{}, errOrder
	}
	page.More = response.Cut || page.Records >= ascending.records
	return page, err
}

// The lengths of a checkout's memo, and of its bytes in base64.
const memoLength = ulid.EncodedSize

var memoBytesLength = base64.StdEncoding.EncodedLen(memoLength)

// mayBeOurs reports whether the memo of an operation, or an address that it paid to, can be that of
// a checkout.
func (o Operation) mayBeOurs() bool {
	memo, err := o.Memo()
	return err != nil || len(memo) == memoLength || len(o.Muxed()) > 0
}

// readFeed reads a page. Parsing it costs a hundred times as much as finding the few records that
// may be ours, so it is parsed only if it is not written as Horizon writes it.
func readFeed(body []byte, cursor int64) (FeedPage, error) {
	if page, ok := skimFeed(body, cursor); ok {
		return page, nil
	}
	return parseFeed(body, cursor)
}

// parseFeed reads a page of any form.
func parseFeed(body []byte, cursor int64) (FeedPage, error) {
	var doc struct {
		Embedded *struct {
			Records *[]record `json:"records"`
		} `json:"_embedded"`
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return FeedPage{}, fmt.Errorf("%w: /payments: %w", ErrAnswer, err)
	}
	if doc.Embedded == nil || doc.Embedded.Records == nil {
		return FeedPage{}, fmt.Errorf("%w: /payments: no page of records", ErrAnswer)
	}
	var page FeedPage
	for _, r := range *doc.Embedded.Records {
		id, err := strconv.ParseInt(r.ID, 10, 64)
		if err != nil || id <= 0 || r.CreatedAt.IsZero() {
			return FeedPage{}, fmt.Errorf("%w: record with id %.40q of %v", ErrAnswer, r.ID, r.CreatedAt)
		}
		page.add(id)
		if page.Last == id {
			page.LastClosedAt = r.CreatedAt.UTC()
		}
		if o := (Operation{r}); id > cursor && o.mayBeOurs() {
			page.Operations = append(page.Operations, o)
		}
	}
	return page, nil
}

// add counts a record.
func (p *FeedPage) add(id int64) {
	p.Records++
	p.unordered = p.unordered || id <= p.Last
	p.Last = max(p.Last, id)
}

// The names of fields by which records are found. Inside of a string their quotes would be escaped,
// so what looks like one is one.
var (
	recordsField    = newFieldName("records")
	successfulField = newFieldName("transaction_successful") // once in each record, after its id
	createdAtField  = newFieldName("created_at")
	memoTypeField   = newFieldName("memo_type")
	memoBytesField  = newFieldName("memo_bytes")
	memoField       = newFieldName("memo")

	// muxedField ends the names of all fields with the number of a muxed address.
	muxedField = newFieldEnd("_muxed_id")
)

// skimFeed reads a page as Horizon writes it: each record has its id directly before
// transaction_successful, and its transaction with the memo after that. It reports false for a page
// of another form and for half a page.
func skimFeed(body []byte, cursor int64) (page FeedPage, ok bool) {
	_, list := recordsField.find(body, 0)
	at, value := successfulField.find(body, 0)
	if list < 0 || at < list || body[list] != '[' {
		return page, false
	}
	if early, _ := memoTypeField.find(body[list:at], 0); early >= 0 {
		return page, false // the memo comes before the id
	}
	begins := list + 1 // the record that is looked at, or one before it
	ended := value     // inside of the record before the one that is looked at
	for at >= 0 {
		next, nextValue := successfulField.find(body, value)
		rest := body[value:]
		if next >= 0 {
			rest = body[value:next]
		}
		id := idBefore(body[:at])
		may, known := skimMemo(rest)
		if !may {
			_, muxed := muxedField.find(rest, 0)
			may = muxed >= 0
		}
		if id <= 0 || !known {
			return page, false
		}
		page.add(id)
		if page.Last == id {
			if page.LastClosedAt, ok = skimTime(rest); !ok {
				return page, false
			}
		}
		if may && id > cursor {
			if page.Records > 1 {
				begins = endOfObject(body, ended) + 1 // after the comma
			}
			end := endOfObject(body, value)
			if end < begins || begins == 0 {
				return page, false
			}
			o, err := newOperation(body[begins:end])
			if err != nil {
				return page, false
			}
			if o.mayBeOurs() {
				page.Operations = append(page.Operations, o)
			}
		}
		ended, at, value = value, next, nextValue
	}
	return page, endsDocument(body, endOfObject(body, ended))
}

// skimMemo reports whether a memo can be that of a checkout. known is false if there is no
// memo_type.
func skimMemo(record []byte) (may, known bool) {
	_, at := memoTypeField.find(record, 0)
	kind, ok := stringAt(record, at)
	if !ok || string(kind) != "text" {
		return false, ok
	}
	if _, at = memoBytesField.find(record, 0); at >= 0 {
		encoded, ok := stringAt(record, at)
		return len(encoded) == memoBytesLength, ok
	}
	_, at = memoField.find(record, 0)
	memo, ok := stringAt(record, at)
	return ok && len(memo) == memoLength, true
}

// skimTime returns when a record's ledger closed.
func skimTime(record []byte) (time.Time, bool) {
	_, at := createdAtField.find(record, 0)
	text, _ := stringAt(record, at)
	closedAt, err := time.Parse(time.RFC3339, string(text))
	return closedAt.UTC(), err == nil
}

// idBefore returns the id in the field that ends the text; zero if that is another one.
func idBefore(text []byte) int64 {
	before := func(suffix string) bool {
		rest, ok := bytes.CutSuffix(bytes.TrimRight(text, " \n"), []byte(suffix))
		if ok {
			text = rest
		}
		return ok
	}
	if !before(",") || !before(`"`) {
		return 0
	}
	digits := text[bytes.LastIndexByte(text, '"')+1:]
	text = text[:len(text)-len(digits)]
	if !before(`"`) || !before(":") || !before(`"id"`) && !before(`"paging_token"`) {
		return 0
	}
	id, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// fieldName is the name of a JSON field. It is found by the algorithm of Horspool, which looks at
// one byte in as many as the name has.
type fieldName struct {
	text  string     // with its quotes, the one before it only if it is a whole name
	skip  [256]uint8 // how far to go on from each byte; zero for the one that ends the text
	again int        // how far to go on from that one
}

func newFieldName(name string) *fieldName { return newFieldEnd(`"` + name) }

// newFieldEnd finds the fields whose names end so.
func newFieldEnd(end string) *fieldName {
	f := &fieldName{text: end + `"`}
	last := len(f.text) - 1
	for i := range f.skip {
		f.skip[i] = uint8(len(f.text))
	}
	for i := range last {
		f.skip[f.text[i]] = uint8(last - i)
	}
	f.again, f.skip['"'] = int(f.skip['"']), 0
	return f
}

// find returns where the field is next, and where its value begins; -1 if it is not there.
func (f *fieldName) find(body []byte, from int) (at, value int) {
	last := len(f.text) - 1
	for i := from + last; i < len(body); i += f.again {
		for f.skip[body[i]] != 0 {
			if i += int(f.skip[body[i]]); i >= len(body) {
				return -1, -1
			}
		}
		if string(body[i-last:i+1]) != f.text {
			continue
		}
		if value = valueAfter(body, i+1); value >= 0 {
			return i - last, value
		}
	}
	return -1, -1
}

// valueAfter returns where the value begins of the field whose name ends at a place; -1 if the name
// is none.
func valueAfter(body []byte, at int) int {
	if at = skipSpace(body, at); at >= len(body) || body[at] != ':' {
		return -1
	}
	if at = skipSpace(body, at+1); at >= len(body) {
		return -1
	}
	return at
}

func skipSpace(body []byte, at int) int {
	for at < len(body) && (body[at] == ' ' || body[at] == '\n') {
		at++
	}
	return at
}

// stringAt returns the string that begins with the quote at a place.
func stringAt(body []byte, at int) ([]byte, bool) {
	if at < 0 || body[at] != '"' {
		return nil, false
	}
	end := endOfString(body, at+1)
	if end < 0 {
		return nil, false
	}
	return body[at+1 : end], true
}

// endOfString returns where the quote stands that ends a string which begins at from; -1 if there
// is none.
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

// endOfObject returns where the object ends that a place, which is outside of strings, lies in; -1
// if it does not end.
func endOfObject(body []byte, at int) int {
	for depth := 1; at < len(body); at++ {
		switch body[at] {
		case '"':
			if at = endOfString(body, at+1); at < 0 {
				return -1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return at + 1
			}
		}
	}
	return -1
}

// endsDocument reports whether nothing follows the last record but what closes the page.
func endsDocument(body []byte, at int) bool {
	if at < 0 {
		return false
	}
	for _, closing := range "]}}" {
		if at = skipSpace(body, at); at >= len(body) || body[at] != byte(closing) {
			return false
		}
		at++
	}
	return skipSpace(body, at) == len(body)
}
