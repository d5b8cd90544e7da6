package templates_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"edgecheckout/templates"
	"edgecheckout/templates/samples"
	"edgecheckout/templates/text"

	"github.com/a-h/templ"
	"golang.org/x/net/html"
)

// unreadable is a language whose texts have no letters, but the same values.
func unreadable() *text.Language {
	l := *text.English
	l.Tag, l.Name = "xx", "¤"
	value := regexp.MustCompile(`\{[a-z-]+\}`)
	blank := func(s string) string { return "¤" + strings.Join(value.FindAllString(s, -1), "¤") }
	texts := reflect.ValueOf(&l.Texts).Elem()
	for i := range texts.NumField() {
		switch f := texts.Field(i).Addr().Interface().(type) {
		case *string:
			*f = blank(*f)
		case *text.Plural:
			*f = text.Plural{One: blank(f.One), Other: blank(f.Other)}
		case *[12]string:
			for i := range f {
				f[i] = "¤"
			}
		}
	}
	return &l
}

// What people read on a page, or have read to them, comes from the catalogues or from the checkout.
// The test wallet is for developers, and the list of languages is in all of them.
func TestEveryTextOfAPageIsInTheCatalogues(t *testing.T) {
	letters := regexp.MustCompile(`\p{L}{2,}`)
	pages := map[string]templ.Component{}
	for _, s := range samples.Links("", unreadable()) {
		s.Link.Merchant, s.Link.Description, s.Link.AssetCode, s.Link.Network, s.Link.IssuerName, s.Link.Typed = "1", "2", "3", "4", "5", "6"
		if s.Link.IssuerDomain != "" {
			s.Link.IssuerDomain = "7"
		}
		pages[s.Name] = templates.Buy(s.Link)
	}
	for _, s := range samples.All("") {
		c := s.Checkout
		c.Language, c.Merchant, c.Description, c.AssetCode, c.Network, c.IssuerName = unreadable(), "1", "2", "3", "4", "5"
		if c.IssuerDomain != "" {
			c.IssuerDomain = "6"
		}
		for i := range c.Payments {
			c.Payments[i].AssetCode = "3"
		}
		pages[s.Name], pages[s.Name+"-receipt"] = templates.Pay(c), templates.Receipt(c)
	}
	for name, page := range pages {
		d := document(t, page)
		d.Find("code, svg > *, script, style, [data-testid=test-wallet], .languages ul, [data-testid=website], [data-testid=worth], [href^='mailto:']").Remove()
		for _, n := range d.Find("*").Contents().Nodes {
			if n.Type != html.TextNode {
				continue
			}
			text := strings.ReplaceAll(n.Data, "https://horizon-testnet.stellar.org/transactions/{hash}", "")
			if text = strings.ReplaceAll(text, "UTC", ""); letters.MatchString(text) {
				t.Errorf("%s: %q is in no catalogue", name, strings.TrimSpace(n.Data))
			}
		}
		for _, attribute := range []string{"aria-label", "title", "alt", "placeholder", "data-text", "data-copied", "data-selected", "data-today", "data-title"} {
			for _, n := range d.Find("[" + attribute + "]").EachIter() {
				if strings.HasPrefix(n.AttrOr("data-testid", ""), "payment-") {
					continue // its name has a piece of the hash
				}
				value := regexp.MustCompile(`\{[a-z-]+\}`).ReplaceAllString(n.AttrOr(attribute, ""), "")
				if letters.MatchString(value) {
					t.Errorf("%s: %s=%q is in no catalogue", name, attribute, value)
				}
			}
		}
	}
}

// A sentence has words with a space between them; what is left are selectors, which begin with a
// sign, and names.
func TestScriptsOfThePageHoldNoSentences(t *testing.T) {
	sentence := regexp.MustCompile("^[\"`][A-Z]?[a-z’']+,? [a-z]+")
	wallets, err := filepath.Glob("static/wallets/*.js")
	if err != nil || len(wallets) == 0 {
		t.Fatal(err)
	}
	for _, file := range append(wallets, "static/pay.js", "static/language.js", "static/receipt.js") {
		script, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code := regexp.MustCompile(`(?m)(^|\s)//.*$`).ReplaceAllString(string(script), "")
		for _, literal := range regexp.MustCompile("\"[^\"\n]*\"|`[^`]*`").FindAllString(code, -1) {
			if sentence.MatchString(literal) {
				t.Errorf("%s: %s is a text", file, literal)
			}
		}
	}
}
