package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/codec"
	"edgecheckout/worker/signin"
	"edgecheckout/worker/store"
	"edgecheckout/worker/web"
)

// answer is a response, and how long it may be cached.
type answer struct {
	web.Response // Status 0 means 200
	keep         keep
	tag          string // under which a cached answer can be purged; empty if it never is
}

// keep says how long an answer may be cached. The zero value forbids caching.
type keep struct {
	browser string // Cache-Control, for browsers
	// edge is Cloudflare-CDN-Cache-Control, for Cloudflare's cache, which removes the header. A
	// max-age without s-maxage or must-revalidate leaves stale-while-revalidate in force. Without
	// stale-if-error=0, the cache serves stale answers for as long as the Worker fails
	// (https://developers.cloudflare.com/workers/cache/configuration/).
	edge string
}

// keepNothing is for answers that must not be cached. Without it Cloudflare's cache would keep an
// answer for hours, and its key does not include the header x-api-key.
const keepNothing = "private, no-store"

// call is one request and what its handler needs.
type call struct {
	*Service
	ctx       context.Context
	request   *web.Request
	requestID string
	// began is when the request arrived, in whole milliseconds. What the request creates has this
	// time: racing requests under one Idempotency-Key overwrite each other's record, and a request
	// that hangs must not move a deadline.
	began    time.Time
	endpoint *endpoint
	query    query // parameters of the route, each once
	view     *store.View
	news     []store.Event // what the request writes of events

	// For merchants and owners:
	store.Owner

	// For operators:
	token string // its name

	// In the console:
	session signin.Session
	form    url.Values
}

// header returns the value of a header by its canonical name.
func (c *call) header(name string) string {
	value, _ := c.request.Header.Get(name)
	return value
}

// maxBody is the largest body, in bytes.
const maxBody = 64 << 10

// ServeHTTP implements [http.Handler].
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	web.Handler(maxBody+1, func(r *http.Request, whole *web.Request) web.Response { return s.Respond(r.Context(), whole) }).ServeHTTP(w, r)
}

// Respond answers a request.
func (s *Service) Respond(ctx context.Context, r *web.Request) web.Response {
	return s.respond(ctx, r, (*call).run)
}

// Admit says whether the body of a request is worth reading: 204, or the error that the request
// gets whatever its body is.
func (s *Service) Admit(ctx context.Context, r *web.Request) web.Response {
	return s.respond(ctx, r, func(c *call) (answer, error) {
		return answer{Response: web.Response{Status: http.StatusNoContent}}, c.admit()
	})
}

func (s *Service) respond(ctx context.Context, r *web.Request, run func(*call) (answer, error)) web.Response {
	now := s.platform.Now()
	requestID, err := checkout.NewID(checkout.KindRequest, now, s.platform.Entropy)
	if err != nil {
		requestID = "req_" // entropy never fails; if it did, the answer would still be well-formed
	}
	c := &call{Service: s, request: r, view: s.store.View(), requestID: requestID, began: time.UnixMilli(now.UnixMilli()).UTC()}
	c.ctx = context.WithValue(ctx, requestIDKey{}, &c.requestID)
	var a answer
	if c.endpoint, err = s.router.find(r); err == nil {
		a, err = run(c)
	}
	if err != nil {
		if c.endpoint != nil && c.endpoint.audience.isConsole() {
			a = c.errorPage(err)
		} else {
			a = c.errorAnswer(err)
		}
	}
	return c.respond(a)
}

// admit lets in whoever may call the endpoint. Of an owner it asks only for a session that was opened
// here, which takes no read from KV; whether that still holds is for [call.run] to find out.
func (c *call) admit() error {
	if err := c.checkScheme(); err != nil {
		return err
	}
	switch c.endpoint.audience {
	case forMerchant:
		return c.authenticate()
	case forOperator:
		return c.authenticateOperator()
	case forOwner:
		return c.readSession()
	}
	return nil
}

