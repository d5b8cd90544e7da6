package runtime

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// A receiver whose certificate nobody trusts, and that is for another name as well.
func TestAReceiverWhoseCertificateDoesNotFitGetsNothing(t *testing.T) {
	w := serve(t, 1)
	reached := false
	receiver := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer receiver.Close()
	a := w.get(t, "/send?to="+url.QueryEscape(strings.Replace(receiver.URL, "127.0.0.1", "localhost", 1)))
	var reply struct {
		Status int
		Error  string
	}
	if err := json.Unmarshal([]byte(a.body), &reply); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	if reply.Status != 0 || !strings.Contains(strings.ToLower(reply.Error), "certificate") || reached {
		t.Errorf("status %d, error %q, reached: %v", reply.Status, reply.Error, reached)
	}
}
