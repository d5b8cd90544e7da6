//go:build js && wasm

package edge

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker/web"
)

func parse(m message) *web.Request {
	first, rest := m.cut()
	method, lines, _ := strings.Cut(text(first), "\n")
	return new(request).parse(method, lines, rest)
}

func TestParseRequest(t *testing.T) {
	r := parse(say("POST", "https://pay.example/checkout?type=direct", "Content-Type", "application/json",
		"Authorization", "", "Idempotency-Key", "a,b").add([]byte(`{"amount":1}`)))
	key, sent := r.Header.Get("Idempotency-Key")
	if _, other := r.Header.Get("X-Api-Key"); !sent || other {
		t.Errorf("the header is %v", r.Header)
	}
	got := []string{r.Method, r.URL.Host, r.URL.Path, r.URL.Query().Get("type"), string(r.Body), key}
	want := []string{"POST", "pay.example", "/checkout", "direct", `{"amount":1}`, "a,b"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPathWithInvalidEscapesIsKeptVerbatim(t *testing.T) {
	r := parse(say("GET", "https://pay.example/pay/%zz?a=1").add(nil))
	if r.URL.Path != "/pay/%zz" || r.URL.Host != "pay.example" || r.URL.RawQuery != "a=1" {
		t.Errorf("got %#v", r.URL)
	}
}

// For any path and query, the parsed URL keeps the host, the scheme and the query.
func FuzzURLs(f *testing.F) {
	for _, rest := range []string{"/", "/pay/%zz?a=1", "/%", "//evil.example/", "/a://b?%zz", "/pay/x?a=%", "/@evil.example/%zz", "/:80%zz", "/\u202e", "/%2F%00", "/?#"} {
		f.Add(rest)
	}
	f.Fuzz(func(t *testing.T, rest string) {
		if !strings.HasPrefix(rest, "/") || strings.ContainsAny(rest, "#\\ ") || strings.ContainsFunc(rest, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return // the runtime rejects all of these
		}
		u := parseURL("https://pay.example" + rest)
		if parsed, err := url.Parse("https://pay.example" + rest); err == nil {
			if diff := cmp.Diff(parsed, u); diff != "" {
				t.Errorf("%q is read otherwise than by url.Parse (-want +got):\n%s", rest, diff)
			}
		}
		_, query, _ := strings.Cut(rest, "?")
		if u.Host != "pay.example" || u.Scheme != "https" || u.User != nil || !strings.HasPrefix(u.Path, "/") || u.RawQuery != query {
			t.Errorf("%q is %#v", rest, u)
		}
	})
}

func TestHeaderValuesCannotInjectHeaders(t *testing.T) {
	head := appendHeader(nil, web.Header{{Name: "Set-Cookie", Value: "a=1"}, {Name: "Set-Cookie", Value: "b=2"}, {Name: "Location", Value: "/a\r\nb\x00c"}})
	if want := "Set-Cookie\na=1\nSet-Cookie\nb=2\nLocation\n/a  b c\n"; string(head) != want {
		t.Errorf("got %q, want %q", head, want)
	}
}

func TestMessageFieldsRoundTrip(t *testing.T) {
	fields := message("\x03\x00\x00\x00abc\xff\xff\xff\xff\x00\x00\x00\x00").fields()
	if diff := cmp.Diff([][]byte{[]byte("abc"), nil, {}}, fields); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	long := strings.Repeat("ü", 70000)
	if diff := cmp.Diff([][]byte{[]byte("\na"), []byte(long)}, say("").line("a").add([]byte(long)).fields()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnUnknownOperationIsAnError(t *testing.T) {
	within(t, func(ctx context.Context) {
		if _, _, err := ask(ctx, say("no.such")); !errors.Is(err, ErrPlatform) {
			t.Errorf("got %v, want ErrPlatform", err)
		}
	})
}

func TestGoroutineWithoutAnEventCannotCallThePlatform(t *testing.T) {
	if _, _, err := ask(t.Context(), say("kv.get", "a")); !errors.Is(err, ErrNoEvent) {
		t.Errorf("got %v, want ErrNoEvent", err)
	}
}