func (c *call) run() (answer, error) {
	if err := c.admit(); err != nil {
		return answer{}, err
	}
	switch c.endpoint.audience {
	case forOperator:
		c.audit(c.token, "allowed")
	case forOwner:
		if err := c.authenticateOwner(); err != nil {
			return answer{}, err
		}
	}
	if err := c.readQuery(); err != nil {
		return answer{}, err
	}
	if m := c.request.Method; m == http.MethodPost || m == http.MethodPut {
		check := c.checkBody
		if c.endpoint.serving == page {
			check = c.checkForm
		}
		if err := check(); err != nil {
			return answer{}, err
		}
	}
	a, err := c.endpoint.handler(c)
	if err == nil {
		c.enqueueEvents(c.ctx, c.news)
	}
	return a, err
}

// checkScheme refuses requests over plain http if the deployment uses https. Pages redirect to
// https.
func (c *call) checkScheme() error {
	u := c.request.URL
	if u.Scheme != "http" || !strings.HasPrefix(c.config.BaseURL, "https:") {
		return nil
	}
	if (c.endpoint.audience == forEverybody || c.endpoint.audience.isConsole()) && c.reads() {
		return moved{c.config.BaseURL + u.Path + c.endpoint.canonical(u)}
	}
	return &Error{Code: CodeHTTPSRequired, Message: "Ask over https. What you sent could be read on its way: if it had a key or a token in it, replace that."}
}

func (c *call) reads() bool {
	return c.request.Method == http.MethodGet || c.request.Method == http.MethodHead
}

// readQuery parses the parameters of the route. Unknown ones are refused, except in the address of
// a page, to which mail programs or advertisers may add some: a cacheable page redirects to its
// address without them.
func (c *call) readQuery() error {
	u := c.request.URL
	if u.RawQuery == "" && !u.ForceQuery {
		return nil
	}
	raw := u.RawQuery
	if c.endpoint.audience == forEverybody && c.endpoint.path != authPath {
		canonical := c.endpoint.canonical(u)
		if c.endpoint.serving != fresh && c.reads() && canonical != "?"+u.RawQuery {
			return moved{u.Path + canonical}
		}
		raw = strings.TrimPrefix(canonical, "?")
	}
	if raw == "" {
		return nil
	}
	var err error
	if c.query, err = parseQuery(raw, c.endpoint.query); err != nil && c.endpoint.serving == page {
		return moved{u.Path}
	}
	return err
}

// path returns the value of a wildcard in the URL's path.
func (c *call) path(name string) string { return pathValue(c.endpoint.path, c.request.URL.Path, name) }

func (c *call) checkBody() error {
	if c.endpoint.audience.isConsole() {
		return c.readForm()
	}
	if len(c.request.Body) == 0 {
		return nil // then it needs no type; whether it is required is for the handler to decide
	}
	kind := c.header("Content-Type")
	var err error
	// Nearly all requests send exactly this, so the slow parser is not needed for them.
	if kind != "application/json" {
		kind, _, err = mime.ParseMediaType(kind)
	}
	if err == nil && kind == formType && c.endpoint.path == authPath {
		return c.readForm()
	}
	if err != nil || kind != "application/json" {
		return &Error{Code: CodeContentType, Message: "The body must be JSON: send the header Content-Type: application/json."}
	}
	if len(c.request.Body) > maxBody {
		return &Error{Code: CodeBodyTooLarge, Message: fmt.Sprintf("The body has more than %d bytes (64 KiB).", maxBody)}
	}
	return nil
}

// maxForm is the largest body of a page's form, in bytes.
const maxForm = 1 << 10

// checkForm is checkBody for the form of a page.
func (c *call) checkForm() error {
	if len(c.request.Body) > maxForm {
		return &Error{Code: CodeBodyTooLarge, Message: fmt.Sprintf("The body has more than %d bytes (1 KiB).", maxForm)}
	}
	if kind, _, err := mime.ParseMediaType(c.header("Content-Type")); len(c.request.Body) > 0 && (err != nil || kind != formType) {
		return &Error{Code: CodeContentType, Message: "The body must be a form: send the header Content-Type: " + formType + "."}
	}
	return nil
}

// deletedObject is the answer to a DELETE.
type deletedObject struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Deleted bool   `json:"deleted"`
}

func jsonAnswer(v any) (answer, error) {
	body, err := encode(v)
	return written(jsonType, body), err
}

