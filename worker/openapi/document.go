// Package openapi holds the description of the HTTP API that machines read, and reads it for people.
package openapi

import _ "embed"

// Document is the contract, in OpenAPI 3.1. What the service answers in any test is held to it. It must not be changed.
//
//go:embed openapi.json
var Document []byte
