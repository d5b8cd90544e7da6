// Package openapitest holds whatever answers the API to its description. A test hands every request it makes and every answer it
// gets to a Contract.
package openapitest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"edgecheckout/worker/openapi"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Contract is the description of the API, ready to judge. It is safe for concurrent use.
type Contract struct {
	doc     *openapi3.T
	mux     *http.ServeMux // the described operations, matched as the service matches its own
	unknown operation      // what answers where no operation is described
	bodies  bodies
	Errors  map[string]ErrorKind
}

// ErrorKind is what an error code means to HTTP.
type ErrorKind struct {
	Status int
	Type   string
}

// Load reads the description. minExpiresIn is the shortest expires_in (seconds) of the deployment that is tested; in production, and in
// the description, it is 300.
func Load(minExpiresIn float64) (*Contract, error) {
	return parse(openapi.Document, minExpiresIn)
}

func parse(document []byte, minExpiresIn float64) (*Contract, error) {
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return nil, fmt.Errorf("reading the description: %w", err)
	}
	if err := doc.Validate(context.Background(), openapi3.EnableMultiError()); err != nil {
		return nil, fmt.Errorf("the description is no sound OpenAPI document: %w", err)
	}
	c := &Contract{doc: doc, mux: http.NewServeMux()}
	compiler, err := newCompiler(document, minExpiresIn)
	if err != nil {
		return nil, err
	}
	if c.bodies, err = compile(compiler, doc); err != nil {
		return nil, fmt.Errorf("compiling the schemas: %w", err)
	}
	for path, item := range doc.Paths.Map() {
		for method, described := range item.Operations() {
			route := &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: described}
			c.mux.Handle(method+" "+path, operation{route})
		}
	}
	responses := &openapi3.Responses{}
	responses.Set("302", doc.Components.Responses["Moved"])
	responses.Set("404", doc.Components.Responses["NotFound"])
	responses.Set("429", doc.Components.Responses["TooMany"])
	responses.Set("405", doc.Components.Responses["MethodNotAllowed"])
	c.unknown = operation{&routers.Route{Spec: doc, Operation: &openapi3.Operation{Responses: responses}}}
	c.Errors, err = errorKinds(doc)
	return c, err
}

// Document is the description itself.
func (c *Contract) Document() *openapi3.T { return c.doc }

// operation makes a described operation an entry of the mux; it is never called through it.
type operation struct{ *routers.Route }

func (operation) ServeHTTP(http.ResponseWriter, *http.Request) {}

// Exchange is a request and what was answered.
type Exchange struct {
	Method, URL string
	Header      http.Header // of the request
	Body        []byte      // of the request

	Status       int
	AnswerHeader http.Header
	Answer       []byte
}

// Check returns an error unless the answer is described for the request. A request that was granted must be as described too: what a
// test sends to be refused need not.
func (c *Contract) Check(x Exchange) error {
	if err := c.check(x); err != nil {
		return fmt.Errorf("%s %s gives %d, which is not as described: %w", x.Method, x.URL, x.Status, err)
	}
	return nil
}

func (c *Contract) check(x Exchange) error {
	r, err := http.NewRequest(x.Method, x.URL, nil)
	if err != nil {
		return err
	}
	maps.Copy(r.Header, x.Header)
	if r.Method == http.MethodHead {
		r.Method = http.MethodGet // a HEAD is answered as a GET, without its body
	}
	handler, pattern := c.mux.Handler(r)
	op, known := handler.(operation)
	spelled := !plain.MatchString(r.URL.EscapedPath())                                            // a path has one spelling
	file := known && op.Operation.Extensions["x-file"] == true && x.Status == http.StatusNotFound // without Cloudflare there are no files
	if known = known && !spelled && !file; !known {
		op = c.unknown
	}
	input := &openapi3filter.RequestValidationInput{
		Request: r, Route: op.Route, PathParams: pathValues(pattern, r.URL.Path),
		Options: &openapi3filter.Options{AuthenticationFunc: authenticated, SkipSettingDefaults: true, ExcludeRequestBody: true},
	}
	if known && 200 <= x.Status && x.Status < 300 {
		if err := c.checkRequest(input, x); err != nil {
			return err
		}
	}
	answer := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: x.Status, Header: x.AnswerHeader,
		Options: &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: true},
	}
	if err := openapi3filter.ValidateResponse(r.Context(), answer); err != nil {
		return err
	}
	media, _, err := mime.ParseMediaType(x.AnswerHeader.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("its Content-Type: %w", err)
	}
	content := op.Operation.Responses.Status(x.Status).Value.Content
	if content.Get(media) == nil {
		return fmt.Errorf("there is no answer of type %s", media)
	}
	if media != "application/json" || x.Method == http.MethodHead {
		return nil
	}
	if err := c.bodies.check(content, x.Answer); err != nil || x.Status < 400 {
		return err
	}
	return c.checkError(x.Status, x.Answer)
}

// checkRequest holds a request that was granted to the description.
func (c *Contract) checkRequest(input *openapi3filter.RequestValidationInput, x Exchange) error {
	if err := openapi3filter.ValidateRequest(input.Request.Context(), input); err != nil {
		return err
	}
	if body := input.Route.Operation.RequestBody; body != nil && (body.Value.Required || len(x.Body) > 0) {
		if err := c.bodies.check(body.Value.Content, x.Body); err != nil {
			return err
		}
	} else if body == nil && len(x.Body) > 0 {
		return errors.New("there is a body, and none is described")
	}
	if security := input.Route.Operation.Security; security != nil && len(*security) == 0 {
		return nil // pages ignore what a mail program or an advertiser adds to their address
	}
	// The validator would pass over names that the service refuses.
	for name := range input.Request.URL.Query() {
		if input.Route.Operation.Parameters.GetByInAndName("query", name) == nil {
			return fmt.Errorf("the query has a parameter %q", name)
		}
	}
	return nil
}

var plain = regexp.MustCompile(`^[A-Za-z0-9/_.~-]*$`)

// authenticated wants the header that a security scheme names; whether the secret in it is right is the service's business.
func authenticated(_ context.Context, input *openapi3filter.AuthenticationInput) error {
	name := "Authorization"
	if input.SecurityScheme.Type == "apiKey" {
		name = input.SecurityScheme.Name
	}
	if input.RequestValidationInput.Request.Header.Get(name) == "" {
		return input.NewError(errors.New("there is no header " + name))
	}
	return nil
}

// pathValues matches a path against the pattern that the mux chose for it, whose wildcards are whole segments.
func pathValues(pattern, path string) map[string]string {
	_, pattern, _ = strings.Cut(pattern, " ")
	values := map[string]string{}
	segments := strings.Split(path, "/")
	for i, wildcard := range strings.Split(pattern, "/") {
		if name, ok := strings.CutPrefix(wildcard, "{"); ok && i < len(segments) {
			values[strings.TrimSuffix(name, "}")] = segments[i]
		}
	}
	return values
}

// Operations lists what is described as patterns, such as "GET /checkout/{id}", in alphabetical order.
func (c *Contract) Operations() map[string]*openapi3.Operation {
	all := map[string]*openapi3.Operation{}
	for path, item := range c.doc.Paths.Map() {
		for method, described := range item.Operations() {
			all[method+" "+path] = described
		}
	}
	return all
}

// Patterns are the keys of Operations in alphabetical order.
func (c *Contract) Patterns() []string { return slices.Sorted(maps.Keys(c.Operations())) }
