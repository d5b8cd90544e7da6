package checkout

import (
	"encoding/json"
	"slices"

	"edgecheckout/worker/codec"
)

// Metadata is what a merchant attached to an object: names with their values, in the byte order of the names, each name once. It is a list, since
// a map that is made to be written again at once costs more than all that is done with it.
type Metadata []Pair

// Pair is a name and its value.
type Pair struct{ Name, Value string }

// With adds a pair whose name is not there yet.
func (m Metadata) With(name, value string) Metadata {
	at := len(m)
	for at > 0 && m[at-1].Name > name {
		at--
	}
	return slices.Insert(m, at, Pair{name, value})
}

// WriteJSON writes an object, {} if there is nothing.
func (m Metadata) WriteJSON(w *codec.Writer) {
	before := "{"
	for i := range m {
		w.String(before, m[i].Name)
		w.String(":", m[i].Value)
		before = ","
	}
	if len(m) == 0 {
		w.Raw("{")
	}
	w.Raw("}")
}

// ReadJSON reads what WriteJSON wrote.
func (m *Metadata) ReadJSON(r *codec.Reader) {
	for r.Enter('{'); r.More('}'); {
		name := r.Key()
		if n := len(*m); n > 0 && name <= (*m)[n-1].Name {
			r.Refuse()
			return
		}
		if *m == nil {
			*m = make(Metadata, 0, 4) // most have no more
		}
		*m = append(*m, Pair{name, r.String()})
	}
}

// MarshalJSON implements json.Marshaler.
func (m Metadata) MarshalJSON() ([]byte, error) {
	w := codec.NewWriter(64)
	m.WriteJSON(w)
	return w.Bytes(), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (m *Metadata) UnmarshalJSON(text []byte) error {
	var members map[string]string
	if err := json.Unmarshal(text, &members); err != nil {
		return err
	}
	*m = nil
	for name, value := range members {
		*m = m.With(name, value)
	}
	return nil
}
