package stack

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestStartRefusesAnotherNetwork(t *testing.T) {
	answer := `{"network_passphrase": "Test SDF Network ; September 2015"}`
	status := http.StatusOK
	horizon := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	check := func(passphrase string) error { return checkNetwork(t.Context(), horizon.URL, passphrase) }

	if err := check(TestNetworkPassphrase); err != nil {
		t.Errorf("its own network: %v", err)
	}
	if err := check("mine"); err == nil || !strings.Contains(err.Error(), "September 2015") {
		t.Errorf("another network: %v, want an error that names the one there is", err)
	}
	answer = "<html>"
	if err := check("mine"); err == nil {
		t.Error("a server that is not a Horizon gave no error")
	}
	status = http.StatusServiceUnavailable
	if err := check("mine"); err != nil {
		t.Errorf("a Horizon that is down for now: %v", err)
	}
	horizon.Close()
	if err := check("mine"); err != nil {
		t.Errorf("a Horizon that does not answer for now: %v", err)
	}
}
