package templates

import (
	"context"
	"io"
	"strings"

	"github.com/a-h/templ"
)

// Reference is the description of the API as people read it. Texts may have words in backquotes, and are paragraphs with an
// empty line between them.
type Reference struct {
	Title    string
	Summary  string
	Document string // path of the description that machines read
	Sections []Section
	Groups   []Group
	Error    Object
	Errors   []ErrorCode
}

// Section is a piece of the introduction.
type Section struct{ Heading, Text string }

// Group is a chapter: what can be asked, and the objects that are answered.
type Group struct {
	Name, Text string
	Operations []Operation
	Objects    []Object
}

// Operation is one method of one path.
type Operation struct {
	ID, Method, Path string
	Summary, Text    string
	Audience         string // who may call it
	Parameters       []Field
	Bodies           []Object // one of them; none if there is no body
	Requests         []Sample
	Answers          []Sample
	Success          Answer
	Failures         []Answer
}

// Sample is something to copy or to compare with.
type Sample struct{ Title, Text string }

// Answer is what a status means.
type Answer struct {
	Status, Text string
	Object       Type     // what it contains
	Codes        []string // of errors
}

// Object is a list of fields under a name.
type Object struct {
	Name, Text string
	Fields     []Field
	Shared     []string // more fields, which are those of the object before
}

// Field is a field of an object, or a parameter.
type Field struct {
	Name     string
	Place    string // of a parameter: "path", "query" or "header"; "" for a field
	Type     Type
	Required bool
	Text     string
	Limits   []string // "at most 500 characters"
	Words    []Word   // the values that it can have
}

// Type is what a value is: words, and the object that they end in, if any.
type Type struct {
	Words  string // "string or null", "list of"
	Object string // name of an object of this page; "" if none
}

// Word is one value of several, and what it means.
type Word struct{ Word, Text string }

// ErrorCode is a row of the table of errors.
type ErrorCode struct{ Code, Status, Type, Text string }

// anchor is the id of a part of the page.
func anchor(kind, name string) string {
	return kind + "-" + strings.ReplaceAll(strings.ToLower(name), " ", "-")
}

// paragraphs cuts a text where it has an empty line.
func paragraphs(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n\n")
}

// line writes a paragraph, with the words in backquotes as code. Nothing may come between the runs, so that it is no template.
func line(paragraph string) templ.Component {
	return writing(func(b *strings.Builder) {
		for i, run := range strings.Split(paragraph, "`") {
			element(b, i%2 == 1, "code", "", run)
		}
	})
}

// listing writes JSON, or a command with JSON in it, as it is indented by encoding/json: names, strings and other values look different.
func listing(text string) templ.Component {
	return writing(func(b *strings.Builder) {
		for line := range strings.Lines(text) {
			rest := strings.TrimLeft(line, " ")
			b.WriteString(line[:len(line)-len(rest)])
			name, value, member := strings.Cut(rest, `": `)
			if member = member && rest[0] == '"'; member {
				element(b, true, "span", "name", name+`"`)
				b.WriteString(": ")
				rest = value
			}
			value = strings.TrimRight(rest, ",\n")
			switch {
			case len(value) > 1 && value[0] == '"':
				element(b, true, "span", "string", value)
			case member && value != "" && !strings.ContainsRune("{[", rune(value[0])):
				element(b, true, "span", "literal", value)
			default:
				b.WriteString(templ.EscapeString(value))
			}
			b.WriteString(rest[len(value):])
		}
	})
}

func writing(write func(*strings.Builder)) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b strings.Builder
		write(&b)
		_, err := io.WriteString(w, b.String())
		return err
	})
}

// element writes text, within an element if it is marked.
func element(b *strings.Builder, marked bool, name, class, text string) {
	if text == "" {
		return
	}
	if marked {
		b.WriteString("<" + name)
		if class != "" {
			b.WriteString(` class="` + class + `"`)
		}
		b.WriteString(">")
	}
	b.WriteString(templ.EscapeString(text))
	if marked {
		b.WriteString("</" + name + ">")
	}
}
