package codec

import "encoding/json"

// Member is one of an object.
type Member struct {
	Name  string
	Value string // as it was written
	Plain bool   // whether that is a string of printable ASCII characters that stand for themselves, as nearly all are
}

// Text returns the string that a plain member is.
func (m *Member) Text() string { return m.Value[1 : len(m.Value)-1] }

// MaxPlainMembers is how many members an object may have for PlainObject, which looks at all of them to find a repeated one.
const MaxPlainMembers = 64

// PlainObject takes a JSON object apart whose members are strings, numbers, literals and objects of such, as most bodies are: in one
// pass, where encoding/json makes three. It reports false for all else, valid or not; repeated names, names with escapes, lists, bad
// UTF-8, escapes beyond the basic plane, many members and anything after the object among it.
func PlainObject(body string) ([]Member, bool) {
	r := Reader{data: body}
	members := r.plainObject(make([]Member, 0, 8), 2)
	r.blank()
	return members, r.Done()
}

// plainObject appends the members of an object that nests at most so many levels deep, this one included.
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

// Members makes members of what encoding/json took apart.
func Members(object map[string]json.RawMessage) []Member {
	members := make([]Member, 0, len(object))
	for name, value := range object {
		members = append(members, Member{Name: name, Value: string(value)})
	}
	return members
}

// Find returns the member of a name; nil if there is none.
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
