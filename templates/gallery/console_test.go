package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"edgecheckout/templates/samples"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// barriers lists what keeps people from using a screen, as far as its document can tell.
const barriers = `(() => {
  const faults = [];
  const name = (e) => (e.getAttribute("aria-label") || [...(e.labels || [])].map((l) => l.textContent).join("") || e.textContent || e.alt || "").trim();
  if (document.documentElement.scrollWidth > innerWidth) faults.push("wider than the screen: " + document.documentElement.scrollWidth);
  for (const e of document.querySelectorAll(".scroll")) if (innerWidth < 768 && e.scrollWidth > e.clientWidth) faults.push("a table wider than the screen: " + e.scrollWidth);
  if (document.querySelectorAll("main").length !== 1 || document.querySelectorAll("h1").length !== 1) faults.push("not one main and one h1");
  if ([...document.scripts].some((s) => !s.src.includes("/assets/console.") || s.text)) faults.push("another script than the console's");
  for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea")) {
    if (!name(e)) faults.push("no name: " + e.outerHTML.slice(0, 100));
    const { width, height } = e.getBoundingClientRect();
    if (e.checkVisibility() && getComputedStyle(e).display !== "inline" && !e.matches(".skip") && (width < 24 || height < 24)) faults.push("too small to hit: " + e.outerHTML.slice(0, 100));
  }
  for (const e of document.querySelectorAll("[aria-labelledby]")) if (!document.getElementById(e.getAttribute("aria-labelledby"))) faults.push("labelled by nothing");
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  if (new Set(ids).size !== ids.length) faults.push("an id twice: " + ids);
  const luminance = (c) => c.map((v) => ((v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const parse = (text) => text.match(/[\d.]+/g).map(Number);
  const ground = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
  for (const e of document.querySelectorAll("main *, header *")) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility()) continue;
    const [a, b] = [luminance(parse(getComputedStyle(e).color).slice(0, 3)), luminance(ground(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) faults.push("too little contrast: " + e.outerHTML.slice(0, 100));
  }
  return faults.join("\n");
})()`

// Every screen of the console is shown on a phone and a desktop, light and dark. The pictures are
// in build/gallery/console.
func TestEveryScreenOfTheConsoleCanBeUsed(t *testing.T) {
	h, err := handler("http://127.0.0.1:8787")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()
	folder := filepath.Join("..", "..", "build", "gallery", "console")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, stop := chromedp.NewContext(browser)
	defer stop()
	do(t, ctx, command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: false}))
	for _, s := range samples.Console("http://127.0.0.1:8787") {
		do(t, ctx, chromedp.Navigate(server.URL+"/"+s.Name))
		for _, width := range []int64{320, 390, 1280} {
			do(t, ctx, command(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 800, DeviceScaleFactor: 1, Mobile: width < 600}))
			for _, scheme := range []string{"light", "dark"} {
				do(t, ctx, command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}))
				if faults := value(t, ctx, barriers); faults != "" {
					t.Errorf("%s, %d px, %s: %s", s.Name, width, scheme, faults)
				}
				whole := true
				picture, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &whole})
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%d-%s.png", s.Name, width, scheme)), picture.Data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
