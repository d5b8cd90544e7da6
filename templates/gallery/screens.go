package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"edgecheckout/e2e/chromium"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// widths are those of a small phone, a common phone and a desktop, in CSS pixels.
var widths = []int64{320, 390, 1280}

// screens takes a picture of every page at every width, light and dark, and once without scripts.
func screens(ctx context.Context, origin, dir string, names []string) error {
	ctx, stop, err := chromium.Start(ctx)
	if err != nil {
		return err
	}
	defer stop()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range names {
		for _, width := range widths {
			for _, scheme := range []string{"light", "dark"} {
				file := filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", strings.Replace(name, "?lang=", ".", 1), width, scheme))
				if err := screen(ctx, origin+"/"+name, file, width, scheme, false); err != nil {
					return fmt.Errorf("picture of %s: %w", name, err)
				}
			}
		}
		if err := screen(ctx, origin+"/"+name, filepath.Join(dir, strings.Replace(name, "?lang=", ".", 1)+"-390-noscript.png"), 390, "light", true); err != nil {
			return fmt.Errorf("picture of %s without scripts: %w", name, err)
		}
	}
	return nil
}

func screen(ctx context.Context, url, file string, width int64, scheme string, noScript bool) error {
	looks := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme},
		{Name: "prefers-reduced-motion", Value: "reduce"},
	}}
	size := emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 800, DeviceScaleFactor: 1, Mobile: width < 600}
	err := chromedp.Do(ctx,
		command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: noScript}),
		command(emulation.SetDeviceMetricsOverride, size),
		command(emulation.SetEmulatedMedia, looks),
		chromedp.Navigate(url),
	)
	if err != nil {
		return err
	}
	time.Sleep(200 * time.Millisecond) // for the first answer of the status call
	whole := true
	picture, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &whole})
	if err != nil {
		return err
	}
	return os.WriteFile(file, picture.Data, 0o644)
}

// command is an action that executes one command and ignores its result.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}
