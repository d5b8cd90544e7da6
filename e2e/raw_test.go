package e2e

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// order is the valid body of a checkout.
const order = `{"amount": 5, "asset_code": "XLM"}`

// raw is a request as it is sent over the connection.
type raw struct {
	about   string
	line    string
	headers []string // besides Host and x-api-key
	body    string
	status  int
	code    string // of the error, and the parameter that it names
}

func (r raw) bytes(key string) string {
	headers := append([]string{"Host: pay.example", "x-api-key: " + key}, r.headers...)
	return r.line + "\r\n" + strings.Join(headers, "\r\n") + "\r\n\r\n" + r.body
}

// dial opens a connection to a Worker, which is closed at the end of the test.
func (s *shop) dial() (net.Conn, *bufio.Reader) {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.on.BaseURL, "http://"))
	if err == nil {
		s.t.Cleanup(func() { conn.Close() })
		err = conn.SetDeadline(time.Now().Add(20 * time.Second))
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

// receive reads a response to a request with a method, and the error in its body.
func receive(r *bufio.Reader, method string) (status int, code, body string, err error) {
	answer, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		return 0, "", "", err
	}
	if answer.StatusCode == http.StatusContinue {
		return receive(r, method)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode < 400 || method == http.MethodHead {
		return answer.StatusCode, "", string(text), err
	}
	var problem struct{ Error struct{ Code, Param string } }
	if json.Unmarshal(text, &problem) == nil && !requestID.MatchString(answer.Header.Get("Request-Id")) {
		err = errors.New("an error of the API without a Request-Id")
	}
	return answer.StatusCode, strings.TrimSpace(problem.Error.Code + " " + problem.Error.Param), string(text), err
}

// chunked returns a body in chunks.
func chunked(parts ...string) string {
	var b strings.Builder
	for _, part := range append(slices.Clone(parts), "") {
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(part), part)
	}
	return b.String()
}

