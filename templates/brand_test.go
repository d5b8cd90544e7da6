package templates_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"edgecheckout/templates"
	"edgecheckout/templates/samples"

	"github.com/PuerkitoBio/goquery"
	"pgregory.net/rapid"
)

// variables parses the style of a brand: custom properties by scheme.
func variables(t *testing.T, color string) map[string]map[string]string {
	t.Helper()
	c := sample(t, "waiting")
	c.Color = color
	style := document(t, templates.Pay(c)).Find("style").Text()
	light, dark, ok := strings.Cut(style, "@media screen and (prefers-color-scheme:dark){")
	if !ok {
		t.Fatalf("the style of %q is %q", color, style)
	}
	schemes := map[string]map[string]string{"light": {}, "dark": {}}
	for scheme, text := range map[string]string{"light": light, "dark": light + dark} {
		for _, m := range regexp.MustCompile(`--([a-z-]+):(#[0-9a-f]{6})`).FindAllStringSubmatch(text, -1) {
			schemes[scheme][m[1]] = m[2]
		}
	}
	return schemes
}

// Whatever the colour is, what is written in it or on it can be read, in both schemes of the
// stylesheet.
func TestAnyColourOfABrandHasContrast(t *testing.T) {
	palettes := palettes(t)
	rapid.Check(t, func(r *rapid.T) {
		color := fmt.Sprintf("#%06x", rapid.Uint32Range(0, 0xffffff).Draw(r, "color"))
		for scheme, brand := range variables(t, color) {
			pairs := [][2]string{{brand["on-button"], brand["button"]}, {brand["on-button"], brand["button-strong"]}}
			for _, ground := range []string{"paper", "ground", "warn-ground"} {
				pairs = append(pairs, [2]string{brand["accent"], palettes[scheme][ground]}, [2]string{brand["accent-strong"], palettes[scheme][ground]})
			}
			for _, pair := range pairs {
				if got := contrast(t, pair[0], pair[1]); got < 4.5 {
					r.Fatalf("%s, %s: %s on %s has %.2f:1", color, scheme, pair[0], pair[1], got)
				}
			}
			if brand["button"] != color {
				r.Fatalf("%s: the button is %s", color, brand["button"])
			}
		}
	})
}

// A colour that can be read is taken as it is.
func TestReadableColourIsKept(t *testing.T) {
	if got := variables(t, "#0a6c40")["light"]["accent"]; got != "#0a6c40" {
		t.Errorf("a dark green became %s", got)
	}
	if got := variables(t, "#9db5ff")["dark"]["accent"]; got != "#9db5ff" {
		t.Errorf("a light blue became %s in the dark scheme", got)
	}
}

func TestPolicyNamesTheStyleOfTheBrand(t *testing.T) {
	for _, s := range samples.All("https://cdn.example") {
		c := s.Checkout
		style := document(t, templates.Pay(c)).Find("style")
		want := "style-src 'self';"
		if style.Length() == 1 {
			sum := sha256.Sum256([]byte(style.Text()))
			want = "style-src 'self' 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"
		}
		images := "img-src 'self';"
		if c.LogoURL != "" {
			images = "img-src 'self' https://cdn.example;"
		}
		if got := c.ContentSecurityPolicy(""); !strings.Contains(got, want) || !strings.Contains(got, images) || strings.Contains(got, "unsafe") {
			t.Errorf("%s: the policy is %s, want %s and %s", s.Name, got, want, images)
		}
	}
	b := templates.Brand{Color: "#fff;}body{display:none", LogoURL: "https://a.example;script-src */x", PictureURL: "javascript:alert(1)"}
	if got := b.ContentSecurityPolicy(""); got != templates.ContentSecurityPolicy("") {
		t.Errorf("what is no colour and no web URL changed the policy: %s", got)
	}
}

// The support address stands wherever the page says whom to ask, and nowhere if there is none.
func TestSupportAddressStandsWhereThePageSaysWhomToAsk(t *testing.T) {
	for _, s := range samples.All("") {
		c := s.Checkout
		if c.SupportEmail = ""; document(t, templates.Pay(c)).Find("[href^='mailto:'], .contact:not(:has([data-testid=website]))").Length() != 0 {
			t.Errorf("%s: a contact without an address", s.Name)
		}
		c.SupportEmail = "help+50%?@shop.example"
		d := document(t, templates.Pay(c))
		shown := d.Find("[href^='mailto:']").FilterFunction(func(_ int, a *goquery.Selection) bool { return a.ParentsFiltered("[hidden]").Length() == 0 })
		if shown.Length() == 0 {
			t.Errorf("%s: nobody to ask", s.Name)
			continue
		}
		if got, want := shown.AttrOr("href", ""), "mailto:help+50%25%3F@shop.example?subject="+c.ID; got != want {
			t.Errorf("%s: %s, want %s", s.Name, got, want)
		}
	}
}
