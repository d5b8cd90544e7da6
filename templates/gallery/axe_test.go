package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"edgecheckout/templates/text"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// looks are how a page is looked at: its width and what the system prefers.
type looks struct {
	width  int64
	scheme string
	forced string
}

// Axe finds nothing against WCAG 2.2 AA, on narrow and wide screens, in light, dark and forced
// colours. A zoom of 400 % of a screen of 1,280 pixels is one of 320 pixels.
func TestAxeFindsNothing(t *testing.T) {
	all, err := pages(context.Background(), "http://127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	examined := map[string][]looks{} // by address
	for _, p := range all {
		ways := []looks{{width: 320, scheme: "light", forced: "none"}}
		if p.language == text.English {
			ways = append(ways, looks{width: 1920, scheme: "light", forced: "none"}, looks{width: 390, scheme: "dark", forced: "none"},
				looks{width: 768, scheme: "light", forced: "active"})
		}
		// Of the payment page, those that have every part, in both directions.
		whole := strings.Contains("waiting paid-redirect partly-receipt other-asset branded-light branded-paid", p.name) && (p.language.Tag == "en" || p.language.Tag == "ar")
		if whole || strings.HasPrefix(p.name, "console-") {
			examined[p.name+"?lang="+p.language.Tag] = ways
		}
	}
	examine(t, examined)
}

// examine runs axe in pages of the gallery, as they are looked at in several ways.
func examine(t *testing.T, pages map[string][]looks) {
	t.Helper()
	axe, err := os.ReadFile("../../node_modules/axe-core/axe.min.js")
	if errors.Is(err, fs.ErrNotExist) {
		t.Fatal("axe-core is missing: run npm ci")
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx := tab(t)
	see := func(l looks) {
		features := []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: l.scheme}, {Name: "forced-colors", Value: l.forced}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}
		do(t, ctx,
			command(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: l.width, Height: 800, DeviceScaleFactor: 1, Mobile: l.width < 600}),
			command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}))
	}
	err = withServer(func(origin string) error {
		for _, page := range slices.Sorted(maps.Keys(pages)) {
			see(pages[page][0])
			do(t, ctx, chromedp.Navigate(origin+"/"+page))
			// The debugger may run it although the page's policy forbids other scripts.
			if _, err := chromedp.Run(ctx, chromedp.Evaluate[chromedp.Void](string(axe)+";document.querySelectorAll('details').forEach((d) => (d.open = true))")); err != nil {
				t.Fatal(page, ": axe could not be loaded")
			}
			for _, l := range pages[page] {
				see(l)
				for _, finding := range findings(t, ctx) {
					t.Errorf("%s at %d, %s, forced colours %s: %s", page, l.width, l.scheme, l.forced, finding)
				}
				if got := value(t, ctx, "document.documentElement.scrollWidth <= innerWidth"); got != "true" {
					t.Errorf("%s is wider than %d", page, l.width)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// findings runs axe in a page that has it.
func findings(t *testing.T, ctx context.Context) []string {
	t.Helper()
	const run = `axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
		.then(({ violations }) => JSON.stringify(violations.map((v) => v.id + ": " + v.help + ": " + v.nodes.slice(0, 2).map((n) => n.html.slice(0, 120)).join(" | "))))`
	answer, err := chromedp.Run(ctx, chromedp.Evaluate[string](run, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(fmt.Errorf("axe: %w", err))
	}
	var found []string
	if err := json.Unmarshal([]byte(strings.TrimSpace(answer)), &found); err != nil {
		t.Fatal(err)
	}
	return found
}
