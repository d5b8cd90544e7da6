package e2e

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// receiverOf starts a receiver that is written with the library of Standard Webhooks, and returns
// its URL and what it prints.
func receiverOf(t *testing.T, secret func(url string) string) *bufio.Scanner {
	t.Helper()
	node, err := filepath.Abs(filepath.Join(root, "node_modules", ".bin", "node"))
	if err != nil {
		t.Fatal(err)
	}
	// The port must be known before the secret is, so it is taken here and given back.
	free := httptest.NewServer(nil)
	port := free.URL[strings.LastIndexByte(free.URL, ':')+1:]
	free.Close()
	receiver := exec.CommandContext(t.Context(), node, "receiver.mjs")
	receiver.Dir = "client"
	receiver.Env = append(os.Environ(), "PORT="+port, "SECRET="+secret("http://localhost:"+port+"/webhooks"))
	receiver.Stderr = os.Stderr
	out, err := receiver.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := receiver.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "listening") {
		t.Fatalf("the receiver says %q", lines.Text())
	}
	return lines
}

func (s *shop) createWebhook(url string) (id, secret string) {
	s.t.Helper()
	made := s.send(http.MethodPost, "/webhooks", encode(fields{"name": "Orders", "url": url, "events": []string{"*"}})).Body
	var webhook struct{ ID, Secret string }
	if err := json.Unmarshal(made, &webhook); err != nil {
		s.t.Fatal(err)
	}
	return webhook.ID, webhook.Secret
}

// deliveries is the list of what was sent to an endpoint.
type deliveries struct {
	Data []struct {
		EventType string `json:"event_type"`
		Status    string
		Attempts  []struct {
			StatusCode *int    `json:"status_code"`
			Error      *string `json:"error"`
			Response   *string `json:"response"`
		}
	}
}

// awaitDelivery waits until something was sent to an endpoint.
func (s *shop) awaitDelivery(id string) deliveries {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		var page deliveries
		reply := s.ask("/webhooks/" + id + "/deliveries?limit=100")
		if err := json.Unmarshal(reply.Body, &page); err != nil {
			s.t.Fatalf("%v: %s", err, reply.Body)
		}
		if len(page.Data) > 0 && len(page.Data[0].Attempts) > 0 {
			return page
		}
	}
	s.t.Fatalf("nothing was sent to %s", id)
	return deliveries{}
}

func TestAReceiverWithTheLibraryOfStandardWebhooksVerifiesEvents(t *testing.T) {
	s := openShop(t)
	lines := receiverOf(t, func(url string) string {
		_, secret := s.createWebhook(url)
		return secret
	})
	ada := idOf(t, s.send(http.MethodPost, "/customers", `{"name": "Ada ☕"}`).Body)
	if !lines.Scan() || !strings.HasSuffix(lines.Text(), " customer.created "+ada) {
		t.Errorf("the receiver was told %q", lines.Text())
	}
}

