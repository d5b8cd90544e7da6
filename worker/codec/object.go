package codec

import "encoding/json"

// Member is a member of a JSON object.
type Member struct {
	Name  string
	Value string // in JSON
	// Plain says that Value is a string of printable ASCII characters without escapes, as nearly
	// all are.
	Plain bool
}

// Text returns the string in a plain member.
func (m *Member) Text() string { return m.Value[1 : len(m.Value)-1] }

// MaxPlainMembers limits the members of an object in [PlainObject], which compares each name with
// all earlier ones to find repetitions.
const MaxPlainMembers = 64

// PlainObject parses a JSON object whose members are strings, numbers, literals and objects of
// these, as most request bodies are. It takes one pass where encoding/json takes three. It reports
// false for everything else, valid or not: among others for repeated names, names with escapes,
// lists, invalid UTF-8, escapes beyond the basic multilingual plane, more than [MaxPlainMembers]
// members, and data after the object.
func PlainObject(body string) ([]Member, bool) {
	r := Reader{data: body}
	members := r.plainObject(make([]Member, 0, 8), 2)
	r.blank()
	return members, r.Done()
}

// plainObject appends the members of an object. The object may nest levels deep, itself included.
func (r *Reader) plainObject(members []Member, levels int) []Member {
	outer := len(members)
	r.blank()
	r.Enter('{')
	for r.blank(); r.More('}'); r.blank() {
		r.blank()
		var m Member
		var plain bool
		m.Name, plain = r.quoted()
		r.blank()
		r.expect(':')
		r.blank()
		start := r.at
		switch c := r.peek(); {
		case c == '{' && levels > 1:
			members = r.plainObject(members, levels-1)[:len(members)]
		case c == '"':
			text, unescaped := r.quoted()
			m.Plain = unescaped && r.printable
			if !unescaped && !r.refused {
				if _, ok := unquote(text); !ok {
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
		if !plain || r.refused || len(members)-outer == MaxPlainMembers || Find(members[outer:], m.Name) != nil {
			r.refused = true
			return members[:outer]
		}
		m.Value = r.data[start:r.at]
		members = append(members, m)
	}
	return members
}

// Members converts an object that encoding/json has parsed.
func Members(object map[string]json.RawMessage) []Member {
	members := make([]Member, 0, len(object))
	for name, value := range object {
		members = append(members, Member{Name: name, Value: string(value)})
	}
	return members
}

// Find returns the member with a name; nil if there is none.
func Find(members []Member, name string) *Member {
	for i := range members {
		if members[i].Name == name {
			return &members[i]
		}
	}
	return nil
}

func (r *Reader) blank() {
	for ; r.at < len(r.data); r.at++ {
		if c := r.data[r.at]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return
		}
	}
}
