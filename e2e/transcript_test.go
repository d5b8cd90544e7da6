package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"edgecheckout/sandbox/stack"
)

// exchange is a request of a transcript.
type exchange struct {
	about  string // what the request is about
	method string // POST if empty
	path   string
	// Headers are alternating names and values, added to x-api-key and Content-Type; a value of ""
	// removes the header.
	headers []string
	body    string // none if empty
}

// shown are the response headers in a transcript.
var shown = []string{"Allow", "Cache-Control", "Content-Type", "Retry-After", "X-Content-Type-Options"}

var requestID = regexp.MustCompile(`^req_[0-7][0-9a-hjkmnp-tv-z]{25}$`)

// transcript sends requests and compares them and their responses with a golden file.
func transcript(t *testing.T, name string, client stack.Client, names []string, exchanges ...exchange) {
	t.Helper()
	var text strings.Builder
	for _, x := range exchanges {
		if x.method == "" {
			x.method = http.MethodPost
		}
		answer, body := x.send(t, client)
		fmt.Fprintf(&text, "# %s\n%s %s\n", x.about, x.method, clip(x.path))
		for i := 0; i < len(x.headers); i += 2 {
			if x.headers[i+1] != "" {
				fmt.Fprintf(&text, "%s: %s\n", x.headers[i], clip(x.headers[i+1]))
			} else {
				fmt.Fprintf(&text, "(no %s)\n", x.headers[i])
			}
		}
		if x.body != "" {
			fmt.Fprintf(&text, "\n%s\n", clip(x.body))
		}
		fmt.Fprintf(&text, "\n%d\n", answer.StatusCode)
		for _, header := range shown {
			if value := answer.Header.Get(header); value != "" {
				fmt.Fprintf(&text, "%s: %s\n", header, value)
			}
		}
		fmt.Fprintf(&text, "\n%s\n", indent(body))
		checkRequestID(t, x.about, answer, body)
	}
	golden(t, name, normalise(text.String(), names...))
}

func (x exchange) send(t *testing.T, client stack.Client) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), x.method, client.BaseURL+x.path, strings.NewReader(x.body))
	if err != nil {
		t.Fatal(err)
	}
	if x.method == http.MethodPost || x.method == http.MethodPut {
		r.Header.Set("Content-Type", "application/json")
	}
	if client.Key != "" {
		r.Header.Set("X-Api-Key", client.Key)
	}
	if client.AdminToken != "" {
		r.Header.Set("Authorization", "Bearer "+client.AdminToken)
	}
	for i := 0; i < len(x.headers); i += 2 {
		if r.Header.Del(x.headers[i]); x.headers[i+1] != "" {
			r.Header.Set(x.headers[i], x.headers[i+1])
		}
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatalf("%s: %v", x.about, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatalf("%s: %v", x.about, err)
	}
	return answer, body
}

// checkRequestID requires an id in every response, and the same one in an error's body.
func checkRequestID(t *testing.T, about string, answer *http.Response, body []byte) {
	t.Helper()
	id := answer.Header.Get("Request-Id")
	if !requestID.MatchString(id) {
		t.Errorf("%s: Request-Id is %q", about, id)
	}
	if answer.StatusCode < 400 {
		return
	}
	var problem struct {
		Error struct {
			RequestID string `json:"request_id"`
		}
	}
	if err := json.Unmarshal(body, &problem); err != nil || problem.Error.RequestID != id {
		t.Errorf("%s: request_id is %q (%v), Request-Id is %q", about, problem.Error.RequestID, err, id)
	}
}

// clip shortens long text and makes bytes visible that are not text.
func clip(s string) string {
	if s = strings.ToValidUTF8(s, `\xff`); len(s) <= 300 {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes)", s[:60], len(s))
}

// with is the body of a direct checkout with one field added or changed.
func with(name string, value any) string {
	params := fields{"amount": 5, "asset_code": "XLM"}
	params[name] = value
	return encode(params)
}

// encode writes JSON as a person would, sorted by name.
func encode(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // all values of the tests can be encoded
	}
	return strings.TrimSpace(b.String())
}

// many returns n numbered names with values.
func many(n int) fields {
	f := fields{}
	for i := range n {
		f[fmt.Sprintf("key%02d", i)] = "v"
	}
	return f
}

func TestEveryCodeOfAnErrorIsInATranscript(t *testing.T) {
	t.Parallel()
	// These errors do not occur in a healthy service, or depend on time. They are tested with
	// faults and a stopped clock.
	elsewhere := []string{"internal_error", "unavailable", "rate_limited"}
	told := transcribedCodes(t)
	for _, code := range declaredCodes(t) {
		if !slices.Contains(told, code) && !slices.Contains(elsewhere, code) {
			t.Errorf("no transcript shows the error %s", code)
		}
	}
}
