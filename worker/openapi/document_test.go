package openapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"edgecheckout/worker/openapi"
	"edgecheckout/worker/openapi/openapitest"

	"github.com/getkin/kin-openapi/openapi3"
)

func contract(t *testing.T) *openapitest.Contract {
	t.Helper()
	c, err := openapitest.Load(300)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sorted iterates over a map in the order of its keys, so that failures are reproducible.
func sorted[V any](m map[string]V) func(func(string, V) bool) {
	return func(yield func(string, V) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}

// examples returns the examples of a media type by name; an example without a name is "".
func examples(t *testing.T, m *openapi3.MediaType) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	add := func(name string, value any) {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = text
	}
	if m.Example != nil {
		add("", m.Example)
	}
	for name, e := range m.Examples {
		add(name, e.Value.Value)
	}
	return all
}

// Every request and response must have an example, and each example must be valid.
func TestEveryExampleIsValid(t *testing.T) {
	c := contract(t)
	for pattern, op := range sorted(c.Operations()) {
		method, path, _ := strings.Cut(pattern, " ")
		query, header := url.Values{}, http.Header{}
		for _, p := range op.Parameters {
			text := fmt.Sprint(p.Value.Example)
			switch {
			case p.Value.Example == nil:
				s := p.Value.Schema.Value
				values := append(s.Examples, s.Default, s.Const)
				if i := slices.IndexFunc(values, func(v any) bool { return v != nil }); i < 0 {
					t.Errorf("%s: the parameter %s has neither an example nor a default", pattern, p.Value.Name)
				} else if err := s.VisitJSON(values[i], openapi3.EnableJSONSchema2020()); err != nil {
					t.Errorf("%s: %s: %v", pattern, p.Value.Name, err)
				}
			case p.Value.In == "path":
				path = strings.ReplaceAll(path, "{"+p.Value.Name+"}", text)
			case p.Value.In == "header":
				header.Set(p.Value.Name, text)
			default:
				query.Set(p.Value.Name, text)
			}
		}
		for _, name := range []string{"X-Api-Key", "Authorization"} {
			header.Set(name, "secret")
		}
		requests := map[string][]byte{"": nil}
		if op.RequestBody != nil {
			header.Set("Content-Type", "application/json")
			requests = examples(t, op.RequestBody.Value.Content["application/json"])
		}
		if len(requests) == 0 {
			t.Errorf("%s: no example of a body", pattern)
		}
		address := "https://pay.example" + path
		if len(query) > 0 {
			address += "?" + query.Encode()
		}
		for status, response := range sorted(op.Responses.Map()) {
			code, err := strconv.Atoi(status)
			if err != nil {
				t.Fatal(err)
			}
			answered := http.Header{}
			for name, h := range response.Value.Headers {
				answered.Set(name, fmt.Sprint(h.Value.Example))
			}
			for media, content := range sorted(response.Value.Content) {
				answered.Set("Content-Type", media)
				answers := examples(t, content)
				if len(answers) == 0 {
					t.Errorf("%s: no example of %s, %s", pattern, status, media)
				}
				for _, answer := range answers {
					for name, body := range requests {
						x := openapitest.Exchange{Method: method, URL: address, Header: header, Body: body, Status: code, AnswerHeader: answered, Answer: answer}
						if err := c.Check(x); err != nil {
							t.Errorf("example %s: %v", name, err)
						}
					}
				}
			}
		}
	}
}

// Objects must list all their fields, and responses must contain all of them.
func TestObjectsListAllTheirFields(t *testing.T) {
	c := contract(t)
	open := map[string]bool{}
	requests := map[*openapi3.Schema]bool{}
	for _, op := range c.Operations() {
		if op.RequestBody != nil {
			s := op.RequestBody.Value.Content["application/json"].Schema.Value
			requests[s] = true
			for _, variant := range s.OneOf {
				requests[variant.Value] = true
			}
		}
	}
	for name, s := range sorted(c.Document().Components.Schemas) {
		schemas := map[string]*openapi3.Schema{name: s.Value}
		if name == "Error" {
			schemas["Error.error"] = s.Value.Properties["error"].Value
		}
		for name, s := range schemas {
			if len(s.Properties) == 0 {
				continue
			}
			if s.AdditionalProperties.Has == nil || *s.AdditionalProperties.Has {
				open[name] = true
			}
			want := slices.Sorted(maps.Keys(s.Properties))
			if got := slices.Sorted(slices.Values(s.Required)); !requests[s] && !slices.Equal(got, want) {
				t.Errorf("%s requires %v, want %v", name, got, want)
			}
		}
	}
	if len(open) > 0 {
		t.Errorf("these take anything: %v", open)
	}
}

func TestEverythingIsExplained(t *testing.T) {
	c := contract(t)
	doc := c.Document()
	tags := map[string]bool{}
	for _, tag := range doc.Tags {
		tags[tag.Name] = true
	}
	for pattern, op := range sorted(c.Operations()) {
		if op.Summary == "" || op.OperationID == "" || len(op.Tags) != 1 || !tags[op.Tags[0]] {
			t.Errorf("%s needs a summary, an operationId and one of the tags", pattern)
		}
		for _, p := range op.Parameters {
			if p.Value.Description == "" {
				t.Errorf("%s: %s has no description", pattern, p.Value.Name)
			}
		}
		for status, r := range op.Responses.Map() {
			ofFile := op.Extensions["x-file"] == true && status == "200" // Cloudflare serves it
			if !ofFile && r.Value.Headers["Request-Id"] == nil || *r.Value.Description == "" {
				t.Errorf("%s: the answer %s needs a description and a Request-Id", pattern, status)
			}
		}
	}
	for name, s := range sorted(doc.Components.Schemas) {
		explained(t, name, s.Value)
		for property, s := range sorted(s.Value.Properties) {
			if name == "Error" {
				for property, s := range sorted(s.Value.Properties) {
					explained(t, name+"."+property, s.Value)
				}
			} else if s.Value.Const == nil {
				explained(t, name+"."+property, s.Value)
			}
		}
	}
}

func explained(t *testing.T, name string, s *openapi3.Schema) {
	t.Helper()
	if s.Description == "" {
		t.Errorf("%s has no description", name)
	}
	for word, text := range words(t, s) {
		if !slices.Contains(s.Enum, any(word)) || text == "" {
			t.Errorf("%s: the word %s is explained by %q, but is not one of %v", name, word, text, s.Enum)
		}
	}
	for _, word := range s.Enum {
		if text, ok := word.(string); ok && len(s.Enum) > 1 && words(t, s)[text] == "" && s.Extensions["x-errors"] == nil {
			t.Errorf("%s: the word %s is not explained", name, text)
		}
	}
}

func words(t *testing.T, s *openapi3.Schema) map[string]string {
	t.Helper()
	text, err := json.Marshal(s.Extensions["x-enumDescriptions"])
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]string
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// Each code must occur in a response, and only under its own status.
func TestErrorCodesOccurOnlyWithTheirStatus(t *testing.T) {
	c := contract(t)
	var enumerated []string
	for _, code := range c.Document().Components.Schemas["ErrorCode"].Value.Enum {
		enumerated = append(enumerated, code.(string))
	}
	if want := slices.Sorted(maps.Keys(c.Errors)); !slices.Equal(slices.Sorted(slices.Values(enumerated)), want) {
		t.Errorf("the codes are %v, but the table has %v", enumerated, want)
	}
	told := map[string]bool{"method_not_allowed": true} // no described method can cause it
	for pattern, op := range sorted(c.Operations()) {
		for status, r := range op.Responses.Map() {
			content, codes := r.Value.Content["application/json"], openapitest.Codes(r.Value)
			if content != nil && status >= "400" && (len(codes) == 0 || content.Schema.Ref != "#/components/schemas/Error") && !strings.HasPrefix(pattern, "GET /health") {
				t.Errorf("%s: the answer %s needs the schema Error, and x-codes that say which errors it has", pattern, status)
			}
			for _, code := range codes {
				told[code] = true
				if got := strconv.Itoa(c.Errors[code].Status); got != status {
					t.Errorf("%s: %s comes as %s, its status is %s", pattern, code, status, got)
				}
			}
		}
	}
	for code := range c.Errors {
		if !told[code] {
			t.Errorf("nothing answers %s", code)
		}
	}
}

// Every component must be referred to, and lists must have the usual shape.
func TestEveryComponentIsReferredTo(t *testing.T) {
	var document struct {
		Components map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(openapi.Document, &document); err != nil {
		t.Fatal(err)
	}
	for section, components := range sorted(document.Components) {
		for name := range sorted(components) {
			reference := `"#/components/` + section + `/` + name + `"`
			if section == "securitySchemes" {
				reference = `{ "` + name + `": [] }`
			}
			// Any path may answer 405 to a method that it does not describe.
			if !strings.Contains(string(openapi.Document), reference) && reference != `"#/components/responses/MethodNotAllowed"` {
				t.Errorf("nothing refers to %s", reference)
			}
		}
	}
}

// Descriptions may contain paragraphs, headings and words in backquotes, which the page for people
// can render.
func TestDescriptionsHaveOnlySupportedMarkup(t *testing.T) {
	marked := regexp.MustCompile(`\*\*|__|<[a-z/]|\]\(|^\d+\. |~~`)
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, inner := range v {
				if text, ok := inner.(string); ok && (name == "description" || name == "summary") {
					if marked.MatchString(text) || strings.Count(text, "`")%2 != 0 {
						t.Errorf("%s/%s: %q", path, name, text)
					}
				} else if name != "value" && name != "example" {
					walk(path+"/"+name, inner)
				}
			}
		case []any:
			for i, inner := range v {
				walk(fmt.Sprintf("%s/%d", path, i), inner)
			}
		}
	}
	var document any
	if err := json.Unmarshal(openapi.Document, &document); err != nil {
		t.Fatal(err)
	}
	walk("", document)
}
