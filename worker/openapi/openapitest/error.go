package openapitest

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// errorKinds parses the table of error codes, which is an extension of their enumeration.
func errorKinds(doc *openapi3.T) (map[string]ErrorKind, error) {
	text, err := json.Marshal(doc.Components.Schemas["ErrorCode"].Value.Extensions["x-errors"])
	if err != nil {
		return nil, fmt.Errorf("reading the table of errors: %w", err)
	}
	kinds := map[string]ErrorKind{}
	if err := json.Unmarshal(text, &kinds); err != nil || len(kinds) == 0 {
		return nil, fmt.Errorf("the description has no table of errors (%v)", err)
	}
	return kinds, nil
}

// Codes lists the codes of the errors that a response may have. They are an extension, because
// generators of clients do not understand schemas that narrow another one.
func Codes(r *openapi3.Response) []string {
	var codes []string
	listed, _ := r.Extensions["x-codes"].([]any)
	for _, code := range listed {
		codes = append(codes, fmt.Sprint(code))
	}
	return codes
}

// checkError requires an error that the response lists, with the status and type of its code.
func (c *Contract) checkError(r *openapi3.Response, status int, body []byte) error {
	var told struct {
		Error struct{ Type, Code string }
	}
	if err := json.Unmarshal(body, &told); err != nil {
		return err
	}
	if told.Error.Code == "" {
		return nil // no error object, such as /health when settlement is behind
	}
	if codes := Codes(r); len(codes) > 0 && !slices.Contains(codes, told.Error.Code) {
		return fmt.Errorf("the code %s is none of %v", told.Error.Code, codes)
	}
	if got := (ErrorKind{status, told.Error.Type}); c.Errors[told.Error.Code] != got {
		return fmt.Errorf("the error %s comes as %v, not as %v", told.Error.Code, got, c.Errors[told.Error.Code])
	}
	return nil
}
