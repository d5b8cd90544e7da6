// Package chromium starts the browser that tests, benchmarks and the gallery drive.
package chromium

import (
	"context"
	"errors"
	"fmt"
	"os/exec"

	"github.com/chromedp/chromedp"
)

// Start starts a headless Chromium, which makes no requests of its own and runs until stop. The
// context it returns is that of the first tab; [chromedp.NewContext] opens others in the same
// browser.
func Start(ctx context.Context) (_ context.Context, stop func(), err error) {
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
	ctx, stopProcess := chromedp.NewExecAllocator(ctx, options...)
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
