// Package codec writes and reads JSON byte for byte as encoding/json does without HTML escaping, for the few documents that stand
// on the path of every request: in WebAssembly, where reflection is slow, that made up a third of a request's time.
//
// The reader knows only what the writer writes. What else may be JSON it refuses, and its caller then asks encoding/json: nothing is
// ever read as another value than encoding/json would read.
package codec

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Writer writes a document from its beginning to its end. Each method takes first what stands before the value, as it is:
//
//	w := codec.NewWriter(64)
//	w.String(`{"id":`, id)
//	w.Optional(`,"customer_id":`, customer)
//	w.Raw(`}`)
//
// The methods must not be inlined, which the compiler would otherwise do: dozens of copies of an append and its way out for a full buffer made
// 46 KB of machine code, in WebAssembly, of one document of 24 members.
type Writer struct{ buf []byte }

// NewWriter makes a writer that has room for so many bytes before it must grow.
func NewWriter(room int) *Writer { return &Writer{make([]byte, 0, room)} }

// Bytes returns what was written so far.
func (w *Writer) Bytes() []byte { return w.buf }

// extend makes what was written n bytes longer, and returns these.
func (w *Writer) extend(n int) []byte {
	size := len(w.buf)
	if cap(w.buf)-size < n {
		w.buf = slices.Grow(w.buf, n)
	}
	w.buf = w.buf[:size+n]
	return w.buf[size:]
}

// Raw writes what is JSON already.
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

// Pointed writes a string, or null if there is none.
//
//go:noinline
func (w *Writer) Pointed(before string, s *string) {
	if s != nil {
		w.String(before, *s)
		return
	}
	w.Raw(before)
	w.Raw("null")
}

// Map writes an object of strings in the order of its names, {} if there are none.
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

// Time writes a time as time.Time marshals itself; the year must have four digits.
//
//go:noinline
func (w *Writer) Time(before string, t time.Time) {
	w.Raw(before)
	w.buf = append(t.AppendFormat(append(w.buf, '"'), time.RFC3339Nano), '"')
}

const digits = "0123456789abcdef"

// AppendString writes a string in quotes.
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
			if !bad && r != '\u2028' && r != '\u2029' { // once ends of lines in JavaScript
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
