// Package openapi holds the description of the HTTP API: for machines, and as it is rendered for people.
package openapi

import _ "embed"

// Document is the contract, in OpenAPI 3.1. What the service answers in any test is held to it. It must not be changed.
//
//go:embed openapi.json
var Document []byte

// Reference is Document as the contents of a page in HTML, which the command of that name makes.
//
//go:embed reference.html
var Reference string

// Origin is where the examples are asked for.
const Origin = "https://pay.example"
