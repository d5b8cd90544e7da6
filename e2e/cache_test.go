package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edgecheckout/e2e/workerd"
	"edgecheckout/sandbox/stack"
)

// behindACache runs the built Worker behind an in-memory stand-in for Workers Cache (see
// [inWorkerd]), with a merchant on the ledger of the other tests. Request pages from front; the
// shop's own stack has the ledger.
func behindACache(t *testing.T) (s *shop, front *stack.Stack, p *workerd.Process) {
	t.Helper()
	p = inWorkerd(t, "http://pay.example")
	account, err := service.OpenAccount(t.Context(), t.Name())
	if err != nil {
		t.Fatal(err)
	}
	front = &stack.Stack{BaseURL: "http://" + p.Front, Secrets: service.Secrets}
	s = register(t, front, account)
	s.on = service
	return s, front, p
}

// inWorkerd runs only the built Worker in workerd, with the Horizon of the other tests.
func inWorkerd(t *testing.T, baseURL string) *workerd.Process {
	t.Helper()
	absolute, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	binary, err := workerd.Find(t.Context(), absolute)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	entries, err := os.ReadDir(filepath.Join(root, "build"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if extension := filepath.Ext(entry.Name()); extension != ".mjs" && extension != ".js" && extension != ".wasm" {
			continue
		}
		content, err := os.ReadFile(filepath.Join(root, "build", entry.Name()))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, entry.Name()), content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	vars := map[string]string{
		"BASE_URL": baseURL, "ADMIN_TOKEN": service.Secrets.AdminToken, "MEMO_KEYS": service.Secrets.MemoKeys,
		"TEST_HORIZON_URLS": service.HorizonURL, "TEST_PASSPHRASE": service.Passphrase,
	}
	p, err := workerd.Config{Binary: binary, Modules: dir, Vars: vars, Front: true}.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Logf("what the Worker printed:\n%s", p.Log)
		}
	})
	return p
}

// view requests a page without running its script. It returns what the cache did and whether the
// page asks for money.
func view(t *testing.T, front *stack.Stack, path string) (did string, asks bool) {
	t.Helper()
	page := get(t, front, path)
	if page.Status != http.StatusOK {
		t.Fatalf("%s: %d %s", path, page.Status, page.Body)
	}
	return page.Header.Get("Cf-Cache-Status"), strings.Contains(string(page.Body), "web+stellar:pay")
}

func TestACachedPageLeadsNobodyToPayTwice(t *testing.T) {
	t.Parallel()
	s, front, process := behindACache(t)

	paid := func(c stack.Checkout) {
		t.Helper()
		s.pay(c, "5")
		s.awaitStatus(c.ID, "completed")
	}
	t.Run("when it is purged", func(t *testing.T) {
		c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
		for _, want := range []string{"MISS", "HIT"} {
			if did, asks := view(t, front, pagePath(c)); did != want || !asks {
				t.Errorf("an open page: %s, asks for money: %t; want %s", did, asks, want)
			}
		}
		mailed := get(t, front, pagePath(c)+"?utm_source=mail")
		if did := mailed.Header.Get("Cf-Cache-Status"); mailed.Status != http.StatusFound || mailed.Header.Get("Location") != pagePath(c) || did != "BYPASS" {
			t.Errorf("a query that changes nothing: %d %s, to %s", mailed.Status, did, mailed.Header.Get("Location"))
		}
		paid(c)
		s.eventually("the page is purged", func() bool { _, asks := view(t, front, pagePath(c)); return !asks })
		if did, asks := view(t, front, pagePath(c)); did != "HIT" || asks {
			t.Errorf("a finished page: %s, asks for money: %t", did, asks)
		}
	})

	t.Run("when the purge is refused", func(t *testing.T) {
		c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
		for process.Purge(t.Context()) == nil { // five a minute are granted
		}
		made := time.Now()
		if did, asks := view(t, front, pagePath(c)); did != "MISS" || !asks {
			t.Errorf("an open page: %s, asks for money: %t", did, asks)
		}
		paid(c)
		if did, asks := view(t, front, pagePath(c)); did != "HIT" || !asks {
			t.Errorf("the page was purged: %s", did)
		}
		// Nobody else requests the page, so this customer gets it as old as it can be.
		time.Sleep(time.Until(made.Add(31 * time.Second)))
		if _, asks := view(t, front, pagePath(c)); asks {
			t.Error("after 30 seconds, which the cache's other tier may double, the page still asks for money")
		}
		if log := process.Log.String(); !strings.Contains(log, "the cache was not purged") {
			t.Errorf("nothing of it is in the log: %s", log)
		}
	})

	t.Run("when it is cancelled", func(t *testing.T) {
		c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
		if _, asks := view(t, front, pagePath(c)); !asks {
			t.Error("an open page asks for nothing")
		}
		time.Sleep(31 * time.Second) // until purges are granted again
		view(t, front, pagePath(c))
		if _, err := s.Do(t.Context(), http.MethodPost, "/checkout/"+c.ID+"/expire", []byte("{}"), "Content-Type", "application/json"); err != nil {
			t.Fatal(err)
		}
		s.eventually("the page asks for nothing any more", func() bool { _, asks := view(t, front, pagePath(c)); return !asks })
	})
}

// Responses that need a key must not be served to others, although the cache ignores keys.
func TestResponsesThatNeedAKeyAreNotCached(t *testing.T) {
	t.Parallel()
	s, front, _ := behindACache(t)
	c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	for _, path := range []string{"/checkout/" + c.ID, "/checkout", "/product", "/customers", "/payment?checkout_id=" + c.ID} {
		for range 2 {
			reply, err := s.Do(t.Context(), http.MethodGet, path, nil)
			if err != nil || reply.Status != http.StatusOK || reply.Header.Get("Cf-Cache-Status") != "BYPASS" {
				t.Errorf("%s: %d %s, %v", path, reply.Status, reply.Header.Get("Cf-Cache-Status"), err)
			}
		}
		if stranger := get(t, front, path); stranger.Status != http.StatusUnauthorized {
			t.Errorf("%s for a stranger: %d %s", path, stranger.Status, stranger.Body)
		}
	}
	if reply, err := front.Operator().Do(t.Context(), http.MethodGet, "/merchants/"+s.id, nil); err != nil || reply.Header.Get("Cf-Cache-Status") != "BYPASS" {
		t.Errorf("for the operator: %v, %v", reply.Header, err)
	}
}
