// Package codec writes and reads JSON exactly as encoding/json does without HTML escaping. It is
// for the few documents that every request handles: encoding/json uses reflection, which is slow in
// WebAssembly and took a third of a request's time.
//
// The reader supports only what the writer produces and refuses all other JSON. Its caller then
// falls back to encoding/json, so no document is read differently from how encoding/json would read
// it.
package codec

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Writer writes a document from beginning to end. The first argument of each method is copied in
// front of the value:
//
//	w := codec.NewWriter(64)
//	w.String(`{"id":`, id)
//	w.Int(`,"attempts":`, 1)
//	w.Raw(`}`)
//
// The methods must not be inlined. If they were, each call would contain a copy of append and of
// its path for a full buffer: 46 KB of WebAssembly for one document of 24 members.
type Writer struct{ buf []byte }

// NewWriter returns a writer with room for so many bytes before it must grow.
func NewWriter(room int) *Writer { return &Writer{make([]byte, 0, room)} }

// Bytes returns what has been written.
func (w *Writer) Bytes() []byte { return w.buf }

// extend lengthens the document by n bytes and returns these bytes.
func (w *Writer) extend(n int) []byte {
	size := len(w.buf)
	if cap(w.buf)-size < n {
		w.buf = slices.Grow(w.buf, n)
	}
	w.buf = w.buf[:size+n]
	return w.buf[size:]
}

// Raw writes text that is already JSON.
//
//go:noinline
func (w *Writer) Raw(text string) { copy(w.extend(len(text)), text) }

// String writes a string in quotes.
//
//go:noinline
func (w *Writer) String(before, s string) {
	w.Raw(before)
	for i := range len(s) {
		if c := s[i]; c-' ' >= utf8.RuneSelf-' ' || c == '"' || c == '\\' {
			w.buf = AppendString(w.buf, s)
			return
		}
	}
	b := w.extend(len(s) + 2)
	b[0] = '"'
	copy(b[1:], s)
	b[len(b)-1] = '"'
}

// Map writes an object of strings, sorted by name; {} for an empty map.
func (w *Writer) Map(before string, m map[string]string) {
	w.Raw(before)
	w.Raw("{")
	before = ""
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		w.String(before, name)
		w.String(":", m[name])
		before = ","
	}
	w.Raw("}")
}

// Bool writes true or false.
//
//go:noinline
func (w *Writer) Bool(before string, v bool) {
	w.Raw(before)
	if v {
		w.Raw("true")
	} else {
		w.Raw("false")
	}
}

// Int writes an integer.
//
//go:noinline
func (w *Writer) Int(before string, n int64) {
	w.Raw(before)
	w.buf = strconv.AppendInt(w.buf, n, 10)
}

// Time writes a time as [time.Time.MarshalJSON] does; the year must have four digits.
//
//go:noinline
func (w *Writer) Time(before string, t time.Time) {
	w.Raw(before)
	w.buf = append(t.AppendFormat(append(w.buf, '"'), time.RFC3339Nano), '"')
}

const digits = "0123456789abcdef"

// AppendString appends a string in quotes.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			bad := r == utf8.RuneError && size == 1
			if !bad && r != '\u2028' && r != '\u2029' { // these two once ended lines in JavaScript
				i += size
				continue
			}
			b = append(b, s[from:i]...)
			if bad {
				b = append(b, `\ufffd`...)
			} else {
				b = append(b, `\u202`...)
				b = append(b, digits[r&15])
			}
			i += size
			from = i
			continue
		}
		b = append(b, s[from:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, `\b`...)
		case '\f':
			b = append(b, `\f`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
		i++
		from = i
	}
	b = append(b, s[from:]...)
	return append(b, '"')
}
