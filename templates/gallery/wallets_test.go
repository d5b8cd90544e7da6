package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"edgecheckout/e2e/chromium"
	"edgecheckout/e2e/walletconnect"
	"edgecheckout/templates"
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

// withWalletConnect is a page that offers WalletConnect, for a project.
func withWalletConnect(t *testing.T, project string) *shop {
	t.Helper()
	c := sample(t, "wallets")
	c.WalletConnect = templates.WalletConnect{Project: project, Chain: "stellar:testnet"}
	return newShop(t, c)
}

// chooseWalletConnect opens a page and chooses WalletConnect, which comes first of the wallets that
// are not in the browser.
func chooseWalletConnect(t *testing.T, ctx context.Context, s *shop) {
	t.Helper()
	do(t, ctx, chromedp.Navigate(s.URL+"/page"))
	await(t, ctx, `document.querySelector("[data-wallet-others] button")?.textContent`, "WalletConnectLOBSTR, Freighter and others, on a phone")
	do(t, ctx, chromium.Click(`[data-testid="other-wallets"] summary`), chromium.Click(`[data-testid="wallet-walletconnect"]`))
}

const said = `document.querySelector("[data-wallet-step]").dataset.code`

// A camera reads what the page copies: the only code that is visible, in both schemes.
func TestCodeForAWalletOnAPhoneCanBeScanned(t *testing.T) {
	ctx := tab(t)
	s := withWalletConnect(t, walletconnect.Project)
	for _, scheme := range []string{"light", "dark"} {
		see(t, ctx, looks{1280, 1, scheme, "none"})
		chooseWalletConnect(t, ctx, s)
		await(t, ctx, said, "scan")
		value(t, ctx, `navigator.clipboard.writeText = async (text) => { window.copied = text }`)
		do(t, ctx, chromium.Click(`[data-testid="copy-code"]`))
		await(t, ctx, element("copy-code")+".textContent", "Copied")
		whole := true
		shot, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &whole})
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "page.png")
		if err := os.WriteFile(file, shot.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		read, err := exec.CommandContext(t.Context(), "zbarimg", "--quiet", "--raw", file).Output()
		if copied := value(t, ctx, "window.copied"); err != nil || strings.TrimSpace(string(read)) != copied || !strings.HasPrefix(copied, "wc:") {
			t.Errorf("%s: the codes contain %q (%v), and the page copies %q", scheme, read, err, copied)
		}
	}
}

// On a phone, links open the wallets' apps with the code, and there is none to scan.
func TestPageOnAPhoneOpensItsWallets(t *testing.T) {
	ctx := tab(t)
	s := withWalletConnect(t, walletconnect.Project)
	do(t, ctx, screenOf(390, 844), command(emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true}))
	chooseWalletConnect(t, ctx, s)
	await(t, ctx, said, "open-here")
	if got := value(t, ctx, visible("pairing")); got != "false" {
		t.Error("the phone shows a code to itself")
	}
	const links = `Array.from(document.querySelectorAll("[data-wallet-choices] a"), (a) => a.textContent + " " + a.href + " " + a.target).join("\n")`
	lobstr, freighter, _ := strings.Cut(value(t, ctx, links), "\n")
	for link, want := range map[string]string{
		lobstr:    "Open LOBSTR https://lobstr.co/uni/wc/wc?uri=%s _blank",
		freighter: "Open Freighter freighterwallet://wc-redirect/wc?uri=%s ",
	} {
		before, after, _ := strings.Cut(want, "%s")
		escaped, ok := strings.CutPrefix(link, before)
		escaped, target := strings.CutSuffix(escaped, after)
		if code, err := url.QueryUnescape(escaped); err != nil || !ok || !target || !strings.HasPrefix(code, "wc:") || !strings.Contains(code, "&symKey=") {
			t.Errorf("a link is %q, want %q with a code", link, want)
		}
	}
}

// The relay does not know the operator's project, or cannot be reached.
func TestPageSaysThatTheRelayCannotBeReached(t *testing.T) {
	ctx := tab(t)
	s := withWalletConnect(t, strings.Repeat("f", 32))
	chooseWalletConnect(t, ctx, s)
	awaitFor(t, ctx, said, "relay", 30*time.Second)
	if got := value(t, ctx, `document.querySelector("[data-wallet-choices]").innerText`); got != "Try again\nChoose another wallet" {
		t.Errorf("and offers %q", got)
	}
}

// A code is good for five minutes. The page then says so, and shows another one.
func TestPageSaysThatACodeHasExpired(t *testing.T) {
	ctx := tab(t)
	s := withWalletConnect(t, walletconnect.Project)
	chooseWalletConnect(t, ctx, s)
	await(t, ctx, said, "scan")
	value(t, ctx, `(({ now }) => (Date.now = () => now.call(Date) + 301_000))(Date)`)
	await(t, ctx, said, "code-expired")
	do(t, ctx, chromium.Click(`[data-testid="choice-0"]`))
	await(t, ctx, said, "scan")
}

// Axe finds nothing in the page with a code, on a phone or beside one.
func TestAxeFindsNothingBesideACode(t *testing.T) {
	axe, err := os.ReadFile("../../node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		touch    bool
		language *text.Language
	}{
		"beside a phone":           {false, text.English},
		"on a phone":               {true, text.English},
		"beside a phone in Arabic": {false, text.Find("ar")},
		"on a phone in German":     {true, text.Find("de")},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := tab(t)
			c := sample(t, "wallets")
			c.WalletConnect, c.Language = templates.WalletConnect{Project: walletconnect.Project, Chain: "stellar:testnet"}, test.language
			s := newShop(t, c)
			do(t, ctx, command(emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: test.touch}))
			see(t, ctx, ways[0])
			do(t, ctx, chromedp.Navigate(s.URL+"/page"), chromium.Click(`[data-testid="other-wallets"] summary`), chromium.Click(`[data-testid="wallet-walletconnect"]`))
			await(t, ctx, element("copy-code")+`?.checkVisibility()`, "true")
			if _, err := chromedp.Run(ctx, chromedp.Evaluate[chromedp.Void](string(axe))); err != nil {
				t.Fatal(err)
			}
			audit{"wallets", test.language, ways}.find(t, ctx, "the code")
		})
	}
}
