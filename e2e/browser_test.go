package e2e

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is shared by all tests.
var browser context.Context

// tab is a tab of the browser.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	complaints []string
	expected   []string // parts of complaints that are part of the test
}

// openTab opens a tab that behaves as if it were in the foreground. The test fails if the browser
// reports anything, such as a violated policy or an error in a script. Every tab has a profile of
// its own: tabs of one profile share six connections to Horizon, which the streams of open pages
// occupy.
func openTab(t *testing.T) *tab {
	t.Helper()
	ctx, stop := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	b := &tab{t: t, ctx: ctx}
	t.Cleanup(func() {
		stop()
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.complaints) > 0 {
			t.Errorf("the browser complained: %s", strings.Join(b.complaints, "\n"))
		}
	})
	b.do(command(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
		command(cdplog.Enable, cdp.Empty{}))
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *tab) listen(event any) {
	complain := func(text string) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if slices.ContainsFunc(b.expected, func(part string) bool { return strings.Contains(text, part) }) {
			return
		}
		b.complaints = append(b.complaints, text)
	}
	switch e := event.(type) {
	case *cdplog.EventEntryAdded:
		if e.Entry != nil && e.Entry.Level == cdplog.EntryLevelError {
			complain(e.Entry.Text + " " + e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		if e.ExceptionDetails != nil {
			complain(e.ExceptionDetails.Text)
		}
	}
}

// expect lets the browser complain of something, as it does of every answer that is an error.
func (b *tab) expect(part string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expected = append(b.expected, part)
}

// withoutScripts disables scripts in the tab from the next page on.
func (b *tab) withoutScripts() *tab {
	b.do(command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	return b
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// command is an action that executes one command and ignores its result.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, c, params)
		return err
	})
}

// evaluate returns the value of a JavaScript expression in the tab's page.
func evaluate[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// await waits until a JavaScript expression, converted to a string, equals want. It continues
// across navigations.
func (b *tab) await(expression, want string) {
	b.t.Helper()
	var got string
	var err error
	for end := time.Now().Add(75 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		// Nothing can be evaluated while a page is being replaced.
		got, err = chromedp.Run(b.ctx, chromedp.Evaluate[string]("String("+expression+")"))
		if err == nil && got == want {
			return
		}
	}
	b.t.Fatalf("%s is %q (%v), want %q", expression, got, err, want)
}

// heading is the heading of the part of the page that shows the status.
const heading = `document.querySelector('.phase:not([hidden]) h2')?.innerText`

// element is the element of the page with a test id.
func element(testID string) string { return `document.querySelector('[data-testid="` + testID + `"]')` }
