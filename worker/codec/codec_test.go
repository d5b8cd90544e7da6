package codec_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker/codec"
)

// standard encodes with encoding/json, without HTML escaping.
func standard(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

func FuzzStringsAreWrittenAndReadLikeEncodingJSON(f *testing.F) {
	for _, s := range []string{"", "plain", "\"\\/\b\f\n\r\t", "\x00\x1f\x7f", "ü€😀", "\u2028\u2029\u202a", "\xff\xc3", "<&>", "\ufffd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		written := codec.AppendString(nil, s)
		if diff := cmp.Diff(standard(t, s), string(written)); diff != "" {
			t.Fatalf("%q is encoded differently (-want +got):\n%s", s, diff)
		}
		var want string
		if err := json.Unmarshal(written, &want); err != nil {
			t.Fatal(err)
		}
		r := codec.NewReader(string(written))
		if got := r.String(); !r.Done() || got != want {
			t.Errorf("%s is read as %q, want %q", written, got, want)
		}
	})
}

// Whatever the reader accepts must mean the same to encoding/json.
func FuzzAcceptedStringsMeanTheSameToEncodingJSON(f *testing.F) {
	for _, s := range []string{`"a\u00fcb"`, `"\ud83d\ude00"`, `"\ud800"`, `"\`, `"\"`, `"\u00"`, "\"\n\"", "\"\\\n\"", "\"\xff\"", `"a" `, `"\u+0aa"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := codec.NewReader(string(data))
		got := r.String()
		if !r.Done() {
			return
		}
		var want string
		if err := json.Unmarshal(data, &want); err != nil || got != want {
			t.Errorf("%q is read as %q, encoding/json reads %q, %v", data, got, want, err)
		}
	})
}

func FuzzPlainObjectsMeanTheSame(f *testing.F) {
	for _, s := range []string{
		`{}`, ` { "a" : "b" , "c" : { "d" : 1.50 } , "e" : null , "f" : true } `, `{"a":01}`, `{"a":1,"a":2}`, `{"a":{"b":1,"b":2}}`,
		`{"a":1,}`, `{,}`, `{"a":-1}`, `{"a":1e3}`, `{"a":[]}`, `{"a":1}x`, `{"a":{"b":{}}}`, `{"a\u0062":"\n"}`, `{"a":1.}`, `{"a":tru}`, `null`, ``,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, ok := codec.PlainObject(string(data))
		if !ok {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("%q was accepted; encoding/json: %v", data, err)
		}
		read := map[string]json.RawMessage{}
		for _, m := range got {
			read[m.Name] = json.RawMessage(m.Value)
		}
		if diff := cmp.Diff(want, read); diff != "" || len(read) != len(got) {
			t.Errorf("%q (-want +got):\n%s", data, diff)
		}
	})
}

func TestPlainObjectParsesTypicalBodies(t *testing.T) {
	body := `{"amount": "12.50", "asset_code": "USDC", "description": "Three \"books\" & ü", "metadata": {"cart": "1"}, "expires_in": 3600, "x": null}`
	if _, ok := codec.PlainObject(body); !ok {
		t.Error("an ordinary body was refused")
	}
}