// Receivers answer in every way that they should not. What came of it is in the list of deliveries,
// and a receiver that does as it should is told all the same.
func TestReceiversThatAnswerBadlyHoldUpNobody(t *testing.T) {
	s := openShop(t)
	var mu sync.Mutex
	var good []string
	secrets := map[string]string{}
	receivers := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		switch r.URL.Path {
		case "/large":
			_, _ = w.Write(bytes.Repeat([]byte("x"), 10<<20))
		case "/redirect":
			http.Redirect(w, r, "/good", http.StatusTemporaryRedirect)
		case "/binary":
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte("a\xff\x00b"))
		case "/later":
			w.Header().Set("Retry-After", "31536000")
			w.WriteHeader(http.StatusTooManyRequests)
		case "/early":
			w.WriteHeader(http.StatusEarlyHints)
		case "/reset":
			connection, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				connection.Close()
			}
		case "/slow":
			for range 40 {
				_, _ = w.Write([]byte("."))
				w.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
					return
				case <-time.After(500 * time.Millisecond):
				}
			}
		case "/good":
			mu.Lock()
			defer mu.Unlock()
			// As StellarTools' constructEvent: the first v1, the whole secret, "t.body".
			var at, signature string
			for _, part := range strings.Split(r.Header.Get("X-StellarTools-Signature"), ",") {
				name, value, _ := strings.Cut(part, "=")
				switch {
				case name == "t":
					at = value
				case name == "v1" && signature == "":
					signature = value
				}
			}
			m := hmac.New(sha256.New, []byte(secrets[r.URL.Path]))
			m.Write([]byte(at + "." + string(body)))
			good = append(good, fmt.Sprint(hex.EncodeToString(m.Sum(nil)) == signature, " ", r.Header.Get("X-StellarTools-Event"), " ", r.Header.Get("Content-Type")))
		}
	}))
	defer receivers.Close()
	base := strings.Replace(receivers.URL, "127.0.0.1", "localhost", 1)
	ids := map[string]string{}
	for _, path := range []string{"/large", "/redirect", "/binary", "/later", "/early", "/reset", "/slow", "/good"} {
		mu.Lock()
		ids[path], secrets[path] = s.createWebhook(base + path)
		mu.Unlock()
	}
	ids["/nobody"], _ = s.createWebhook("http://localhost:1/")
	s.send(http.MethodPost, "/customers", `{"name": "Ada"}`)
	for _, id := range ids {
		s.awaitDelivery(id)
	}

	mu.Lock()
	defer mu.Unlock()
	if len(good) != 1 || good[0] != "true customer.created application/json" {
		t.Errorf("the good receiver was told %q", good)
	}
	for path, id := range ids {
		reply := s.awaitDelivery(id)
		delivered := reply.Data[0]
		got, attempt := delivered.Status, delivered.Attempts[0]
		code := 0
		if attempt.StatusCode != nil {
			code = *attempt.StatusCode
		}
		want, ok := map[string]string{
			"/large": "succeeded 200", "/redirect": "pending 307", "/binary": "pending 500", "/later": "pending 429", "/early": "succeeded 200",
			"/reset": "pending 0", "/slow": "pending 0", "/good": "succeeded 200", "/nobody": "pending 0",
		}[path]
		if !ok || fmt.Sprint(got, " ", code) != want || code == 0 && (attempt.Error == nil || *attempt.Error == "") {
			t.Errorf("%s: %s %d, want %s: %+v", path, got, code, want, attempt)
		}
		if path == "/large" && (attempt.Response == nil || *attempt.Response != strings.Repeat("x", 1<<10)) {
			t.Errorf("%s: kept %v", path, attempt.Response)
		}
	}
}

// facts are what a receiver was told: ids of events by their type and checkout.
type facts struct {
	mu   sync.Mutex
	told map[string]string
}

func (f *facts) receive(t *testing.T) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var event struct {
			ID, Type string
			Data     struct {
				Object struct {
					ID         string
					CheckoutID string `json:"checkout_id"`
				}
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
			t.Errorf("an event that is no JSON: %v", err)
			return
		}
		about := event.Data.Object.ID
		if event.Data.Object.CheckoutID != "" {
			about = event.Data.Object.CheckoutID
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		fact := event.Type + " " + about
		if known, again := f.told[fact]; again && known != event.ID {
			t.Errorf("%s was told as %s and as %s", fact, known, event.ID)
		}
		f.told[fact] = event.ID
	}
}

// missing returns which facts were not told.
func (f *facts) missing(want []string) (missing []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fact := range want {
		if f.told[fact] == "" {
			missing = append(missing, fact)
		}
	}
	return missing
}

func TestAReceiverThatWasDownIsToldOfEverything(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	o.ExtraVars["WEBHOOK_HOUR"] = "12" // further attempts come after 1, 1, 6, 24, 60 … seconds
	s := openShopOn(t, ownService(t, o))
	f := &facts{told: map[string]string{}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close() // the receiver is down
	id, _ := s.createWebhook(strings.Replace("http://"+address+"/", "127.0.0.1", "localhost", 1))
	var want []string
	for range 10 {
		c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
		s.pay(c, "5")
		s.awaitStatus(c.ID, "completed")
		want = append(want, "checkout.created "+c.ID, "payment.confirmed "+c.ID, "checkout.completed "+c.ID)
	}
	s.awaitDelivery(id)

	if listener, err = net.Listen("tcp", address); err != nil {
		t.Fatal(err)
	}
	receiver := &httptest.Server{Listener: listener, Config: &http.Server{Handler: f.receive(t)}}
	receiver.Start()
	defer receiver.Close()
	for end := time.Now().Add(4 * time.Minute); len(f.missing(want)) > 0; time.Sleep(time.Second) {
		if time.Now().After(end) {
			t.Fatalf("not told of %q", f.missing(want))
		}
	}
	failed := 0
	for _, d := range s.awaitDelivery(id).Data {
		for _, attempt := range d.Attempts {
			if attempt.StatusCode == nil && attempt.Error != nil && *attempt.Error != "" {
				failed++
			}
		}
	}
	if failed == 0 {
		t.Error("no failed attempt is listed")
	}
}
