package templates

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/a-h/templ"
)

// Reference is the API's description as people read it. In its texts, words in backquotes are code
// and empty lines separate paragraphs.
type Reference struct {
	Title    string
	Summary  string
	Document string // path of the machine-readable description
	Sections []Section
	Guides   []Guide
	Groups   []Group
	Error    Object
	Errors   []ErrorCode
}

// Section is a section of the introduction.
type Section struct{ Heading, Text string }

// Guide is a way from one end to the other, in steps.
type Guide struct {
	Title, Text string
	Steps       []Step
}

// Step is a part of a guide.
type Step struct {
	Heading string
	Blocks  []Block
}

// Block is a paragraph, or an example in several languages.
type Block struct {
	Text  string
	Codes []Code
}

// Code is an example in one language. In a guide, the examples in a language are one program. Its
// role is empty for a part of that program, "prelude" for what stands outside its main function, and
// "setup" for what is done by hand.
type Code struct{ Language, Name, Role, Text string }

// GuideID is the id of a guide on the page.
func GuideID(g Guide) string { return anchor("guide", g.Title) }

// GroupID is the id of a chapter on the page.
func GroupID(g Group) string { return anchor("group", g.Name) }

// spoken are the languages of an example, each once, in order.
func spoken(codes []Code) (all []Code) {
	for _, c := range codes {
		if !slices.ContainsFunc(all, func(other Code) bool { return other.Language == c.Language }) {
			all = append(all, c)
		}
	}
	return all
}

// Group is a chapter: operations, and the objects in their responses.
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
	Bodies           []Object // alternatives; none if there is no body
	Requests         []Sample
	Answers          []Sample
	Success          Answer
	Failures         []Answer
}

// Sample is text to copy or to compare with.
type Sample struct{ Title, Text string }

// Answer is the meaning of a status code.
type Answer struct {
	Status, Text string
	Object       Type     // of the body
	Codes        []string // of errors
}

// Object is a named list of fields.
type Object struct {
	Name, Text string
	Fields     []Field
	Shared     []string // names of further fields, which the first object has as well
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

// Type describes a value in words, which may end in the name of an object.
type Type struct {
	Words  string // "string or null", "list of"
	Object string // name of an object on this page; "" if none
}

// Word is one of several possible values, and its meaning.
type Word struct{ Word, Text string }

// ErrorCode is a row in the table of errors.
type ErrorCode struct{ Code, Status, Type, Text string }

// anchor returns the id of an element of the page.
func anchor(kind, name string) string {
	return kind + "-" + strings.ReplaceAll(strings.ToLower(name), " ", "-")
}

// paragraphs splits a text at empty lines.
func paragraphs(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n\n")
}

// line renders a paragraph, with words in backquotes as code. It is not a templ component because
// templ could add white space between the runs.
func line(paragraph string) templ.Component {
	return writing(func(b *strings.Builder) {
		for i, run := range strings.Split(paragraph, "`") {
			element(b, i%2 == 1, "code", "", run)
		}
	})
}

// listing renders indented JSON, or a command that contains JSON, and highlights names, strings and
// other values.
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

// element writes text, inside an element if it is marked.
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
