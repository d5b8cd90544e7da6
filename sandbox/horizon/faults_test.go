package horizon

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// spoiled serves a ledger with one payment, with a fault.
func spoiled(t *testing.T, f Fault) *httptest.Server {
	t.Helper()
	faults := &Faults{}
	if err := faults.Set(f); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(faults.Spoil(paid(t).(*Server)))
	t.Cleanup(server.Close)
	return server
}

func TestDownAnswersNothing(t *testing.T) {
	response, err := http.Get(spoiled(t, Fault{Mode: Down}).URL + "/")
	if err == nil {
		response.Body.Close()
		t.Errorf("status %d", response.StatusCode)
	}
}

func TestTruncatedEndsInTheMiddleOfTheBody(t *testing.T) {
	response, err := http.Get(spoiled(t, Fault{Mode: Truncated}).URL + "/payments")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK || err == nil || len(body) < 100 {
		t.Errorf("status %d, %d bytes, then %v", response.StatusCode, len(body), err)
	}
}

func TestGarbageIsNotJSON(t *testing.T) {
	w := httptest.NewRecorder()
	faults := &Faults{}
	if err := faults.Set(Fault{Mode: Garbage}); err != nil {
		t.Fatal(err)
	}
	faults.Spoil(paid(t).(*Server)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/payments", nil))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "<html>") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

func TestSlowIsLateButRight(t *testing.T) {
	server := spoiled(t, Fault{Mode: Slow, DelayMS: 50})
	start := time.Now()
	response, err := http.Get(server.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if took := time.Since(start); response.StatusCode != http.StatusOK || took < 50*time.Millisecond {
		t.Errorf("status %d after %s", response.StatusCode, took)
	}
}

func TestFaultsAreSetOverHTTP(t *testing.T) {
	faults := &Faults{}
	post := func(body string) int {
		w := httptest.NewRecorder()
		faults.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/sandbox/faults", strings.NewReader(body)))
		return w.Code
	}
	if code := post(`{"mode":"rate_limited","retry_after":7}`); code != http.StatusOK {
		t.Errorf("status %d", code)
	}
	if got, want := faults.Current(), (Fault{Mode: RateLimited, RetryAfter: 7}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, body := range []string{`{"mode":"tired"}`, `{}`, `{"mode":"slow","delay":1}`, `{"mode":"slow","delay_ms":-1}`, `slow`} {
		if code := post(body); code != http.StatusBadRequest {
			t.Errorf("%s: status %d", body, code)
		}
	}
	if faults.Current().Mode != RateLimited {
		t.Errorf("a bad request changed the fault to %+v", faults.Current())
	}
}

func TestFriendbotFundsAnAccountOnce(t *testing.T) {
	h := paid(t).(*Server)
	const address = "GBEBPRDEZ2J3G2R5CIAABSYSHIPXUO6G56UBTOST7UA5COWD2V4X3UQC"
	stop := closeWhenSubmitted(t, h.ledger, at("12:00:00"))
	defer stop()
	first := httptest.NewRecorder()
	h.ServeHTTP(first, httptest.NewRequest(http.MethodGet, "/friendbot?addr="+address, nil))
	if first.Code != http.StatusOK || !strings.Contains(first.Body.String(), `"successful": true`) {
		t.Errorf("status %d: %s", first.Code, first.Body)
	}
	if a, _ := h.ledger.Account(address); a == nil || a.Balance != 10_000_0000000 {
		t.Errorf("account %+v", a)
	}
	again := httptest.NewRecorder()
	h.ServeHTTP(again, httptest.NewRequest(http.MethodPost, "/friendbot?addr="+address, nil))
	if again.Code != http.StatusBadRequest || !strings.Contains(again.Body.String(), "account already funded to starting balance") {
		t.Errorf("status %d: %s", again.Code, again.Body)
	}
}
