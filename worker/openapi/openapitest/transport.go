package openapitest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Transport makes requests with Next and checks those to the API. An exchange that differs from the
// description is reported and the request fails, so a test that expects an error or retries cannot
// hide it.
type Transport struct {
	Contract *Contract
	Next     http.RoundTripper
	API      func(*http.Request) bool
	Report   func(error)
}

// RoundTrip implements [http.RoundTripper].
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !t.API(r) {
		return t.Next.RoundTrip(r)
	}
	x := Exchange{Method: r.Method, URL: r.URL.String(), Header: r.Header}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		if err := r.Body.Close(); err != nil {
			return nil, err
		}
		x.Body = body
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	answer, err := t.Next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if x.Answer, err = io.ReadAll(answer.Body); err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(bytes.NewReader(x.Answer))
	x.Status, x.AnswerHeader = answer.StatusCode, answer.Header
	if err := t.Contract.Check(x); err != nil {
		err = fmt.Errorf("%w\nsent: %s\ngot: %s", err, clip(x.Body), clip(x.Answer))
		t.Report(err)
		return nil, err
	}
	return answer, nil
}

func clip(text []byte) string {
	const enough = 2000
	return strings.ToValidUTF8(string(text[:min(len(text), enough)]), "?")
}
