package horizon

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// What is read of a page on behalf of a visitor. Anybody can pay to an account by transactions of a
// hundred operations, which Horizon tells whole with each of them, or by contract calls with 16 KiB
// of events. An ordinary record has 5 KB, of which half is parsed.
const (
	fewRecords   = 50
	fewBodyBytes = 256 << 10
	fewBytes     = 130 << 10 // of what is parsed
	fewPayments  = 50        // what one record brings may be more
	fewMerges    = 2         // accounts merged, whose amounts are read one by one
)

// maxString is the length of the longest string that is read of a record, in bytes as it is
// written: a memo of 28 bytes, each of them escaped. The transaction's XDR is longer.
const maxString = 28 * len(`\u0000`)

// errOrder reports a page of which a part was read and that is not in its order: there may be
// anything in the rest of it.
var errOrder = fmt.Errorf("%w: a part of a page that is not in its order", ErrAnswer)

// wholeRecords returns the records that are whole of a page that was cut, as a page of their own.
func wholeRecords(body []byte) ([]byte, error) {
	_, end, _ := skimPage(body)
	if end == 0 {
		return nil, errRecord
	}
	return append(slices.Clip(body[:end]), "]}}"...), nil
}

// errRecord reports a record that is larger than what is read of a page.
var errRecord = fmt.Errorf("%w: a record that is too large", ErrAnswer)

// readRecords returns the records of a page, without their long strings, and does not parse them.
// There are none if Horizon finds nothing.
func readRecords(result Result, path string) ([]json.RawMessage, error) {
	body, cut, err := result.Response.Body, result.Response.Cut, result.failure(path)
	if IsNotFound(err) {
		return nil, nil // no history yet
	}
	if err != nil {
		return nil, err
	}
	records, _, ok := skimPage(body)
	switch {
	case cut && len(records) == 0:
		return nil, errRecord
	case !cut && !ok:
		if records, err = parsePage(body); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrAnswer, path, err)
		}
	}
	for i, raw := range records {
		records[i] = shorten(raw)
	}
	return records, nil
}

// parsePage splits a page of any form.
func parsePage(body []byte) ([]json.RawMessage, error) {
	var doc struct {
		Embedded *struct {
			Records *[]json.RawMessage `json:"records"`
		} `json:"_embedded"`
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return nil, err
	}
	if doc.Embedded == nil || doc.Embedded.Records == nil {
		return nil, errors.New("no page of records")
	}
	return *doc.Embedded.Records, nil
}

// skimPage splits a page that is written as Horizon writes it; ok is false for others. Of one that
// was cut, these are the records that are whole, and end is where the last of them ends.
func skimPage(body []byte) (records []json.RawMessage, end int, ok bool) {
	_, at := recordsField.find(body, 0)
	if at < 0 || body[at] != '[' {
		return nil, 0, false
	}
	for separator := byte(','); separator == ','; {
		begin := skipSpace(body, at+1)
		if begin < len(body) && body[begin] == ']' && len(records) == 0 {
			return nil, 0, endsDocument(body, begin)
		}
		if begin >= len(body) || body[begin] != '{' {
			return records, end, false
		}
		if at = endOfObject(body, begin+1); at < 0 {
			return records, end, false
		}
		records, end = append(records, body[begin:at]), at
		if at = skipSpace(body, at); at >= len(body) {
			return records, end, false
		}
		separator = body[at]
	}
	return records, end, endsDocument(body, at)
}

// decodeRecord parses a record.
func decodeRecord(raw []byte) (r record, err error) {
	if err := json.Unmarshal(raw, &r); err != nil {
		return record{}, fmt.Errorf("%w: record: %w", ErrAnswer, err)
	}
	return r, nil
}

// shorten returns a record without its links and with its long strings empty: passing over them
// costs much less than parsing them.
func shorten(record []byte) []byte {
	short := make([]byte, 0, min(len(record), 4<<10))
	copied := 0
	for at := 0; at < len(record); at++ {
		if record[at] != '"' {
			continue
		}
		end := endOfString(record, at+1)
		if end < 0 {
			return record
		}
		switch {
		case end-at-1 > maxString:
			short = append(short, record[copied:at+1]...)
			copied = end
		case string(record[at:end+1]) == `"_links"`:
			links := valueAfter(record, end+1)
			if links < 0 || record[links] != '{' {
				break
			}
			if after := endOfObject(record, links+1); after >= 0 {
				short = append(append(short, record[copied:links]...), "{}"...)
				copied, end = after, after-1
			}
		}
		at = end
	}
	if copied == 0 {
		return record
	}
	return append(short, record[copied:]...)
}
