package openapitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// bodies are the compiled schemas of all bodies. kin-openapi, which validates with the same
// package, compiles a schema at each use, and the tests make many thousands of requests.
type bodies map[*openapi3.Schema]*jsonschema.Schema

const location = "https://pay.example/openapi.json"

// newCompiler returns a compiler that finds the schemas of a document by their location in it.
func newCompiler(document []byte, minExpiresIn float64) (*jsonschema.Compiler, error) {
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return nil, err
	}
	expiresIn := tree.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any)["ExpiresIn"]
	expiresIn.(map[string]any)["minimum"] = minExpiresIn
	widen(tree)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	return compiler, compiler.AddResource(location, tree)
}

// widen adds to each type what the service accepts as well. Generators of clients must not know of
// that: their types would lose in use what they gain in truth.
func widen(tree any) {
	switch tree := tree.(type) {
	case map[string]any:
		if also, ok := tree["x-also"].([]any); ok {
			types, several := tree["type"].([]any)
			if !several {
				types = []any{tree["type"]}
			}
			tree["type"] = append(types, also...)
		}
		for _, inner := range tree {
			widen(inner)
		}
	case []any:
		for _, inner := range tree {
			widen(inner)
		}
	}
}

func compile(compiler *jsonschema.Compiler, doc *openapi3.T) (bodies, error) {
	all := bodies{}
	add := func(content openapi3.Content, ref, path string) error {
		media := content["application/json"]
		if media == nil {
			return nil
		}
		if ref == "" {
			ref = "#" + path
		}
		compiled, err := compiler.Compile(location + ref + "/content/application~1json/schema")
		all[media.Schema.Value] = compiled
		return err
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			at := "/paths/" + strings.ReplaceAll(path, "/", "~1") + "/" + strings.ToLower(method)
			if body := op.RequestBody; body != nil {
				if err := add(body.Value.Content, body.Ref, at+"/requestBody"); err != nil {
					return nil, err
				}
			}
			for status, answer := range op.Responses.Map() {
				if err := add(answer.Value.Content, answer.Ref, at+"/responses/"+status); err != nil {
					return nil, err
				}
			}
		}
	}
	for name, answer := range doc.Components.Responses { // including those that belong to no operation
		if err := add(answer.Value.Content, "#/components/responses/"+name, ""); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// checkAll validates JSON against a schema of an operation, or if the operation takes and answers
// lists as well, each item.
func (b bodies) checkAll(op *openapi3.Operation, content openapi3.Content, text []byte) error {
	var items []json.RawMessage
	if op.Extensions["x-list"] != true || json.Unmarshal(text, &items) != nil {
		items = []json.RawMessage{text}
	}
	for _, item := range items {
		if err := b.check(content, item); err != nil {
			return err
		}
	}
	return nil
}

// check validates JSON against a schema of the document.
func (b bodies) check(content openapi3.Content, text []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("the body is no JSON: %w", err)
	}
	compiled := b[content["application/json"].Schema.Value]
	if compiled == nil {
		return fmt.Errorf("there is no schema for a body in JSON")
	}
	return compiled.Validate(value)
}
