package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"edgecheckout/templates/samples"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// The images of a merchant come from elsewhere: late, or never. Neither moves anything or leaves a
// hole, their host is not told who pays, and no other host may be asked.
func TestImagesOfAMerchantMoveNothing(t *testing.T) {
	arrive := make(chan struct{})
	asked := make(chan string, 8)
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path + r.Header.Get("Referer") + r.Header.Get("Cookie")
		if r.URL.Path != "/samples/logo.svg" {
			http.NotFound(w, r)
			return
		}
		<-arrive
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = w.Write([]byte(samples.Images[r.URL.Path]))
	}))
	t.Cleanup(host.Close)
	c := sample(t, "branded")
	c.LogoURL, c.PictureURL = host.URL+"/samples/logo.svg", host.URL+"/nothing.png"
	s := newShop(t, c)
	ctx := tab(t)
	do(t, ctx, command(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 390, Height: 800, DeviceScaleFactor: 1, Mobile: true}),
		chromedp.Navigate(s.URL+"/page"))
	got := map[string]bool{<-asked: true, <-asked: true}
	if len(got) != 2 || !got["/samples/logo.svg"] || !got["/nothing.png"] {
		t.Errorf("the images' host was asked for %v", got)
	}
	const places = `[...document.querySelectorAll("h1, .picture, [data-testid=amount], [data-wallet-link]")].map((e) => JSON.stringify(e.getBoundingClientRect())).join()`
	await(t, ctx, element("picture")+".complete", "true")
	await(t, ctx, `document.querySelector("[data-wallet-link] [data-fill=to-pay]").innerText`, "50") // of the status call: a shorter line than the sample's 49.90
	before := value(t, ctx, places)
	if size := value(t, ctx, `["logo", "picture"].map((id) => document.querySelector("[data-testid=" + id + "]")).map((e) => e.offsetWidth + "x" + e.offsetHeight)`); size != "48x48,64x64" {
		t.Errorf("the images without content have %s", size)
	}
	if letter := value(t, ctx, `getComputedStyle(`+element("picture")+`, "::after").content`); !strings.HasPrefix(letter, `"S"`) {
		t.Errorf("in the place of the picture stands %s", letter)
	}
	close(arrive)
	await(t, ctx, element("logo")+".naturalWidth > 0", "true")
	if after := value(t, ctx, places); after != before {
		t.Errorf("the logo moved the page:\n%s\n%s", before, after)
	}
	if color := value(t, ctx, `getComputedStyle(document.querySelector("[data-wallet-link]")).backgroundColor`); color != "rgb(10, 124, 102)" {
		t.Errorf("the button is %s, so the policy refused the brand's style", color)
	}
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("another host was asked for %s", r.URL) }))
	t.Cleanup(other.Close)
	refused, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf(`new Promise((done) => {
		document.addEventListener("securitypolicyviolation", (e) => done(e.effectiveDirective));
		new Image().src = %q;
	})`, other.URL+"/spy.png"), chromedp.EvalAwaitPromise))
	if err != nil || refused != "img-src" {
		t.Errorf("an image from another host: %q, %v", refused, err)
	}
}
