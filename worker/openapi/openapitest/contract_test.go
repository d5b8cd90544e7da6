package openapitest

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"edgecheckout/worker/openapi"
)

const requestID = "req_01m81j18g0x8habtz2asfsp7j7"

func load(t *testing.T) *Contract {
	t.Helper()
	c, err := Load(300)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// example returns an example of the description as JSON, with changes to its members.
func example(t *testing.T, c *Contract, name string, changes map[string]any) []byte {
	t.Helper()
	value, ok := c.doc.Components.Examples[name].Value.Value.(map[string]any)
	if !ok {
		t.Fatalf("the example %s is not an object", name)
	}
	value = maps.Clone(value)
	for member, v := range changes {
		if value[member] = v; v == gone {
			delete(value, member)
		}
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// gone removes a member.
const gone = "gone"

func errorBody(kind, code string) []byte {
	return []byte(`{"error":{"type":"` + kind + `","code":"` + code + `","message":"No.","param":null,"request_id":"` + requestID + `"}}`)
}

// Every kind of deviation from the description must be detected.
func TestDeviationsFromTheDescriptionAreDetected(t *testing.T) {
	c := load(t)
	key := http.Header{"X-Api-Key": {"sk_test_"}, "Content-Type": {"application/json"}}
	answered := func(more ...string) http.Header {
		h := http.Header{"Request-Id": {requestID}, "Content-Type": {"application/json; charset=utf-8"}}
		for i := 0; i < len(more); i += 2 {
			if h.Del(more[i]); more[i+1] != "" {
				h.Set(more[i], more[i+1])
			}
		}
		return h
	}
	checkout := func(changes map[string]any) []byte { return example(t, c, "CompletedCheckout", changes) }
	const retrieve, create = "https://pay.example/checkout/chk_01m81j18g0h1djbedcgmej9myt", "https://pay.example/checkout?type=direct"
	const html = "text/html; charset=utf-8"
	order := []byte(`{"amount":50,"asset_code":"USDC"}`)
	for _, test := range []struct {
		about string
		Exchange
		want string // part of the error; "" if there is none
	}{
		{"a checkout", Exchange{"GET", retrieve, key, nil, 200, answered(), checkout(nil)}, ""},
		{"a field is missing", Exchange{"GET", retrieve, key, nil, 200, answered(), checkout(map[string]any{"memo": gone})}, "memo"},
		{"a field is unknown", Exchange{"GET", retrieve, key, nil, 200, answered(), checkout(map[string]any{"colour": "blue"})}, "colour"},
		{"a field is of another type", Exchange{"GET", retrieve, key, nil, 200, answered(), checkout(map[string]any{"amount": "50"})}, "amount"},
		{"a field is null", Exchange{"GET", retrieve, key, nil, 200, answered(), checkout(map[string]any{"destination": nil})}, "destination"},
		{"a word is unknown", Exchange{"GET", retrieve, key, nil, 200, answered(), checkout(map[string]any{"status": "paid"})}, "status"},
		{"another object", Exchange{"GET", retrieve, key, nil, 200, answered(), checkout(map[string]any{"object": "product"})}, "object"},
		{"a time without milliseconds", Exchange{"GET", retrieve, key, nil, 200, answered(), checkout(map[string]any{"created_at": "2026-11-22T12:00:00Z"})}, "created_at"},
		{"an id of another kind", Exchange{"GET", retrieve, key, nil, 200, answered(), checkout(map[string]any{"id": "cus_01m81j18g0h1djbedcgmej9myt"})}, "id"},
		{"a payment lacks a field", Exchange{"GET", retrieve, key, nil, 200, answered(), checkout(map[string]any{"payments": []any{map[string]any{}}})}, "payments"},
		{"no JSON", Exchange{"GET", retrieve, key, nil, 200, answered(), []byte("paid")}, "no JSON"},
		{"another content type", Exchange{"GET", retrieve, key, nil, 200, answered("Content-Type", html), checkout(nil)}, "text/html"},
		{"no content type", Exchange{"GET", retrieve, key, nil, 200, answered("Content-Type", ""), checkout(nil)}, "Content-Type"},
		{"no request id", Exchange{"GET", retrieve, key, nil, 200, answered("Request-Id", ""), checkout(nil)}, "Request-Id"},
		{"a status that is not described", Exchange{"GET", retrieve, key, nil, 418, answered(), checkout(nil)}, "status is not supported"},
		{"granted without a key", Exchange{"GET", retrieve, nil, nil, 200, answered(), checkout(nil)}, "x-api-key"},
		{"granted to an id that is none", Exchange{"GET", retrieve[:40], key, nil, 200, answered(), checkout(nil)}, "id"},
		{"granted with a name in the query", Exchange{"POST", create + "&expand=product", key, order, 200, answered(), checkout(nil)}, "expand"},

		{"an error", Exchange{"GET", retrieve, key, nil, 404, answered(), errorBody("invalid_request_error", "not_found")}, ""},
		{"a code that is unknown", Exchange{"GET", retrieve, key, nil, 404, answered(), errorBody("invalid_request_error", "gone")}, "code"},
		{"a code of another status", Exchange{"GET", retrieve, key, nil, 404, answered(), errorBody("invalid_request_error", "checkout_not_open")}, "code"},
		{"a code with the type of another", Exchange{"GET", retrieve, key, nil, 404, answered(), errorBody("api_error", "not_found")}, "not_found"},
		{"an error that this route does not have", Exchange{"GET", retrieve, key, nil, 409, answered(), errorBody("invalid_request_error", "checkout_not_open")}, "status is not supported"},
		{"too many", Exchange{"GET", retrieve, key, nil, 429, answered("Retry-After", "10"), errorBody("rate_limit_error", "rate_limited")}, ""},
		{"too many, for how long is not said", Exchange{"GET", retrieve, key, nil, 429, answered(), errorBody("rate_limit_error", "rate_limited")}, "Retry-After"},

		{"an order", Exchange{"POST", create, key, order, 200, answered(), checkout(nil)}, ""},
		{"granted with an unknown field", Exchange{"POST", create, key, []byte(`{"amount":50,"asset_code":"USDC","colour":"blue"}`), 200, answered(), checkout(nil)}, "colour"},
		{"granted without a required field", Exchange{"POST", create, key, []byte(`{"amount":50}`), 200, answered(), checkout(nil)}, "asset_code"},
		{"granted for a moment", Exchange{"POST", create, key, []byte(`{"amount":50,"asset_code":"USDC","expires_in":3}`), 200, answered(), checkout(nil)}, "expires_in"},
		{"granted for nothing", Exchange{"POST", create, key, []byte(`{"amount":0,"asset_code":"USDC"}`), 200, answered(), checkout(nil)}, "amount"},
		{"granted without its type", Exchange{"POST", create[:len(create)-12], key, order, 200, answered(), checkout(nil)}, "type"},
		{"granted without a body", Exchange{"POST", create, key, nil, 200, answered(), checkout(nil)}, "body"},
		{"refused, whatever was sent", Exchange{"POST", create, nil, []byte("{"), 401, answered(), errorBody("authentication_error", "api_key_missing")}, ""},

		{"a path that is not described", Exchange{"GET", "https://pay.example/secret", key, nil, 404, answered(), errorBody("invalid_request_error", "not_found")}, ""},
		{"granted where nothing is described", Exchange{"GET", "https://pay.example/secret", key, nil, 200, answered(), []byte("{}")}, "status is not supported"},
		{"another method", Exchange{"PATCH", retrieve, key, nil, 405, answered("Allow", "GET, HEAD"), errorBody("invalid_request_error", "method_not_allowed")}, ""},
		{"another method, which are right is not said", Exchange{"PATCH", retrieve, key, nil, 405, answered(), errorBody("invalid_request_error", "method_not_allowed")}, "Allow"},
		{"a HEAD", Exchange{"HEAD", retrieve, key, nil, 200, answered(), nil}, ""},
		{"a HEAD without a request id", Exchange{"HEAD", retrieve, key, nil, 200, answered("Request-Id", ""), nil}, "Request-Id"},
		{"a page", Exchange{"GET", "https://pay.example/pay/chk_01m81j18g0h1djbedcgmej9myt?utm=1", nil, nil, 200,
			answered("Content-Type", html, "Content-Security-Policy", "default-src 'none'"), []byte("<!DOCTYPE html>")}, ""},
		{"a page that may run anything", Exchange{"GET", "https://pay.example/pay/chk_01m81j18g0h1djbedcgmej9myt", nil, nil, 200,
			answered("Content-Type", html), []byte("<!DOCTYPE html>")}, "Content-Security-Policy"},
	} {
		err := c.Check(test.Exchange)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: the complaint is %v, want one of %q", test.about, err, test.want)
		}
	}
}

// The validator must enforce a keyword, not just accept it in a schema.
func TestEveryKeywordIsEnforced(t *testing.T) {
	compiler, err := newCompiler(openapi.Document, 300)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 501)
	many := map[string]any{}
	for i := range 51 {
		many[strings.Repeat("k", i%40+1)+string(rune('a' + i/40))[:i/40]] = ""
	}
	for _, test := range []struct {
		schema string
		good   any
		bad    []any
	}{
		{"Metadata", map[string]any{"order": "1042"}, []any{map[string]any{"": ""}, map[string]any{"order": 1042}, map[string]any{"order": long}, map[string]any{long: ""}, many, nil}},
		{"MetadataToSet", nil, []any{many, "", []any{}}},
		{"Amount", json.Number("922337203685.4775807"), []any{json.Number("-1"), "1", nil}},
		{"AmountToSet", json.Number("0.0000001"), []any{json.Number("0"), "1e3", "0.00000001", nil, json.Number("922337203687")}},
		{"AmountToSet", "0.0000001", []any{"", "-1", ".5", true}},
		{"ExpiresIn", json.Number("300"), []any{json.Number("299"), json.Number("86401"), json.Number("300.5"), "300"}},
		{"AssetIssuer", nil, []any{"", "GABC"}},
		{"CheckoutException", nil, []any{"", "late"}},
		{"Health", map[string]any{"status": "ok", "networks": map[string]any{}}, []any{map[string]any{"status": "ok", "networks": map[string]any{"main": nil}}}},
	} {
		schema, err := compiler.Compile(location + "#/components/schemas/" + test.schema)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(test.good); err != nil {
			t.Errorf("%s does not take %v: %v", test.schema, test.good, err)
		}
		for _, bad := range test.bad {
			if schema.Validate(bad) == nil {
				t.Errorf("%s accepts %v", test.schema, bad)
			}
		}
	}
}

func TestTransportReportsDeviationsAndFails(t *testing.T) {
	c := load(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Request-Id", requestID)
		if _, err := w.Write(example(t, c, "Customer", nil)); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	var told []error
	client := &http.Client{Transport: Transport{
		Contract: c, Next: http.DefaultTransport, API: func(r *http.Request) bool { return r.URL.Path != "/elsewhere" },
		Report: func(err error) { told = append(told, err) },
	}}
	ask := func(path string) error {
		r, err := http.NewRequest(http.MethodPost, server.URL+path, strings.NewReader(`{"name":"Ada"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"X-Api-Key": {"sk_test_"}, "Content-Type": {"application/json"}}
		answer, err := client.Do(r)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(answer.Body)
		return errors.Join(err, answer.Body.Close(), json.Unmarshal(body, &map[string]any{}))
	}
	if err := errors.Join(ask("/customers"), ask("/elsewhere")); err != nil || len(told) != 0 {
		t.Errorf("an exchange that matches the description was refused: %v, %v", err, told)
	}
	if err := ask("/product"); err == nil || len(told) != 1 || !errors.Is(err, told[0]) {
		t.Errorf("a customer instead of a product gave %v, and was reported as %v", err, told)
	}
}

func TestInvalidDescriptionIsRefused(t *testing.T) {
	for about, change := range map[string][2]string{
		"a reference leads nowhere":   {"#/components/schemas/AssetCode", "#/components/schemas/Currency"},
		"a path has another wildcard": {`"/checkout/{id}"`, `"/checkout/{number}"`},
		"there is no table of errors": {`"x-errors"`, `"x-mistakes"`},
	} {
		broken := strings.ReplaceAll(string(openapi.Document), change[0], change[1])
		if _, err := parse([]byte(broken), 300); err == nil {
			t.Errorf("%s was not detected", about)
		}
	}
}
