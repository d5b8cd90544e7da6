package main

import (
	"slices"
	"testing"
)

func TestTreeKeepsTheOrder(t *testing.T) {
	text := `{ "z": [1.50, "a\u00e9", null], "a" : {"$ref": "#/z"}, "m": {} }`
	got, err := parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"z", "a", "m"}; !slices.Equal(got.names, want) {
		t.Errorf("the members are %v, want %v", got.names, want)
	}
	if string(got.raw) != text {
		t.Errorf("the whole is %s", got.raw)
	}
	if want := []string{"1.50", "aé", "null"}; !slices.Equal(got.at("z").texts(), want) {
		t.Errorf("z is %q, want %q", got.at("z").texts(), want)
	}
	if target, name := got.at("a").resolve(got); name != "z" || string(target.raw) != `[1.50, "a\u00e9", null]` {
		t.Errorf("the reference resolves to %q, %s", name, target.raw)
	}
	if target, name := got.at("m").resolve(got); name != "" || string(target.raw) != "{}" {
		t.Errorf("a value that is not a reference resolves to %q, %s", name, target.raw)
	}
	if nothing := got.at("a", "b", "c"); nothing.exists() || nothing.text() != "" || nothing.texts() != nil || nothing.indented() != "" {
		t.Errorf("a missing value is %+v", nothing)
	}
	if want := "[\n  1.50,\n  \"a\\u00e9\",\n  null\n]"; got.at("z").indented() != want {
		t.Errorf("z indented is %s", got.at("z").indented())
	}
	for _, broken := range []string{"", "{", `{"a"`, `{"a":`, `{"a":1`, `[1`, "]"} {
		if _, err := parse([]byte(broken)); err == nil {
			t.Errorf("%q was accepted as JSON", broken)
		}
	}
}
