package main

import (
	"strings"

	"edgecheckout/templates"
)

// field describes a value: its type, limits and meaning.
func (r reader) field(name string, schema tree) templates.Field {
	target, _ := schema.resolve(r.document)
	f := templates.Field{Name: name, Type: r.typeOf(schema), Text: target.at("description").text(), Limits: limits(target)}
	if own := schema.at("description"); own.exists() {
		f.Text = own.text()
	}
	if c := target.at("const"); c.exists() {
		f.Words = []templates.Word{{Word: c.text()}}
	}
	if target.at("x-errors").exists() {
		return f // they have a table of their own
	}
	for _, word := range target.at("enum").parts {
		if text := word.text(); text != "null" {
			f.Words = append(f.Words, templates.Word{Word: text, Text: target.at("x-enumDescriptions", text).text()})
		}
	}
	return f
}

// typeOf names the type of a value: "string or null", or the name of an object.
func (r reader) typeOf(schema tree) templates.Type {
	target, name := schema.resolve(r.document)
	switch {
	case name != "" && target.at("properties").exists():
		return templates.Type{Object: name}
	case target.at("oneOf").exists():
		var words []string
		for _, v := range r.variants(target) {
			words = append(words, v.at("type").text())
		}
		return templates.Type{Words: strings.Join(words, " or ")}
	case target.at("items").exists():
		inner := r.typeOf(target.at("items"))
		if inner.Object == "" {
			return templates.Type{Words: strings.Replace(types(target), "array", "list of "+inner.Words+"s", 1)}
		}
		return templates.Type{Words: "list of", Object: inner.Object}
	case target.at("additionalProperties").names != nil:
		inner := r.typeOf(target.at("additionalProperties"))
		if inner.Object == "" {
			return templates.Type{Words: strings.Replace(types(target), "object", "map of "+inner.Words+"s", 1)}
		}
		return templates.Type{Words: "map of", Object: inner.Object}
	}
	return templates.Type{Words: types(target)}
}

// types names the type of a value in words.
func types(schema tree) string {
	words := strings.Join(schema.at("type").texts(), " or ")
	if schema.at("format").text() == "date-time" {
		words = strings.Replace(words, "string", "time", 1)
	}
	return words
}

// limits lists the limits of a value, and its default.
func limits(schema tree) []string {
	var all []string
	bounds := func(low, high, unit string) {
		least, most := schema.at(low).text(), schema.at(high).text()
		switch {
		case least != "" && most != "":
			all = append(all, least+" to "+most+unit)
		case most != "":
			all = append(all, "at most "+most+unit)
		case least != "" && least != "0" && least != "1": // a minimum of 0 or 1 is obvious
			all = append(all, "at least "+least+unit)
		}
	}
	bounds("minLength", "maxLength", " characters")
	bounds("minimum", "maximum", "")
	bounds("minItems", "maxItems", " items")
	if schema.at("propertyNames", "maxLength").exists() {
		bounds("minProperties", "maxProperties", " keys")
	}
	if usual := schema.at("default"); usual.exists() {
		all = append(all, "otherwise "+usual.text())
	}
	return all
}
