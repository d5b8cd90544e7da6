package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Client calls the API of a Worker. If HTTP is nil, requests time out after ten seconds.
type Client struct {
	BaseURL    string
	Key        string // a merchant's API key, sent as x-api-key unless empty
	AdminToken string // the operator's, sent as a bearer token unless empty
	HTTP       *http.Client
}

var tenSeconds = &http.Client{
	Timeout:       10 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Reply is the API's response, and the object in it if the status is 2xx.
type Reply[T any] struct {
	Status int
	Header http.Header
	Body   []byte
	Object T
}

// StatusError is a response other than 2xx. The fields of the API's error object are empty if there
// was none.
type StatusError struct {
	Status  int
	Code    string
	Message string
	Param   string
	Body    []byte
}

func (e *StatusError) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("status %d: %.200s", e.Status, e.Body)
	}
	return fmt.Sprintf("status %d, %s: %s", e.Status, e.Code, e.Message)
}

// Do makes a request; body is JSON, or nil for none. Headers are alternating names and values. A
// response with any status is a Reply without an error; the error is for a request without a
// response.
func (c Client) Do(ctx context.Context, method, path string, body []byte, headers ...string) (Reply[json.RawMessage], error) {
	var none Reply[json.RawMessage]
	req, err := http.NewRequestWithContext(ctx, method, c.BaseURL+path, bytes.NewReader(body))
	if err != nil {
		return none, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Key != "" {
		req.Header.Set("x-api-key", c.Key)
	}
	if c.AdminToken != "" {
		req.Header.Set("Authorization", "Bearer "+c.AdminToken)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := c.HTTP
	if client == nil {
		client = tenSeconds
	}
	resp, err := client.Do(req)
	if err != nil {
		return none, err
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return none, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return Reply[json.RawMessage]{Status: resp.StatusCode, Header: resp.Header, Body: content, Object: content}, nil
}

// call is Do for an object: params are the body unless they are nil; the response's body is the
// object. For a response other than 2xx it returns a [*StatusError] and the Reply.
func call[T any](ctx context.Context, c Client, method, path string, params any, headers ...string) (Reply[T], error) {
	var reply Reply[T]
	var body []byte
	if params != nil {
		var err error
		if body, err = json.Marshal(params); err != nil {
			return reply, fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	raw, err := c.Do(ctx, method, path, body, headers...)
	if err != nil {
		return reply, err
	}
	reply = Reply[T]{Status: raw.Status, Header: raw.Header, Body: raw.Body}
	if raw.Status < 200 || raw.Status > 299 {
		return reply, fmt.Errorf("%s %s: %w", method, path, statusError(raw.Status, raw.Body))
	}
	if err := json.Unmarshal(raw.Body, &reply.Object); err != nil {
		return reply, fmt.Errorf("%s %s: status %d with a body that is no such object: %w", method, path, raw.Status, err)
	}
	return reply, nil
}

func statusError(status int, body []byte) *StatusError {
	var answer struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Param   string `json:"param"`
		} `json:"error"`
	}
	_ = json.Unmarshal(body, &answer) // without an error object the fields stay empty
	return &StatusError{
		Status: status, Body: body,
		Code: answer.Error.Code, Message: answer.Error.Message, Param: answer.Error.Param,
	}
}

// CreateMerchant creates a merchant, as the operator.
func (c Client) CreateMerchant(ctx context.Context, params any, headers ...string) (Reply[Merchant], error) {
	return call[Merchant](ctx, c, http.MethodPost, "/merchants", params, headers...)
}

// Merchant retrieves a merchant, as the operator.
func (c Client) Merchant(ctx context.Context, id string) (Reply[Merchant], error) {
	return call[Merchant](ctx, c, http.MethodGet, "/merchants/"+url.PathEscape(id), nil)
}

// CreateKey creates an API key of a merchant, as the operator.
func (c Client) CreateKey(ctx context.Context, merchant string, livemode bool, headers ...string) (Reply[Key], error) {
	return call[Key](ctx, c, http.MethodPost, "/merchants/"+url.PathEscape(merchant)+"/keys", map[string]bool{"livemode": livemode}, headers...)
}

// CreateProduct creates a product.
func (c Client) CreateProduct(ctx context.Context, params any) (Reply[Product], error) {
	return call[Product](ctx, c, http.MethodPost, "/product", params)
}

// Product retrieves a product.
func (c Client) Product(ctx context.Context, id string) (Reply[Product], error) {
	return call[Product](ctx, c, http.MethodGet, "/product/"+url.PathEscape(id), nil)
}

// CreateCheckout creates a checkout of a type, direct or product.
func (c Client) CreateCheckout(ctx context.Context, kind string, params any, headers ...string) (Reply[Checkout], error) {
	return call[Checkout](ctx, c, http.MethodPost, "/checkout?type="+url.QueryEscape(kind), params, headers...)
}

// Checkout retrieves a checkout.
func (c Client) Checkout(ctx context.Context, id string) (Reply[Checkout], error) {
	return call[Checkout](ctx, c, http.MethodGet, "/checkout/"+url.PathEscape(id), nil)
}

// Standing reads the status of a checkout as the payment page does.
func (c Client) Standing(ctx context.Context, id string) (Reply[Standing], error) {
	return call[Standing](ctx, Client{BaseURL: c.BaseURL, HTTP: c.HTTP}, http.MethodGet, "/pay/"+url.PathEscape(id)+"/status", nil)
}
