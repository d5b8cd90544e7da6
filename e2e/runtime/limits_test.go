package runtime

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

func TestRateLimitedRequestsDoNotReachGo(t *testing.T) {
	t.Parallel()
	w := serve(t, 1, "ADDRESS_LIMIT=1000", "COSTLY_LIMIT=5")
	var last struct {
		Instance string
		Served   int
	}
	answered, refused := 0, 0
	ask := func() int {
		a := w.get(t, "/ok")
		switch a.status {
		case http.StatusOK:
			answered++
			if err := json.Unmarshal([]byte(a.body), &last); err != nil {
				t.Fatal(err)
			}
		case http.StatusTooManyRequests:
			refused++
		default:
			t.Errorf("%d %s", a.status, a.body)
		}
		return a.status
	}
	for end := time.Now().Add(30 * time.Second); refused < 50 && time.Now().Before(end); {
		ask()
	}
	instance := last.Instance
	time.Sleep(10 * time.Second)
	if status := ask(); status != http.StatusOK || last.Instance != instance || last.Served != answered {
		t.Errorf("%d; Go served %d requests, want %d, the last of them by the instance of the others", status, last.Served, answered)
	}
	if refused < 50 || answered < 6 {
		t.Errorf("%d requests answered and %d refused", answered, refused)
	}
}

func TestRateLimitsFailOpen(t *testing.T) {
	w := serve(t, 1, "ADDRESS_LIMIT=1000", "COSTLY_LIMIT=out of order")
	for range 3 {
		if a := w.get(t, "/ok"); a.status != http.StatusOK {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	w.logs(t, "requests are not limited")
}
