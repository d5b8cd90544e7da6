package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"edgecheckout/worker/openapi"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// The edge answers for what changes only with the program.
func TestDescriptionComesFromTheEdge(t *testing.T) {
	s := openShop(t)
	for path, kind := range map[string]string{"/openapi.json": "application/json; charset=utf-8", "/docs": "text/html; charset=utf-8"} {
		reply := get(t, s.on, path)
		if reply.Status != http.StatusOK || reply.Header.Get("Content-Type") != kind {
			t.Fatalf("%s: %d %s", path, reply.Status, reply.Header.Get("Content-Type"))
		}
		body := reply.Body
		for end := time.Now().Add(10 * time.Second); reply.Header.Get("X-Cache") != "hit"; reply = get(t, s.on, path) {
			if time.Now().After(end) {
				t.Fatalf("%s does not come from the edge", path)
			}
		}
		if !bytes.Equal(reply.Body, body) {
			t.Errorf("the edge says something else at %s", path)
		}
		if origin := reply.Header.Get("Access-Control-Allow-Origin"); path == "/openapi.json" && (origin != "*" || !bytes.Equal(body, openapi.Document)) {
			t.Errorf("%s is not the document of the tests, or not for everybody (%q)", path, origin)
		}
	}
}

func TestReferenceOfTheAPI(t *testing.T) {
	s := openShop(t)
	if err := os.MkdirAll(screens, 0o755); err != nil {
		t.Fatal(err)
	}
	b := openTab(t)
	const foreign = `[...document.querySelectorAll("pre")].filter((e) => e.innerText.includes("curl ") && !e.innerText.includes(location.origin)).length`
	for _, width := range []int64{320, 390, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			b.screen(width, scheme)
			b.do(chromedp.Navigate(s.on.BaseURL + "/docs"))
			b.await(foreign, "0")
			b.audited(fmt.Sprintf("docs at %d, %s", width, scheme))
		}
	}
	// A link in the contents leads to its part, without a script.
	evaluate[string](b, `document.querySelector('nav a[href="#createCheckout"]').click(), ""`)
	b.await(`Math.abs(document.querySelector("#createCheckout").getBoundingClientRect().top) < 100`, "true")
	for _, width := range []int64{390, 1280} {
		b.screen(width, "light")
		shot, err := chromedp.Call(b.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(screens, fmt.Sprintf("docs-%d.png", width)), shot.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
