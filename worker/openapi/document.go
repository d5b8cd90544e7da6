// Package openapi has the API's description, for machines and rendered for people.
package openapi

import _ "embed"

// Document is the contract, in OpenAPI 3.1. The responses in all tests are checked against it. It
// must not be modified.
//
//go:embed openapi.json
var Document []byte

// Reference is [Document] rendered as the HTML contents of a page, by the command of that name.
//
//go:embed reference.html
var Reference string

// Pages lists for machines what there is to read, as llms.txt.
//
//go:embed llms.txt
var Pages []byte

// Origin is the origin in the examples.
const Origin = "https://pay.example"
