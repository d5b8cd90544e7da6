package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"edgecheckout/e2e/chromium"
	"edgecheckout/templates/text"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// looks are how a page is looked at: its width, how many pixels one of it has, and what the system
// prefers.
type looks struct {
	width, zoom    int64
	scheme, forced string
}

// ways has as many looks as the page has languages. A zoom of 400 % of a screen of 1,280 pixels is
// one of 320 pixels.
var ways = []looks{
	{320, 1, "light", "none"}, {320, 4, "light", "none"}, {320, 1, "dark", "none"}, {390, 1, "dark", "none"}, {390, 1, "light", "active"},
	{768, 1, "light", "none"}, {1280, 1, "dark", "active"}, {1920, 1, "light", "none"},
}

// Axe finds nothing against WCAG 2.2 AA in any state of the page, of the receipt and of a payment
// link: each once in every language and once in every look, and in English and Arabic on the
// narrowest screen. Nor does it in the console.
func TestAxeFindsNothing(t *testing.T) {
	axe, err := os.ReadFile("../../node_modules/axe-core/axe.min.js")
	if errors.Is(err, fs.ErrNotExist) {
		t.Fatal("axe-core is missing: run npm ci")
	}
	if err != nil {
		t.Fatal(err)
	}
	all, err := pages(context.Background(), "http://127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	const tabs = 4
	var work [tabs][]audit // a state's all in one tab
	state, name := -1, ""
	for _, p := range all {
		if p.name != name {
			state, name = state+1, p.name
		}
		l := slices.Index(text.Languages, p.language)
		its := []looks{ways[(state+l)%len(ways)]}
		if (l == 0 || p.language.RightToLeft) && its[0] != ways[0] {
			its = append(its, ways[0])
		}
		if strings.HasPrefix(p.name, "console-") { // in English only
			its = []looks{ways[0], ways[3], ways[4], ways[7]}
		}
		work[state%tabs] = append(work[state%tabs], audit{p.name, p.language, its})
	}
	if len(ways) != len(text.Languages) || state < 30 {
		t.Fatalf("%d looks, %d languages, %d states", len(ways), len(text.Languages), state)
	}
	err = withServer(func(origin string) error {
		t.Run("in tabs", func(t *testing.T) {
			for i, audits := range work {
				t.Run(fmt.Sprint(i), func(t *testing.T) {
					ctx := tab(t)
					do(t, ctx, inEveryPage(rabet))
					for _, a := range audits {
						a.run(t, ctx, origin, string(axe))
					}
				})
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// audit is a page to look at.
type audit struct {
	name     string
	language *text.Language
	ways     []looks
}

func (a audit) run(t *testing.T, ctx context.Context, origin, axe string) {
	t.Helper()
	see(t, ctx, a.ways[0])
	do(t, ctx, chromedp.Navigate(origin+"/"+a.name+"?lang="+a.language.Tag))
	// The debugger may run it although the page's policy forbids other scripts.
	const unfold = `;document.querySelectorAll("details").forEach((d) => (d.open = true))`
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[chromedp.Void](axe+unfold)); err != nil {
		t.Fatal(a.name, ": axe could not be loaded")
	}
	if a.name == "wallets" {
		await(t, ctx, element("wallet-rabet")+`?.checkVisibility()`, "true")
		a.find(t, ctx, "the wallets")
		do(t, ctx, chromium.Click(`[data-testid="wallet-rabet"]`))
		await(t, ctx, element("send-XLM")+`?.checkVisibility()`, "true")
	}
	a.find(t, ctx, "the page")
}

func (a audit) find(t *testing.T, ctx context.Context, what string) {
	t.Helper()
	for _, l := range a.ways {
		see(t, ctx, l)
		for _, finding := range findings(t, ctx) {
			t.Errorf("%s of %s in %s, %+v: %s", what, a.name, a.language.Tag, l, finding)
		}
		if got := value(t, ctx, "document.documentElement.scrollWidth <= innerWidth"); got != "true" {
			t.Errorf("%s of %s in %s is wider than %d", what, a.name, a.language.Tag, l.width)
		}
	}
}

func see(t *testing.T, ctx context.Context, l looks) {
	t.Helper()
	features := []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: l.scheme}, {Name: "forced-colors", Value: l.forced}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}
	size := emulation.SetDeviceMetricsOverrideParams{Width: l.width, Height: 800 / l.zoom, DeviceScaleFactor: float64(l.zoom), Mobile: l.width < 600}
	do(t, ctx, command(emulation.SetDeviceMetricsOverride, size), command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}))
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