// Requests that the runtime itself refuses have no error code. No request causes a 500 or affects
// others.
func TestRequestsOverTheWire(t *testing.T) {
	s := openShop(t)
	id := s.charge(fields{"amount": 5, "asset_code": "XLM"}).ID
	const post, list = "POST " + direct + " HTTP/1.1", "GET /product HTTP/1.1"
	const inChunks, typed = "Transfer-Encoding: chunked", "Content-Type: application/json"
	sized := fmt.Sprint("Content-Length: ", len(order))
	get := func(path string) string { return "GET " + path + " HTTP/1.1" }
	for _, r := range []raw{
		{"a body in chunks", post, []string{typed, inChunks}, chunked(order[:1], order[1:7], order[7:]), 200, ""},
		{"chunks with a trailer", post, []string{typed, inChunks}, strings.TrimSuffix(chunked(order), "\r\n") + "x-api-key: none\r\n\r\n", 200, ""},
		{"chunks with an extension", post, []string{typed, inChunks}, strings.Replace(chunked(order), "\r\n", ";a=b\r\n", 1), 200, ""},
		{"chunks of nothing", post, []string{typed, inChunks}, chunked(), 400, "body_invalid"},
		{"chunks that are too much", post, []string{typed, inChunks}, chunked(strings.Repeat(" ", 60<<10), strings.Repeat(" ", 60<<10)), 413, "body_too_large"},
		{"chunks without a type", post, []string{inChunks}, chunked(order), 415, "content_type_unsupported"},
		{"no body, and no word of it", post, nil, "", 400, "body_invalid"},
		{"an empty body", post, []string{typed, "Content-Length: 0"}, "", 400, "body_invalid"},
		{"a cancellation without a body", "POST /checkout/" + id + "/expire HTTP/1.1", nil, "", 200, ""},
		{"a body that waits to be asked for", post, []string{typed, sized, "Expect: 100-continue"}, order, 200, ""},
		{"a body that is more than was announced", post, []string{typed, "Content-Length: 10"}, order[:10], 400, "body_invalid"},
		{"a compressed body", post, []string{typed, "Content-Encoding: gzip", "Content-Length: 4"}, "\x1f\x8b\x08\x00", 400, "body_invalid"},
		{"two lengths", post, []string{typed, sized, "Content-Length: 5"}, order, 400, ""},
		{"a length below zero", post, []string{typed, "Content-Length: -1"}, order, 400, ""},
		{"a length beyond all numbers", post, []string{typed, "Content-Length: 99999999999999999999"}, order, 400, ""},
		{"a body where none belongs", list, []string{typed, "Content-Length: 5"}, "hello", 200, ""},

		{"two keys", list, []string{"x-api-key: " + s.Key}, "", 401, "api_key_invalid"},
		{"two types", post, []string{typed, typed, sized}, order, 415, "content_type_unsupported"},
		{"no Idempotency-Key in its header", post, []string{typed, sized, "Idempotency-Key:"}, order, 400, "parameter_invalid Idempotency-Key"},
		{"an Idempotency-Key of 255 other characters", post, []string{typed, sized, "Idempotency-Key: " + strings.Repeat("ö", 255)}, order, 200, ""},
		{"an Idempotency-Key of 256 characters", post, []string{typed, sized, "Idempotency-Key: " + strings.Repeat("k", 256)}, order, 400, "parameter_invalid Idempotency-Key"},
		{"an Idempotency-Key that is no UTF-8", post, []string{typed, sized, "Idempotency-Key: \xff\xfe"}, order, 200, ""},
		{"a header that goes on in the next line", post, []string{typed, sized, "Idempotency-Key: a\r\n b"}, order, 400, ""},
		{"NUL in a header", list, []string{"Idempotency-Key: a\x00b"}, "", 400, ""},
		{"a blank before a colon", list, []string{"Idempotency-Key : a"}, "", 400, ""},
		{"a long header", list, []string{"Idempotency-Key: " + strings.Repeat("k", 20_000)}, "", 200, ""},
		{"many headers", list, slices.Repeat([]string{"x-a: b"}, 1000), "", 200, ""},
		{"another protocol is offered", list, []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}, "", 200, ""},

		{"a path with a broken escape", get("/checkout/%zz"), nil, "", 404, "not_found"},
		{"a path with half an escape", get("/checkout/%"), nil, "", 404, "not_found"},
		{"a path with NUL", get("/checkout/%00"), nil, "", 404, "not_found"},
		{"a path that is no UTF-8", get("/checkout/%ff"), nil, "", 404, "not_found"},
		{"a path in other letters", get("/checkout/\u202e"), nil, "", 404, "not_found"},
		{"a path with a raw NUL", get("/checkout/\x00"), nil, "", 400, ""},
		{"a slash in an id", get("/checkout/" + id + "%2Fexpire"), nil, "", 404, "not_found"},
		{"two slashes", get("//product"), nil, "", 404, "not_found"},
		{"dots are not followed out of the service", get("/../../product"), nil, "", 200, ""},
		{"a long path", get("/checkout/" + strings.Repeat("x", 20_000)), nil, "", 404, "not_found"},
		{"a path beyond all bounds", get("/checkout/" + strings.Repeat("x", 200_000)), nil, "", 414, ""},
		{"a query with a broken escape", get("/product?limit=%zz"), nil, "", 400, "parameter_invalid"},
		{"a query that is no UTF-8", get("/customers?email=%ff@example.com"), nil, "", 400, "parameter_invalid email"},
		{"a query with a surrogate", get("/customers?email=%ed%a0%80@example.com"), nil, "", 400, "parameter_invalid email"},
		{"a query with a semicolon", get("/product?limit=1;limit=2"), nil, "", 400, "parameter_invalid"},
		{"a query without a name", get("/product?=1"), nil, "", 400, "parameter_unknown"},
		{"a query without anything", get("/product?&&"), nil, "", 200, ""},

		{"HTTP/1.0", "GET /product HTTP/1.0", nil, "", 200, ""},
		{"HTTP/2.0 in the words of 1.1", "GET /product HTTP/2.0", nil, "", 400, ""},
		{"another site's address", get("http://evil.example/product"), nil, "", 200, ""},
		{"HEAD", "HEAD /product HTTP/1.1", nil, "", 200, ""},
		{"HEAD of what is not there", "HEAD /checkout/" + anID + " HTTP/1.1", nil, "", 404, ""},
		{"OPTIONS", "OPTIONS /product HTTP/1.1", nil, "", 405, "method_not_allowed"},
		{"TRACE", "TRACE /product HTTP/1.1", nil, "", 405, "method_not_allowed"},
		{"a method of nobody's", "BREW /product HTTP/1.1", nil, "", 501, ""},
	} {
		conn, reader := s.dial()
		if _, err := io.WriteString(conn, r.bytes(s.Key)); err != nil {
			t.Errorf("%s: %v", r.about, err)
			continue
		}
		method, _, _ := strings.Cut(r.line, " ")
		status, code, body, err := receive(reader, method)
		if err != nil || status != r.status || code != r.code {
			t.Errorf("%s: %d %.300q, %v; want %d %s", r.about, status, body, err, r.status, r.code)
		}
	}
}

// A request that is aborted within its body creates nothing, and requests on a connection are
// answered in order.
func TestAbortedRequestCreatesNothing(t *testing.T) {
	s := openShop(t)
	request := raw{line: "POST " + direct + " HTTP/1.1", headers: []string{"Content-Type: application/json", "Transfer-Encoding: chunked"}}
	for _, begun := range []string{"", "22\r\n", "22\r\n" + order, "22\r\n" + order + "\r\n", "22\r\n" + order + "\r\nzz\r\n"} {
		conn, _ := s.dial()
		if _, err := io.WriteString(conn, request.bytes(s.Key)+begun); err != nil {
			t.Fatal(err)
		}
		conn.Close()
	}
	conn, reader := s.dial()
	request.body = chunked(order)
	if _, err := io.WriteString(conn, strings.Repeat(request.bytes(s.Key), 3)); err != nil {
		t.Fatal(err)
	}
	var want []string
	for range 3 {
		status, _, body, err := receive(reader, http.MethodPost)
		if err != nil || status != http.StatusOK {
			t.Fatalf("%d %s, %v", status, body, err)
		}
		want = append([]string{idOf(t, []byte(body))}, want...)
	}
	if got := s.page("/checkout").ids; !slices.Equal(got, want) {
		t.Errorf("listed %v, made %v", got, want)
	}
}
