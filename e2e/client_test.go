package e2e

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"edgecheckout/sandbox/stack"
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
	checked := contract.checked.Load()
	node, err := filepath.Abs(filepath.Join(root, "node_modules", ".bin", "node"))
	if err != nil {
		t.Fatal(err)
	}
	// The cron sends events.
	ctx, stop := context.WithCancel(t.Context())
	var cron sync.WaitGroup
	cron.Go(func() {
		for ctx.Err() == nil {
			if err := own.Cron(ctx); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(2 * time.Second):
			}
		}
	})
	defer cron.Wait()
	defer stop()
	drive := exec.CommandContext(t.Context(), node, "drive.mjs")
	drive.Dir = "client"
	drive.Env = append(os.Environ(), "BASE_URL="+checkedURL(t, own), "ADMIN_TOKEN="+own.Secrets.AdminToken,
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

// checkedURL is the URL of a proxy to a Worker, in this process, that checks what other processes
// send and receive against the description.
func checkedURL(t *testing.T, worker *stack.Stack) string {
	t.Helper()
	target, err := url.Parse(worker.BaseURL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{Transport: http.DefaultTransport, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Header.Del("Accept-Encoding") // compressed bodies cannot be checked
	}})
	t.Cleanup(proxy.Close)
	return proxy.URL
}