// written is an answer with a body of a content type.
func written(contentType string, body []byte) answer {
	return answer{Response: web.Response{Header: web.Header{{Name: "Content-Type", Value: contentType}}, Body: body}}
}

// with adds a header field.
func (a answer) with(name, value string) answer {
	a.Header = append(a.Header, web.Field{Name: name, Value: value})
	return a
}

const jsonType = "application/json; charset=utf-8"

func encode(v any) ([]byte, error) {
	if document, ok := v.(store.Writer); ok {
		w := codec.NewWriter(512)
		document.WriteJSON(w)
		w.Raw("\n")
		return w.Bytes(), nil
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return b.Bytes(), err
}

// errorAnswer converts an error to a response; no other function does. An error that is not an
// [*Error] is logged with the request's id, and the caller only learns that something failed.
func (c *call) errorAnswer(err error) answer {
	var told *Error
	var method methodNotAllowed
	var elsewhere moved
	allow := ""
	switch {
	case errors.As(err, &elsewhere):
		a := written("text/plain; charset=utf-8", nil).with("Location", elsewhere.to)
		a.Status = http.StatusFound
		return a
	case errors.As(err, &told):
	case errors.As(err, &method):
		allow = method.allow
		told = &Error{Code: CodeMethodNotAllowed, Message: fmt.Sprintf("%s is not possible here; use %s.", clip(c.request.Method), method.allow)}
	default:
		c.log(c.ctx, "error", map[string]any{"route": c.request.Method + " " + c.request.URL.Path, "error": err.Error()})
		told = &Error{Code: CodeInternal, Message: "Something failed on our side; nothing was charged. Try again, and name the request_id if it happens again."}
	}
	var document struct {
		Error struct {
			Type      string   `json:"type"`
			Code      Code     `json:"code"`
			Message   string   `json:"message"`
			Param     nullable `json:"param"`
			RequestID string   `json:"request_id"`
		} `json:"error"`
	}
	meaning := codes[told.Code]
	document.Error.Type, document.Error.Code, document.Error.Message = meaning.kind, told.Code, told.Message
	document.Error.Param, document.Error.RequestID = nullable(told.Param), c.requestID
	a, err := jsonAnswer(document)
	if err != nil {
		a = written(jsonType, []byte(`{"error":{"type":"api_error","code":"internal_error","message":"Something failed on our side.","param":null,"request_id":null}}`))
	}
	a.Status = meaning.status
	if after := retryAfter[told.Code]; after != "" {
		a = a.with("Retry-After", after)
	}
	if allow != "" {
		a = a.with("Allow", allow)
	}
	return a
}

// nullable is a string in an answer that is null if it is empty.
type nullable string

// MarshalJSON implements [json.Marshaler].
func (s nullable) MarshalJSON() ([]byte, error) {
	w := codec.NewWriter(len(s) + 2)
	s.WriteJSON(w)
	return w.Bytes(), nil
}

// WriteJSON implements store.Writer.
func (s nullable) WriteJSON(w *codec.Writer) {
	if s == "" {
		w.Raw("null")
		return
	}
	w.String("", string(s))
}

// respond adds the headers that all responses have.
func (c *call) respond(a answer) web.Response {
	cacheControl := a.keep.browser
	if a.keep == (keep{}) {
		cacheControl = keepNothing
	} else {
		a = a.with("Cloudflare-Cdn-Cache-Control", a.keep.edge)
		if a.tag != "" {
			a = a.with("Cache-Tag", a.tag)
		}
	}
	a.Header = append(a.Header, web.Field{Name: "Request-Id", Value: c.requestID},
		web.Field{Name: "X-Content-Type-Options", Value: "nosniff"}, web.Field{Name: "Cache-Control", Value: cacheControl})
	// StellarTools' clients name the version of the API that they were made for. Here is one.
	if version := c.header("Stellartools-Version"); version != "" && len(version) <= 32 && isPlain("/"+version) && c.endpoint != nil && c.endpoint.audience == forMerchant {
		a = a.with("StellarTools-Version", version)
	}
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	if c.request.Method == http.MethodHead {
		a.Body = nil
	}
	return a.Response
}
