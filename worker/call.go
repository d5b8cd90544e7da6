package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/codec"
	"edgecheckout/worker/store"
)

// answer is a whole response: it leaves in one piece.
type answer struct {
	status      int // 0 means 200
	contentType string
	keep        keep
	tag         string // under which a kept answer can be purged; empty if nothing purges it
	header      map[string]string
	body        []byte
}

// keep says for how long an answer may be given again. The zero value is for what nobody may keep.
type keep struct {
	browser string // Cache-Control: what a browser may do
	// edge is Cloudflare-CDN-Cache-Control: what Cloudflare's cache does, which takes the header away. A time without s-maxage or
	// must-revalidate leaves stale-while-revalidate in force; without stale-if-error=0 the cache answers with what it has for as long as the
	// Worker fails (https://developers.cloudflare.com/workers/cache/configuration/).
	edge string
}

// keepNothing is said of whatever nobody may keep. Cloudflare's cache would keep an answer that says nothing for hours, and its key does not know
// the header x-api-key.
const keepNothing = "private, no-store"

// call is one request on its way through a handler.
type call struct {
	*Service
	ctx       context.Context
	request   *http.Request
	requestID string
	// began is when the request came in, in whole milliseconds. What it makes has this time, not that of its end: racing requests under one
	// Idempotency-Key overwrite each other's record, and must not move a deadline by as long as one of them hangs.
	began    time.Time
	endpoint *endpoint
	query    query // only what the route knows, each once
	body     []byte
	view     *store.View

	// For merchants:
	store.Owner
}

