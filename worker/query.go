package worker

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"edgecheckout/worker/codec"
)

// query is the parameters of a URL's query, each once. There are so few that searching a list is
// faster than making a map.
type query []codec.Member

// Get returns a parameter's value; "" if it is absent.
func (q query) Get(name string) string {
	if m := codec.Find(q, name); m != nil {
		return m.Value
	}
	return ""
}

// Has reports whether a parameter is present.
func (q query) Has(name string) bool { return codec.Find(q, name) != nil }

// with returns the query with a parameter added or changed.
func (q query) with(name, value string) query {
	changed := slices.Clone(q)
	if m := codec.Find(changed, name); m != nil {
		m.Value = value
		return changed
	}
	return append(changed, codec.Member{Name: name, Value: value})
}

// encode encodes the query for a URL, sorted by name.
func (q query) encode() string {
	values := url.Values{}
	for _, m := range q {
		values.Set(m.Name, m.Value)
	}
	return values.Encode()
}

// parseQuery parses a query; names are the known parameters.
func parseQuery(raw string, names []string) (query, error) {
	if q := plainQuery(raw, names); q != nil {
		return q, nil
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, invalid("", "The query of the URL is not valid.")
	}
	q := query{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(names, name) {
			return nil, unknownParameter(name, "a query parameter", names)
		}
		if len(values[name]) > 1 {
			return nil, &Error{CodeParameterDuplicate, name + " is given twice; give it once.", name}
		}
		if !utf8.ValidString(values[name][0]) {
			return nil, invalid(name, "%s is not valid UTF-8.", name)
		}
		q = append(q, codec.Member{Name: name, Value: values[name][0]})
	}
	return q, nil
}

// plainQuery returns what url.ParseQuery would for a query with only known names, each once, and
// values of letters, digits, '_', '-' and '.', as nearly all have; nil for any other.
func plainQuery(raw string, names []string) query {
	q := make(query, 0, 2)
	for more := true; more; {
		var pair string
		pair, raw, more = strings.Cut(raw, "&")
		name, value, ok := strings.Cut(pair, "=")
		if !ok || !slices.Contains(names, name) || q.Has(name) {
			return nil
		}
		for i := range len(value) {
			if c := value[i]; !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || c == '_' || c == '-' || c == '.') {
				return nil
			}
		}
		q = append(q, codec.Member{Name: name, Value: value})
	}
	return q
}
