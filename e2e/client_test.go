package e2e

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A client that knows only the contract calls every endpoint. Its requests and responses pass
// through a proxy in this process, so they are checked against the description as well.
func TestAClientInAnotherLanguageDrivesEveryEndpoint(t *testing.T) {
	t.Parallel()
	// There is a ledger for each mode: the test's own, and that of the other tests, which stands in
	// for the public network.
	o := options(t.TempDir())
	o.ExtraVars["LIVE_HORIZON_URLS"], o.ExtraVars["LIVE_PASSPHRASE"] = service.HorizonURL, service.Passphrase
	own := ownService(t, o)
	worker, err := url.Parse(own.BaseURL)
	if err != nil {
		t.Fatal(err)
	}
	checked := contract.checked.Load()
	passed := httptest.NewServer(&httputil.ReverseProxy{Transport: http.DefaultTransport, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(worker)
		r.Out.Header.Del("Accept-Encoding") // compressed bodies cannot be checked
	}})
	defer passed.Close()
	node, err := filepath.Abs(filepath.Join(root, "node_modules", ".bin", "node"))
	if err != nil {
		t.Fatal(err)
	}
	drive := exec.CommandContext(t.Context(), node, "drive.mjs")
	drive.Dir = "client"
	drive.Env = append(os.Environ(), "BASE_URL="+passed.URL, "ADMIN_TOKEN="+own.Secrets.AdminToken,
		"TEST_SANDBOX_URL="+own.HorizonURL, "LIVE_SANDBOX_URL="+service.HorizonURL)
	output, err := drive.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, line := range strings.Split(string(output), "\n") {
		if strings.HasPrefix(line, "# ") {
			t.Log(line)
		}
	}
	if contract.checked.Load() == checked {
		t.Error("nothing that it sent was held to the description")
	}
}