// header returns the first value of a header by its canonical name.
func (c *call) header(name string) string {
	if values := c.request.Header[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// maxBody is the largest body, in bytes.
const maxBody = 64 << 10

// ServeHTTP implements http.Handler.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, header, body := s.Respond(r, nil)
	for i := 0; i < len(header); i += 2 {
		w.Header()[header[i]] = header[i+1 : i+2 : i+2]
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// Respond is ServeHTTP for whoever has the request's body in one piece, if it is not nil, and takes a response in one, which is cheaper. header has
// names, in their canonical form, and values by turns.
func (s *Service) Respond(r *http.Request, sent []byte) (status int, header []string, body []byte) {
	now := s.platform.Now()
	requestID, err := checkout.NewID(checkout.KindRequest, now, s.platform.Entropy)
	if err != nil {
		requestID = "req_" // entropy never fails; if it did, the answer would still be a clean one
	}
	c := &call{Service: s, request: r, body: sent, view: s.store.View(), requestID: requestID, began: time.UnixMilli(now.UnixMilli()).UTC()}
	c.ctx = context.WithValue(r.Context(), requestIDKey{}, &c.requestID)
	var a answer
	if c.endpoint, err = s.router.find(r); err == nil {
		a, err = c.run()
	}
	if err != nil {
		a = c.errorAnswer(err)
	}
	return c.respond(a)
}

func (c *call) run() (answer, error) {
	if err := c.checkScheme(); err != nil {
		return answer{}, err
	}
	switch c.endpoint.audience {
	case forMerchant:
		if err := c.authenticate(); err != nil {
			return answer{}, err
		}
	case forOperator:
		if err := c.authenticateOperator(); err != nil {
			return answer{}, err
		}
	}
	if err := c.readQuery(); err != nil {
		return answer{}, err
	}
	if m := c.request.Method; m == http.MethodPost || m == http.MethodPut {
		if err := c.readBody(); err != nil {
			return answer{}, err
		}
	}
	return c.endpoint.handler(c)
}

// checkScheme refuses what came over plain http although the deployment is reached over https. A page leads to itself.
func (c *call) checkScheme() error {
	u := c.request.URL
	if u.Scheme != "http" || !strings.HasPrefix(c.config.BaseURL, "https:") {
		return nil
	}
	if c.endpoint.audience == forEverybody && c.reads() {
		return moved{c.config.BaseURL + u.Path + c.endpoint.canonical(u)}
	}
	return &Error{Code: CodeHTTPSRequired, Message: "Ask over https. What you sent could be read on its way: if it had a key or a token in it, replace that."}
}

func (c *call) reads() bool {
	return c.request.Method == http.MethodGet || c.request.Method == http.MethodHead
}

// readQuery reads the parameters that the route knows. Others are refused, but a page's address may have grown on its way, by what a mail program or
// an advertiser adds: what the edge keeps is asked for again without it.
func (c *call) readQuery() error {
	u := c.request.URL
	if u.RawQuery == "" && !u.ForceQuery {
		return nil
	}
	raw := u.RawQuery
	if c.endpoint.audience == forEverybody {
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
	c.query, err = parseQuery(raw, c.endpoint.query)
	return err
}

// path returns what stands in the place of a wildcard in the URL's path.
func (c *call) path(name string) string { return pathValue(c.endpoint.path, c.request.URL.Path, name) }

func (c *call) readBody() error {
	if c.request.ContentLength == 0 {
		return nil // then it has no type either; whether there must be one is for the handler to say
	}
	kind := c.header("Content-Type")
	var err error
	if kind != "application/json" { // the parser takes time, and nearly all send just this
		kind, _, err = mime.ParseMediaType(kind)
	}
	if err != nil || kind != "application/json" {
		return &Error{Code: CodeContentType, Message: "The body must be JSON: send the header Content-Type: application/json."}
	}
	if c.body == nil && c.request.Body != nil {
		if c.body, err = io.ReadAll(io.LimitReader(c.request.Body, maxBody+1)); err != nil {
			return &Error{Code: CodeBodyInvalid, Message: "The body could not be read to its end."}
		}
	}
	if len(c.body) > maxBody {
		return &Error{Code: CodeBodyTooLarge, Message: fmt.Sprintf("The body has more than %d bytes (64 KiB).", maxBody)}
	}
	return nil
}

func jsonAnswer(v any) (answer, error) {
	body, err := encode(v)
	return answer{contentType: jsonType, body: body}, err
}

const jsonType = "application/json; charset=utf-8"

func encode(v any) ([]byte, error) {
	if document, ok := v.(store.Writer); ok {
		return encodeWriter(document), nil
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return b.Bytes(), err
}

// encodeWriter is encode for what is known to write itself.
func encodeWriter(document store.Writer) []byte {
	w := codec.NewWriter(512)
	document.WriteJSON(w)
	w.Raw("\n")
	return w.Bytes()
}

// errorAnswer is the one place where an error becomes a response. What is not an *Error is logged under the request's id
// and told as no more than that something failed.
func (c *call) errorAnswer(err error) answer {
	var told *Error
	var method methodNotAllowed
	var elsewhere moved
	header := map[string]string{}
	switch {
	case errors.As(err, &elsewhere):
		return answer{status: http.StatusFound, contentType: "text/plain; charset=utf-8", header: map[string]string{"Location": elsewhere.to}}
	case errors.As(err, &told):
	case errors.As(err, &method):
		header["Allow"] = method.allow
		told = &Error{Code: CodeMethodNotAllowed, Message: fmt.Sprintf("%s is not possible here; use %s.", clip(c.request.Method), method.allow)}
	default:
		c.log(c.ctx, "error", map[string]any{"route": c.request.Method + " " + c.request.URL.Path, "error": err.Error()})
		told = &Error{Code: CodeInternal, Message: "Something failed on our side; nothing was charged. Try again, and name the request_id if it happens again."}
	}
	var document struct {
		Error struct {
			Type      string  `json:"type"`
			Code      Code    `json:"code"`
			Message   string  `json:"message"`
			Param     *string `json:"param"`
			RequestID string  `json:"request_id"`
		} `json:"error"`
	}
	if after := retryAfter[told.Code]; after != "" {
		header["Retry-After"] = after
	}
	meaning := codes[told.Code]
	document.Error.Type, document.Error.Code, document.Error.Message = meaning.kind, told.Code, told.Message
	document.Error.Param, document.Error.RequestID = optional(told.Param), c.requestID
	a, err := jsonAnswer(document)
	if err != nil {
		a.body = []byte(`{"error":{"type":"api_error","code":"internal_error","message":"Something failed on our side.","param":null,"request_id":null}}`)
	}
	a.status, a.header = meaning.status, header
	return a
}

// optional is nil for what has no value.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (c *call) respond(a answer) (status int, header []string, body []byte) {
	header = make([]string, 0, 12+2*len(a.header))
	if len(a.header) > 0 {
		for name, value := range a.header {
			header = append(header, http.CanonicalHeaderKey(name), value)
		}
	}
	if a.keep == (keep{}) {
		a.keep.browser = keepNothing
	} else {
		header = append(header, "Cloudflare-Cdn-Cache-Control", a.keep.edge)
		if a.tag != "" {
			header = append(header, "Cache-Tag", a.tag)
		}
	}
	header = append(header, "Request-Id", c.requestID, "Content-Type", a.contentType, "X-Content-Type-Options", "nosniff", "Cache-Control", a.keep.browser)
	if a.status == 0 {
		a.status = http.StatusOK
	}
	if c.request.Method == http.MethodHead {
		a.body = nil
	}
	return a.status, header, a.body
}
