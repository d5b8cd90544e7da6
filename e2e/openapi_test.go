package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"edgecheckout/e2e/chromium"
	"edgecheckout/templates"
	"edgecheckout/worker/openapi"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// Cloudflare serves what changes only with the program, without calling the Worker.
func TestDescriptionIsServedAsAFile(t *testing.T) {
	s := openShop(t)
	want := map[string]map[string]string{
		"/openapi.json": {
			"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300", "Content-Type": "application/json",
			"Strict-Transport-Security": "max-age=31536000", "X-Content-Type-Options": "nosniff",
		},
		"/docs": {
			"Cache-Control": "public, max-age=300", "Content-Security-Policy": templates.ContentSecurityPolicy(""), "Content-Type": "text/html; charset=utf-8",
			"Referrer-Policy": "no-referrer", "Strict-Transport-Security": "max-age=31536000", "X-Content-Type-Options": "nosniff",
		},
		"/llms.txt": {
			"Cache-Control": "public, max-age=300", "Content-Type": "text/plain; charset=utf-8",
			"Strict-Transport-Security": "max-age=31536000", "X-Content-Type-Options": "nosniff",
		},
	}
	for path, headers := range want {
		reply := get(t, s.on, path)
		got := headersOf(reply.Header, append(pageHeaders, "Access-Control-Allow-Origin", "Request-Id"))
		if diff := cmp.Diff(headers, got); reply.Status != http.StatusOK || diff != "" {
			t.Errorf("%s: %d, headers (-want +got):\n%s", path, reply.Status, diff)
		}
		if path == "/openapi.json" && !bytes.Equal(reply.Body, openapi.Document) {
			t.Error("the document is not the one that the tests hold the service to")
		}
	}
	// This is no part of the API, to which the tests' own client holds the service.
	start, err := exec.CommandContext(t.Context(), "curl", "-s", "-o", os.DevNull, "-w", "%{http_code} %{redirect_url}", s.on.BaseURL+"/").Output()
	if want := "302 " + s.on.BaseURL + "/docs"; err != nil || string(start) != want {
		t.Errorf("/ answers %q, %v, want %q", start, err, want)
	}
}

func TestReferenceOfTheAPI(t *testing.T) {
	s := openShop(t)
	if err := os.MkdirAll(screens, 0o755); err != nil {
		t.Fatal(err)
	}
	b := openTab(t)
	const foreign = `[...document.querySelectorAll(".part pre")].filter((e) => e.innerText.includes("curl ") && !e.innerText.includes(location.origin)).length`
	for _, width := range []int64{320, 390, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			b.screen(width, scheme)
			b.do(chromium.Open(s.on.BaseURL + "/docs"))
			b.await(foreign, "0")
			b.audited(fmt.Sprintf("docs at %d, %s", width, scheme))
		}
	}
	// A link in the table of contents works without a script.
	evaluate[string](b, `document.querySelector('nav a[href="#createCheckout"]').click(), ""`)
	b.await(`Math.abs(document.querySelector("#createCheckout").getBoundingClientRect().top) < 100`, "true")
	for _, width := range []int64{390, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			for _, place := range []string{"guide-quickstart", "createCheckout"} {
				b.screen(width, scheme)
				b.do(chromium.Open(s.on.BaseURL + "/docs"))
				evaluate[string](b, `document.getElementById("`+place+`").scrollIntoView(), ""`)
				shot, err := chromedp.Call(b.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{})
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(screens, fmt.Sprintf("docs-%s-%d-%s.png", place, width, scheme)), shot.Data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// On a phone the example of a request stands between what the request is for and its parameters.
func TestExampleStandsBesideTheParameters(t *testing.T) {
	s := openShop(t)
	b := openTab(t)
	b.screen(390, "light")
	b.do(chromium.Open(s.on.BaseURL + "/docs"))
	b.await(`(() => {
		const top = (e) => document.querySelector("#createCheckout " + e).getBoundingClientRect().top;
		return top(".who") < top(".sample") && top(".sample") < top(".fields") && top(".fields") < top(".answers") && top(".answers") < top(".sample.answer");
	})()`, "true")
	b.screen(1280, "light")
	b.await(`Math.abs(document.querySelector("#createCheckout .sample").getBoundingClientRect().top -
		document.querySelector("#createCheckout h3").getBoundingClientRect().top) < 40`, "true")
}

func TestDocsFollowTheReader(t *testing.T) {
	s := openShop(t)
	b := openTab(t)
	b.screen(1280, "light")
	b.do(chromium.Open(s.on.BaseURL + "/docs"))
	// One choice of a language is that of all examples, also after a reload.
	b.await(`(() => { document.querySelector(".choice input[value=go]").click();
		return [...document.querySelectorAll(".choice")].every((c) => c.querySelector("input[value=go]").checked) })()`, "true")
	b.do(chromium.Open(s.on.BaseURL + "/docs"))
	b.await(`document.querySelector(".choice pre[data-language=go]").offsetParent !== null &&
		document.querySelector(".choice pre[data-language=js]").offsetParent === null`, "true")
	b.await(`document.querySelectorAll(".sample .copy").length === document.querySelectorAll(".sample").length`, "true")
	// The search finds headings, and Enter goes to the first one.
	b.await(`(() => { const box = document.querySelector("#search"); box.value = "create checkout"; box.dispatchEvent(new Event("input"));
		return document.querySelector(".found a").getAttribute("href") })()`, "#createCheckout")
	b.await(`(() => { document.querySelector("#search").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
		return location.hash })()`, "#createCheckout")
}
