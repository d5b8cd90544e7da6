package codec

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// Reader parses a document from beginning to end:
//
//	for r.Enter('{'); r.More('}'); {
//		switch r.Name() {
//		case "id":
//			id = r.String()
//		default:
//			r.Refuse()
//		}
//	}
//	ok := r.Done()
//
// Anything that it does not support, whitespace included, makes [Reader.Done] report false; from
// there on every value is zero. The strings that it returns are substrings of the document and keep
// it in memory.
type Reader struct {
	data    string
	at      int
	first   bool // nothing of the current object or list was read yet
	refused bool
	// printable says that the last string consists of ASCII from the space to the tilde.
	printable bool
}

// NewReader returns a reader of a document.
func NewReader(data string) Reader { return Reader{data: data} }

// Refuse makes [Reader.Done] report false.
func (r *Reader) Refuse() { r.refused = true }

// Done reports whether the whole document was understood.
func (r *Reader) Done() bool { return !r.refused && r.at == len(r.data) }

func (r *Reader) peek() byte {
	if r.refused || r.at >= len(r.data) {
		return 0
	}
	return r.data[r.at]
}

func (r *Reader) expect(c byte) {
	if r.peek() != c {
		r.refused = true
		return
	}
	r.at++
}

// Enter begins an object ('{') or a list ('[').
func (r *Reader) Enter(open byte) {
	r.expect(open)
	r.first = true
}

// More advances to the next member. At the closing brace or bracket it reports false.
func (r *Reader) More(close byte) bool {
	if r.peek() == close {
		r.at++
		r.first = false
		return false
	}
	if !r.first {
		r.expect(',')
	}
	r.first = false
	return !r.refused
}

// Name returns the name of a member, which must be ASCII without escapes.
func (r *Reader) Name() string {
	r.expect('"')
	if r.refused {
		return ""
	}
	start := r.at
	for ; r.at < len(r.data); r.at++ {
		switch c := r.data[r.at]; {
		case c == '"':
			name := r.data[start:r.at]
			r.at++
			r.expect(':')
			return name
		case c < ' ' || c == '\\' || c >= utf8.RuneSelf:
			r.refused = true
			return ""
		}
	}
	r.refused = true
	return ""
}

// String parses a string.
func (r *Reader) String() string {
	raw, plain := r.quoted()
	if plain || r.refused {
		return raw
	}
	s, ok := unquote(raw)
	if !ok {
		r.refused = true
	}
	return s
}

// Map parses an object of strings.
func (r *Reader) Map() map[string]string {
	m := map[string]string{}
	for r.Enter('{'); r.More('}'); {
		name := r.String()
		r.expect(':')
		m[name] = r.String()
	}
	return m
}

// quoted returns what is between the quotes, and whether it has no escapes.
func (r *Reader) quoted() (raw string, plain bool) {
	r.expect('"')
	if r.refused {
		return "", false
	}
	start, plain := r.at, true
	r.printable = true
	for ; r.at < len(r.data); r.at++ {
		switch c := r.data[r.at]; {
		case c == '"':
			raw = r.data[start:r.at]
			r.at++
			if !r.printable && !utf8.ValidString(raw) {
				r.refused = true
				return "", false
			}
			return raw, plain
		case c == '\\':
			plain = false
			r.at++ // the escaped character does not end the string
		case c < ' ':
			r.refused = true
			return "", false
		case c > '~':
			r.printable = false
		}
	}
	r.refused = true
	return "", false
}

// unquote resolves escapes. It refuses those beyond the basic multilingual plane, which the writer
// never produces.
func unquote(raw string) (string, bool) {
	b := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			b = append(b, raw[i])
			continue
		}
		i++
		if i == len(raw) {
			return "", false
		}
		switch c := raw[i]; c {
		case '"', '\\', '/':
			b = append(b, c)
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u':
			if i+4 >= len(raw) {
				return "", false
			}
			code, err := strconv.ParseUint(raw[i+1:i+5], 16, 16)
			if err != nil || 0xd800 <= code && code <= 0xdfff {
				return "", false
			}
			b = utf8.AppendRune(b, rune(code))
			i += 4
		default:
			return "", false
		}
	}
	return string(b), true
}

// Bool parses true or false.
func (r *Reader) Bool() bool {
	switch {
	case r.literal("true"):
		return true
	case !r.literal("false"):
		r.refused = true
	}
	return false
}

func (r *Reader) literal(word string) bool {
	if r.refused || len(r.data)-r.at < len(word) || r.data[r.at:r.at+len(word)] != word {
		return false
	}
	r.at += len(word)
	return true
}

// Number returns a non-negative number without an exponent as it is written: "0", "12", "12.5".
func (r *Reader) Number() string {
	start := r.at
	r.digits()
	if r.at-start > 1 && r.data[start] == '0' {
		r.refused = true
	}
	if r.peek() == '.' {
		r.at++
		r.digits()
	}
	if r.refused {
		return ""
	}
	return r.data[start:r.at]
}

func (r *Reader) digits() {
	start := r.at
	for c := r.peek(); '0' <= c && c <= '9'; c = r.peek() {
		r.at++
	}
	if r.at == start {
		r.refused = true
	}
}

// Int parses a non-negative integer.
func (r *Reader) Int() int64 {
	n, err := strconv.ParseInt(r.Number(), 10, 64)
	if err != nil {
		r.refused = true
		return 0
	}
	return n
}

// Time parses a time.
func (r *Reader) Time() (t time.Time) {
	raw, plain := r.quoted()
	if r.refused || !plain || t.UnmarshalText([]byte(raw)) != nil {
		r.refused = true
		return time.Time{}
	}
	return t
}
