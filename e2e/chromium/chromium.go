// Package chromium starts the browser that tests, benchmarks and the gallery drive.
package chromium

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/chromedp"
)

// Start starts a headless Chromium, which makes no requests of its own and runs until stop. The
// context it returns is that of the first tab; [chromedp.NewContext] opens others in the same
// browser.
func Start(ctx context.Context, more ...chromedp.ExecAllocatorOption) (_ context.Context, stop func(), err error) {
	path, err := exec.LookPath("chromium")
	if errors.Is(err, exec.ErrNotFound) {
		err = errors.New("this needs Chromium (on Debian: apt-get install chromium)")
	}
	if err != nil {
		return nil, nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true))
	ctx, stopProcess := chromedp.NewExecAllocator(ctx, append(options, more...)...)
	ctx, stopTab := chromedp.NewContext(ctx)
	stop = func() { stopTab(); stopProcess() }
	// Without this the process would start with the first tab, and tabs that open at the same time
	// would start one each.
	if err := chromedp.Do(ctx); err != nil {
		stop()
		return nil, nil, fmt.Errorf("start Chromium: %w", err)
	}
	return ctx, stop, nil
}

// Click clicks the first element that matches a CSS selector as soon as it is visible and stays where
// it is. An element that the page replaces meanwhile is looked up again.
func Click(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		for {
			_, err := chromedp.WaitVisible(chromedp.CSS(selector))(ctx, tab)
			if err == nil {
				err = still(ctx, tab, selector)
			}
			if err == nil {
				_, err = chromedp.Click(chromedp.CSS(selector))(ctx, tab)
			}
			if !isReplaced(err) {
				return err
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
}

// still waits until an element has been at the same place in two successive looks.
func still(ctx context.Context, tab *chromedp.Target, selector string) error {
	place := fmt.Sprintf("JSON.stringify(document.querySelector(%q)?.getBoundingClientRect() ?? null)", selector)
	for last := "null"; ; {
		at, err := chromedp.Evaluate[string](place)(ctx, tab)
		if err != nil || at == last && at != "null" {
			return err
		}
		last = at
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// isReplaced says whether the browser did not know a node any more, or a page that it was asked
// about.
func isReplaced(err error) bool {
	e, ok := errors.AsType[*cdproto.Error](err)
	return ok && e.Code == -32000
}

// Open opens a page. Another navigation that is still under way, such as the one that a click began,
// may abort it; then it is opened again.
func Open(url string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) (err error) {
		for range 100 {
			_, err = chromedp.Navigate(url)(ctx, tab)
			if failed, ok := errors.AsType[*chromedp.LoadError](err); !ok || failed.ErrorText != "net::ERR_ABORTED" {
				return err
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(100 * time.Millisecond):
			}
		}
		return err
	})
}
