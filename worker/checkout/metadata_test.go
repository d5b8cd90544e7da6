package checkout_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/codec"
)

// A map of strings is what encoding/json would make of metadata.
func TestMetadataIsJSONAsAMapIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		object := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "object")
		var want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(object); err != nil {
			t.Fatal(err)
		}
		text := bytes.TrimSpace(want.Bytes())

		var read checkout.Metadata
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		if len(read) != len(object) || !slices.IsSortedFunc(read, func(a, b checkout.Pair) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) }) {
			t.Fatalf("%s is read as %q", text, read)
		}
		for _, pair := range read {
			if value, ok := object[pair.Name]; !ok || value != pair.Value {
				t.Fatalf("%s is read with %q", text, pair)
			}
		}
		w := codec.NewWriter(0)
		read.WriteJSON(w)
		if diff := cmp.Diff(string(text), string(w.Bytes())); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		var again checkout.Metadata
		r := codec.NewReader(string(text))
		if again.ReadJSON(&r); r.Done() && !cmp.Equal(read, again) {
			t.Fatalf("%s is read as %q and as %q", text, read, again)
		}
	})
}

func TestMetadataOutOfOrderIsLeftToTheStandardReader(t *testing.T) {
	for _, text := range []string{`{"b":"1","a":"2"}`, `{"a":"1","a":"2"}`, `{"a":1}`, `{"a":null}`, `["a"]`} {
		var m checkout.Metadata
		r := codec.NewReader(text)
		if m.ReadJSON(&r); r.Done() {
			t.Errorf("%s is read as %q", text, m)
		}
	}
}
