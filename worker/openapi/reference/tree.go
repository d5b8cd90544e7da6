package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// tree is JSON whose objects keep the order of their members, in which people read them. A missing
// value is the zero tree, which is empty.
type tree struct {
	raw   json.RawMessage
	names []string // of an object's members, in order
	parts []tree   // an object's members, or an array's items
}

// parse parses a whole document.
func parse(text []byte) (tree, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	t, err := parseValue(d, text)
	if err != nil {
		return tree{}, fmt.Errorf("reading the description: %w", err)
	}
	return t, nil
}

func parseValue(d *json.Decoder, text []byte) (t tree, err error) {
	start := d.InputOffset()
	token, err := d.Token()
	if err != nil {
		return tree{}, err
	}
	if open, ok := token.(json.Delim); ok {
		for d.More() {
			if open == '{' {
				name, err := d.Token()
				if err != nil {
					return tree{}, err
				}
				t.names = append(t.names, name.(string))
			}
			part, err := parseValue(d, text)
			if err != nil {
				return tree{}, err
			}
			t.parts = append(t.parts, part)
		}
		if _, err := d.Token(); err != nil { // the closing delimiter
			return tree{}, err
		}
	}
	t.raw = bytes.TrimLeft(text[start:d.InputOffset()], " \t\r\n:,")
	return t, nil
}

// at returns the value at a path of names.
func (t tree) at(path ...string) tree {
next:
	for _, name := range path {
		for i, n := range t.names {
			if n == name {
				t = t.parts[i]
				continue next
			}
		}
		return tree{}
	}
	return t
}

func (t tree) exists() bool { return t.raw != nil }

// text is the value of a string, or the JSON of any other value.
func (t tree) text() string {
	var s string
	if len(t.raw) > 0 && t.raw[0] == '"' && json.Unmarshal(t.raw, &s) == nil {
		return s
	}
	return string(t.raw)
}

// texts are the items of an array, or a single value.
func (t tree) texts() []string {
	if t.exists() && t.raw[0] != '[' {
		return []string{t.text()}
	}
	var all []string
	for _, item := range t.parts {
		all = append(all, item.text())
	}
	return all
}

// indented is the value's JSON with indentation.
func (t tree) indented() string {
	var b bytes.Buffer
	_ = json.Indent(&b, t.raw, "", "  ") // it was parsed as JSON before
	return b.String()
}

// resolve follows a reference to a component; name is the component's, or "" if t is not a
// reference. The caller decides whether siblings of the reference, such as a description, take
// precedence.
func (t tree) resolve(document tree) (target tree, name string) {
	path, ok := strings.CutPrefix(t.at("$ref").text(), "#/")
	if !ok {
		return t, ""
	}
	steps := strings.Split(path, "/")
	return document.at(steps...), steps[len(steps)-1]
}
