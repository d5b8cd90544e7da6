package runtime

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// begin sends the head of a request with a body, and the given part of the body.
func begin(t *testing.T, w *worker, path, headers string, announced int, body string) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	_, err = fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\n\r\n%s", path, headers, announced, body)
	if err != nil {
		t.Fatal(err)
	}
	return connection
}

// end reads the response, for at most ten seconds.
func end(t *testing.T, connection net.Conn) (status int, body string) {
	t.Helper()
	_ = connection.SetReadDeadline(time.Now().Add(10 * time.Second))
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestSlowBodyIsRefusedAtItsLimit(t *testing.T) {
	w := serve(t, 1, "BODY_LIMIT_MS=500")
	status, body := end(t, begin(t, w, "/echo", "", 1000, "only the beginning"))
	if status != http.StatusBadRequest || !strings.Contains(body, `"body_invalid"`) || !strings.Contains(body, "within 0.5 seconds") {
		t.Errorf("%d %s", status, body)
	}
}

// fill begins as many slow bodies as an isolate has room for, and some more. An isolate reserves at
// most 16 MiB for bodies that are still arriving, and a body counts with its maximum size.
func fill(t *testing.T, w *worker) {
	t.Helper()
	for range 260 {
		begin(t, w, "/echo", "", 64<<10, "x")
	}
}

// postLong posts a body that would not fit beside those of [fill]. A refusal may close the
// connection while the body is being written, which is reported as status 0.
func postLong(t *testing.T, w *worker) answer {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, w.url+"/echo", strings.NewReader(strings.Repeat("x", 60<<10)))
	if err != nil {
		t.Fatal(err)
	}
	a, err := w.do(r)
	if err != nil {
		t.Log(err)
		return answer{}
	}
	return a
}

func TestSlowBodiesDoNotFillTheMemory(t *testing.T) {
	w := serve(t, 1, "BODY_LIMIT_MS=300000")
	fill(t, w)
	eventually(t, "one body more is refused", func() bool {
		a := postLong(t, w)
		return a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") == "1"
	})
	if a := w.get(t, "/ok"); a.status != http.StatusOK {
		t.Errorf("a request without a body: %d %s", a.status, a.body)
	}
}

// Bodies of clients that have disconnected may count until their time limit, and no longer.
func TestSlowBodiesMakeRoomAtTheirLimit(t *testing.T) {
	w := serve(t, 1, "BODY_LIMIT_MS=1000")
	fill(t, w)
	eventually(t, "there is room again", func() bool { return postLong(t, w).status == http.StatusOK })
}

func TestBodyIsNotAwaitedWithoutAKnownKey(t *testing.T) {
	w := serve(t, 1)
	for path, headers := range map[string]string{
		"/checkout":  "x-api-key: sk_test_short\r\n",
		"/product":   "x-api-key: sk_test_" + strings.Repeat("2", 64) + "\r\n", // well-formed, but nobody's
		"/customers": "",
		"/merchants": "Authorization: Bearer guess\r\n",
	} {
		begun := time.Now()
		if status, _ := end(t, begin(t, w, path, headers, 1000, "only the beginning")); status != http.StatusUnauthorized {
			t.Errorf("%s: %d, so the body was read", path, status)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s: the answer took %v", path, took)
		}
	}
	slow := serve(t, 1, "BODY_LIMIT_MS=500")
	known := "x-api-key: sk_test_" + strings.Repeat("1", 64) + "\r\n"
	if status, body := end(t, begin(t, slow, "/checkout", known, 1000, "only the beginning")); status != http.StatusBadRequest {
		t.Errorf("the body of a known caller was not awaited: %d %s", status, body)
	}
}
