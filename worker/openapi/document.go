// Package openapi holds the description of the HTTP API: for machines, and as it is rendered for people.
package openapi

import (
	_ "embed"
	"html"
	"strings"
)

// Document is the contract, in OpenAPI 3.1. What the service answers in any test is held to it. It must not be changed.
//
//go:embed openapi.json
var Document []byte

// reference is what the command of that name makes of Document.
//
//go:embed reference.html
var reference string

// Origin is where the examples are asked for.
const Origin = "https://pay.example"

// Reference is the description as the contents of a page in HTML. Its commands ask for what they ask at an origin.
func Reference(origin string) string {
	return strings.ReplaceAll(reference, Origin, html.EscapeString(origin))
}
