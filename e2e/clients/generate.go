// Package clients only says how to generate the clients, from the folder of this file.
package clients

//go:generate go tool oapi-codegen -config oapicodegen/config.yaml ../../worker/openapi/openapi.json
//go:generate go tool ogen -config ogen/config.yaml -target ogen/api -package api -clean ../../worker/openapi/openapi.json
