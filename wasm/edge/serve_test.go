//go:build js && wasm

package edge

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseRequest(t *testing.T) {
	r := parseRequest(pack("POST", "https://pay.example/checkout?type=direct", `{"amount":1}`,
		"content-type", "application/json", "idempotency-key", "a,b", "cf-connecting-ip", "192.0.2.7"))
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{r.Method, r.Host, r.URL.Path, r.URL.Query().Get("type"), string(body), r.Header.Get("Idempotency-Key"), r.RemoteAddr}
	want := []string{"POST", "pay.example", "/checkout", "direct", `{"amount":1}`, "a,b", "192.0.2.7"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r.ContentLength != int64(len(body)) {
		t.Errorf("content length %d", r.ContentLength)
	}
}

func TestAPathWithBrokenEscapesIsTakenAsItStands(t *testing.T) {
	r := parseRequest(pack("GET", "https://pay.example/pay/%zz?a=1", ""))
	if r.URL.Path != "/pay/%zz" || r.URL.Host != "pay.example" || r.URL.RawQuery != "a=1" {
		t.Errorf("got %#v", r.URL)
	}
}

func TestTheHeaderIsSealedWithTheStatus(t *testing.T) {
	w := &response{header: http.Header{}}
	w.Header().Add("Set-Cookie", "a=1")
	w.Header().Add("Set-Cookie", "b=2")
	w.WriteHeader(http.StatusTeapot)
	w.WriteHeader(http.StatusOK)
	w.Header().Set("Late", "yes")
	if _, err := io.WriteString(w, "short and stout"); err != nil {
		t.Fatal(err)
	}
	want := http.Header{"Set-Cookie": {"a=1", "b=2"}}
	if diff := cmp.Diff(want, w.sealed); diff != "" || w.status != http.StatusTeapot || w.body.String() != "short and stout" {
		t.Errorf("status %d, body %q, header (-want +got):\n%s", w.status, w.body.String(), diff)
	}
}

func TestMessagesSurviveTheCrossing(t *testing.T) {
	fields := message("\x03\x00\x00\x00abc\xff\xff\xff\xff\x00\x00\x00\x00").fields()
	if diff := cmp.Diff([][]byte{[]byte("abc"), nil, {}}, fields); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	long := strings.Repeat("ü", 70000)
	if diff := cmp.Diff([][]byte{{}, []byte(long)}, pack("", long).fields()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnUnknownOperationIsAnError(t *testing.T) {
	if _, err := ask(t.Context(), pack("no.such")); !errors.Is(err, ErrPlatform) {
		t.Errorf("got %v, want ErrPlatform", err)
	}
}
