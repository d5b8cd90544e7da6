// Package openapitest checks responses of the API against its description. A test passes every
// request that it makes, and the response, to a [Contract].
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

// Contract is the API's description, ready to validate. It is safe for concurrent use.
type Contract struct {
	doc     *openapi3.T
	mux     *http.ServeMux // the described operations, matched as the service matches its routes
	unknown operation      // the operation of paths that are not described
	bodies  bodies
	Errors  map[string]ErrorKind
}

// ErrorKind is the status and type of an error code.
type ErrorKind struct {
	Status int
	Type   string
}

// Load parses the description. minExpiresIn is the shortest expires_in (seconds) of the tested
// deployment; in production, and in the description, it is 300.
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

// Document is the parsed description.
func (c *Contract) Document() *openapi3.T { return c.doc }

// operation puts a described operation into the mux, which never calls it.
type operation struct{ *routers.Route }

func (operation) ServeHTTP(http.ResponseWriter, *http.Request) {}

// Exchange is a request and its response.
type Exchange struct {
	Method, URL string
	Header      http.Header // of the request
	Body        []byte      // of the request

	Status       int
	AnswerHeader http.Header
	Answer       []byte
}

// Check returns an error if the response is not described for the request. A request that succeeded
// must match the description as well; one that a test sends to be refused need not.
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
		r.Method = http.MethodGet // a HEAD is answered like a GET, without the body
	}
	handler, pattern := c.mux.Handler(r)
	op, known := handler.(operation)
	// A path has only one spelling.
	spelled := !plain.MatchString(r.URL.EscapedPath())
	// There are no static files without Cloudflare.
	file := known && op.Operation.Extensions["x-file"] == true && x.Status == http.StatusNotFound
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
	response := op.Operation.Responses.Status(x.Status).Value
	content := response.Content
	if content.Get(media) == nil {
		return fmt.Errorf("there is no answer of type %s", media)
	}
	if media != "application/json" || x.Method == http.MethodHead {
		return nil
	}
	if err := c.bodies.check(content, x.Answer); err != nil || x.Status < 400 {
		return err
	}
	return c.checkError(response, x.Status, x.Answer)
}

// checkRequest validates a request that succeeded.
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
		return nil // pages ignore parameters that mail programs or advertisers add
	}
	// The validator ignores unknown parameters, but the service refuses them.
	for name := range input.Request.URL.Query() {
		if input.Route.Operation.Parameters.GetByInAndName("query", name) == nil {
			return fmt.Errorf("the query has a parameter %q", name)
		}
	}
	return nil
}

var plain = regexp.MustCompile(`^[A-Za-z0-9/_.~-]*$`)

// authenticated requires the header of a security scheme. Whether its secret is valid is checked by
// the service.
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

// pathValues matches a path against the pattern that the mux chose for it. Wildcards match one
// segment.
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

// Operations returns the described operations by patterns such as "GET /checkout/{id}".
func (c *Contract) Operations() map[string]*openapi3.Operation {
	all := map[string]*openapi3.Operation{}
	for path, item := range c.doc.Paths.Map() {
		for method, described := range item.Operations() {
			all[method+" "+path] = described
		}
	}
	return all
}

// Patterns returns the keys of [Contract.Operations] in alphabetical order.
func (c *Contract) Patterns() []string { return slices.Sorted(maps.Keys(c.Operations())) }
