package e2e

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edgecheckout/e2e/chromium"
	"edgecheckout/sandbox/stack"
	"edgecheckout/sandbox/wallet"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Every state of the page, as the Worker serves it, must show the right text, pass the audit and
// fit the screen, on phones and desktops, in light and dark. The pictures are for people to look
// at.
func TestEveryStateOfThePage(t *testing.T) {
	s := openShop(t).withCron()
	if err := os.MkdirAll(screens, 0o755); err != nil {
		t.Fatal(err)
	}
	order := func(n int, expiresIn int) stack.Checkout {
		return s.charge(fields{
			"amount": 50, "asset_code": "USDC", "expires_in": expiresIn,
			"description": fmt.Sprintf("Order %d: two bags of Sidamo, ground for filter", n), "cancel_url": "https://shop.example/cart",
		})
	}
	const hour = 3600
	pay := func(units string, changes ...func(*wallet.Payment)) func(stack.Checkout) {
		return func(c stack.Checkout) { s.pay(c, units, changes...) }
	}
	states := []struct {
		name, heading string
		expiresIn     int
		prepare       func(stack.Checkout)
		payments      int
		status        string
		checkout      stack.Checkout
	}{
		{"waiting", "Waiting for your payment", hour, nil, 0, "open", stack.Checkout{}},
		{"partly-paid", "Part of it has arrived", hour, pay("30.25"), 1, "open", stack.Checkout{}},
		{"paid", "Payment complete", hour, pay("50"), 1, "completed", stack.Checkout{}},
		{"overpaid", "Payment complete", hour, pay("60"), 1, "completed", stack.Checkout{}},
		{"expired", "This payment has expired", 3, nil, 0, "expired", stack.Checkout{}},
		{"failed-underpaid", "Not paid in full", soon, pay("30.25"), 1, "failed", stack.Checkout{}},
		{"failed-wrong-asset", "Paid in another asset", soon, pay("50", func(p *wallet.Payment) { p.Asset = wallet.EURC }), 1, "failed", stack.Checkout{}},
	}
	s.customerKeys() // created before the checkout, which expires soon
	for i := range states {
		state := &states[i]
		state.checkout = order(i+1, state.expiresIn)
		if state.prepare != nil {
			state.prepare(state.checkout)
		}
	}
	for _, state := range states {
		s.await(state.checkout.ID, state.name, func(c stack.Checkout) bool {
			return c.Status == state.status && len(c.Payments) == state.payments
		})
	}
	for _, state := range states {
		t.Run(state.name, func(t *testing.T) {
			b := openTab(t)
			b.photograph(state.name, state.checkout.PaymentURL, heading, state.heading)
		})
	}
	t.Run("not-found", func(t *testing.T) {
		b := openTab(t)
		b.photograph("not-found", s.on.BaseURL+"/pay/chk_01kay3t4w5x6y7z8a9000000zz", `document.querySelector("h1").innerText`, "This payment page does not exist")
		// The browser reports a 404 as an error; here it is expected.
		b.forget("404 (Not Found)")
	})
	t.Run("without scripts", func(t *testing.T) {
		b := openTab(t).withoutScripts()
		b.photograph("waiting-noscript", states[0].checkout.PaymentURL, heading, "Waiting for your payment")
	})
}

// forget drops reports of the browser that contain a text.
func (b *tab) forget(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var kept []string
	for _, complaint := range b.complaints {
		if !strings.Contains(complaint, text) {
			kept = append(kept, complaint)
		}
	}
	b.complaints = kept
}

// photograph opens a page on every screen, waits for its text, audits it and saves a picture.
func (b *tab) photograph(name, url, expression, want string) {
	b.t.Helper()
	for _, width := range []int64{320, 390, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			b.screen(width, scheme)
			b.do(chromium.Open(url))
			b.await(expression, want)
			b.audited(fmt.Sprintf("%s at %d, %s", name, width, scheme))
			if width == 320 {
				continue // narrower than nearly every phone, so audited only
			}
			time.Sleep(300 * time.Millisecond) // for the first response of the status call
			b.picture(fmt.Sprintf("%s-%d-%s.png", name, width, scheme))
		}
	}
}

// screen gives the tab a screen of a width, in light or dark.
func (b *tab) screen(width int64, scheme string) {
	b.t.Helper()
	b.do(
		command(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: width, Height: 844, DeviceScaleFactor: 1, Mobile: width < 600,
		}),
		command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}}),
	)
}

// picture saves a picture of the whole page.
func (b *tab) picture(file string) {
	b.t.Helper()
	whole := true
	shot, err := chromedp.Call(b.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &whole})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(shot.Data)); err != nil {
		b.t.Errorf("%s is not a picture: %v", file, err)
	}
	if err := os.WriteFile(filepath.Join(screens, file), shot.Data, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// A wallet's camera must read the same request from the code that the button links to.
func TestCodeOnThePageIsReadByACamera(t *testing.T) {
	s := openShop(t)
	zbarimg, err := tool("zbarimg", "zbar-tools")
	if err != nil {
		t.Fatal(err)
	}
	c := s.charge(fields{"amount": "1234.5000001", "asset_code": "USDC"})
	for _, scheme := range []string{"light", "dark"} {
		b := openTab(t)
		b.do(command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}))
		b.visit(c)
		whole := true
		shot, err := chromedp.Call(b.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &whole})
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "page.png")
		if err := os.WriteFile(file, shot.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		read, err := exec.CommandContext(t.Context(), zbarimg, "--quiet", "--raw", file).Output()
		if err != nil || strings.TrimSpace(string(read)) != c.PaymentURI {
			t.Errorf("%s: the code contains %q (%v), want %q", scheme, read, err, c.PaymentURI)
		}
	}
}
