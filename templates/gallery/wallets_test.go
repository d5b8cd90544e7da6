package main

import (
	"fmt"
	"strconv"
	"testing"

	"edgecheckout/e2e/chromium"
	"edgecheckout/templates/text"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// rabet is an extension with an account.
const rabet = `window.rabet = { connect: async () => ({ publicKey: "GCCK2JISUUTIJKYUHIT6FJKM2G73ZP5L6I2GPTUFFIMV6ZZF32DDCXBI" }) }`

func screenOf(width, height int64) chromedp.Action[chromedp.Void] {
	return command(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 600})
}

func inEveryPage(source string) chromedp.Action[chromedp.Void] {
	return command(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source})
}

// On a phone, where no wallet is an extension, whoever opens the page sees how to pay, and nothing
// moves while the script looks for wallets.
func TestMainButtonIsVisibleWithoutScrolling(t *testing.T) {
	ctx := tab(t)
	do(t, ctx, inEveryPage(`window.shift = 0; new PerformanceObserver((list) => list.getEntries().forEach((e) => (window.shift += e.value))).observe({ type: "layout-shift", buffered: true })`))
	err := withServer(func(origin string) error {
		for _, size := range []struct{ width, height int64 }{{390, 844}, {320, 844}} {
			for _, l := range text.Languages {
				do(t, ctx, screenOf(size.width, size.height), chromedp.Navigate(origin+"/wallets?lang="+l.Tag))
				await(t, ctx, `document.querySelectorAll("[data-wallet-others] li").length`, "5")
				await(t, ctx, `!!document.querySelector("[data-left]").textContent`, "true")
				end, err := strconv.ParseFloat(value(t, ctx, element("wallet-link")+`.getBoundingClientRect().bottom`), 64)
				if err != nil {
					return err
				}
				if end > float64(size.height) {
					t.Errorf("%s at %d: the button ends at %.0f px, below the screen of %d", l.Tag, size.width, end, size.height)
				}
				if got := value(t, ctx, `document.querySelector("[data-testid=wallet-albedo]").checkVisibility() + " " + window.shift`); got != "false 0" {
					t.Errorf("%s at %d: a wallet that is not installed is unfolded, or something moved: %s", l.Tag, size.width, got)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestInstalledWalletsStandAboveTheMainButton(t *testing.T) {
	ctx := tab(t)
	do(t, ctx, inEveryPage(rabet), screenOf(1280, 800))
	err := withServer(func(origin string) error {
		do(t, ctx, chromedp.Navigate(origin+"/wallets"))
		await(t, ctx, element("wallet-rabet")+`?.checkVisibility()`, "true")
		got := value(t, ctx, element("wallet-rabet")+`.getBoundingClientRect().bottom < `+element("wallet-link")+`.getBoundingClientRect().top`)
		if got != "true" {
			t.Error("the main button comes first")
		}
		for _, name := range []string{"freighter", "lobstr", "xbull", "albedo"} {
			if got := value(t, ctx, visible("wallet-"+name)); got != "false" {
				t.Errorf("%s is not folded", name)
			}
		}
		do(t, ctx, chromium.Click(`[data-testid="other-wallets"] summary`))
		await(t, ctx, visible("wallet-albedo"), "true")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What an account holds is written in the page's language, and an amount keeps its order where the
// text runs from right to left.
func TestQuotesAreInTheLanguageOfThePage(t *testing.T) {
	ctx := tab(t)
	do(t, ctx, inEveryPage(rabet), screenOf(390, 844))
	err := withServer(func(origin string) error {
		for lang, want := range map[string]string{
			"en": "Account GCCK…CXBI can spend 12.50 USDC, and 50 USDC are due. Pay with another asset below, or put more USDC into the account. Pay about 150.25 XLM, at most 151.7525 XLM",
			"de": "Das Konto GCCK…CXBI kann 12,50 USDC ausgeben, zu zahlen sind 50 USDC. Zahlen Sie unten mit einem anderen Wert, oder zahlen Sie mehr USDC auf das Konto ein. Etwa 150,25 XLM zahlen, höchstens 151,7525 XLM",
			"ar": "يمكن للحساب \u2068GCCK…CXBI\u2069 أن ينفق \u206812.50 USDC\u2069، والمطلوب \u206850 USDC\u2069. ادفع بأصل آخر مما يلي، أو أضف المزيد من \u2068USDC\u2069 إلى الحساب. ادفع نحو \u2068150.25 XLM\u2069، بحد أقصى \u2068151.7525 XLM\u2069",
		} {
			do(t, ctx, chromedp.Navigate(origin+"/wallets?lang="+lang), chromium.Click(`[data-testid="wallet-rabet"]`))
			await(t, ctx, fmt.Sprintf(`%s.textContent + " " + %s?.textContent`, element("wallet-words"), element("send-XLM")), want)
			if got := value(t, ctx, `document.querySelector("[data-holding]").textContent`); lang == "de" && got != "12,50 USDC" {
				t.Errorf("in %s the account holds %q", lang, got)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
