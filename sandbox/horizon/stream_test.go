package horizon

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edgecheckout/sandbox/ledger"

	"github.com/google/go-cmp/cmp"
)

func open(t *testing.T, h http.Handler, target string) *bufio.Reader {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "text/event-stream")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	if kind := response.Header.Get("Content-Type"); response.StatusCode != 200 || !strings.HasPrefix(kind, "text/event-stream") {
		t.Fatalf("status %d, %s", response.StatusCode, kind)
	}
	return bufio.NewReader(response.Body)
}

// events splits a stream into its blocks.
func events(t *testing.T, stream io.Reader) []string {
	t.Helper()
	content, err := io.ReadAll(stream)
	if err != nil {
		t.Fatal(err)
	}
	return strings.SplitAfter(string(content), "\n\n")
}

func TestIdleStreamEqualsHorizonsByteForByte(t *testing.T) {
	want, err := os.ReadFile(filepath.Join(recordings, "payments-idle.sse.txt"))
	if err != nil {
		t.Fatal(err)
	}
	h := New(paid(t).(*Server).ledger, Options{StreamTime: 10 * time.Millisecond})
	got, err := io.ReadAll(open(t, h, "/accounts/"+watched+"/payments?cursor=now"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("stream (- recorded, + sandbox):\n%s", diff)
	}
}

func TestStreamEndsAtItsLimitAsInHorizon(t *testing.T) {
	recorded, err := os.ReadFile(filepath.Join(recordings, "payments.sse.txt"))
	if err != nil {
		t.Fatal(err)
	}
	want := events(t, bytes.NewReader(recorded))
	want = append(want[:2], want[4:]...) // hello, the first of three events, byebye
	server := httptest.NewRequest(http.MethodGet, "/accounts/"+watched+"/payments?join=transactions&order=asc&limit=1", nil)
	server.Host = "horizon-testnet.stellar.org"
	server.Header.Set("Accept", "text/event-stream")
	server.Header.Set("X-Forwarded-Proto", "https")
	w := httptest.NewRecorder()
	paid(t).ServeHTTP(w, server)
	got := events(t, w.Body)
	if len(got) != len(want) {
		t.Fatalf("%d events, recorded %d", len(got), len(want))
	}
	for i := range want {
		if diff := cmp.Diff(decodeEvent(t, want[i]), decodeEvent(t, got[i])); diff != "" {
			t.Errorf("event %d (- recorded, + sandbox):\n%s", i, diff)
		}
	}
}

// decodeEvent returns the fields of an event, with its data decoded.
func decodeEvent(t *testing.T, event string) map[string]any {
	t.Helper()
	lines := map[string]any{}
	for line := range strings.Lines(strings.TrimSpace(event)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		lines[name] = value
		if name == "data" {
			var data any
			if err := json.Unmarshal([]byte(value), &data); err != nil {
				t.Fatal(err)
			}
			lines[name] = data
		}
	}
	return lines
}

func TestStreamSendsAPaymentWhenItsLedgerCloses(t *testing.T) {
	l := ledger.New(ledger.Options{})
	stream := open(t, New(l, Options{}), "/payments?cursor=now")
	if _, err := l.Fund(watched); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Close(time.Time{}); err != nil {
		t.Fatal(err)
	}
	for {
		line, err := stream.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, "data: {") {
			if !strings.Contains(line, watched) {
				t.Errorf("the event is about something else: %s", line)
			}
			return
		}
	}
}
