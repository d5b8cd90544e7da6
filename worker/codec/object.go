package codec

import "encoding/json"

// PlainObject takes a JSON object apart whose members are strings, numbers, literals and objects of such, as most bodies are: in one
// pass, where encoding/json makes three. It reports false for all else, valid or not; repeated names, lists, bad UTF-8, escapes
// beyond the basic plane and anything after the object among it. The members are parts of body.
func PlainObject(body []byte) (map[string]json.RawMessage, bool) {
	r := NewReader(body)
	members := r.plainObject(2)
	r.blank()
	return members, r.Done()
}

// plainObject reads an object that nests at most so many levels deep, this one included.
func (r *Reader) plainObject(levels int) map[string]json.RawMessage {
	members := map[string]json.RawMessage{}
	r.blank()
	r.Enter('{')
	for r.blank(); r.More('}'); r.blank() {
		r.blank()
		name := r.String()
		r.blank()
		r.expect(':')
		r.blank()
		start := r.at
		switch c := r.peek(); {
		case c == '{' && levels > 1:
			r.plainObject(levels - 1)
		case c == '"':
			if raw, plain := r.quoted(); !plain && !r.refused {
				if _, ok := unquote(raw); !ok {
					r.refused = true
				}
			}
		case '0' <= c && c <= '9':
			r.Number()
		case c == 'n':
			if !r.literal("null") {
				r.refused = true
			}
		default:
			r.Bool()
		}
		if _, twice := members[name]; twice || r.refused {
			r.refused = true
			return nil
		}
		members[name] = r.data[start:r.at:r.at]
	}
	return members
}

func (r *Reader) blank() {
	for ; r.at < len(r.data); r.at++ {
		if c := r.data[r.at]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return
		}
	}
}
