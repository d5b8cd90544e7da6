package templates_test

import (
	"strings"
	"testing"

	"edgecheckout/templates"
	"edgecheckout/templates/samples"
	"edgecheckout/templates/static"
	"edgecheckout/templates/text"
	"edgecheckout/worker/openapi"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
)

// everyPage returns all pages that the package can render.
func everyPage() map[string]templ.Component {
	pages := map[string]templ.Component{
		"docs":    templates.Docs(openapi.Reference),
		"message": templates.Message(templates.MessagePage{Language: templates.English, Title: "Too many requests", Text: "Please wait.", RequestID: "req_1"}),
	}
	for _, l := range text.Languages {
		for _, s := range samples.Links("http://127.0.0.1:8787", l) {
			pages[s.Name+"-"+l.Tag] = templates.Buy(s.Link)
		}
	}
	for _, s := range samples.All("http://127.0.0.1:8787") {
		pages[s.Name] = templates.Pay(s.Checkout)
		pages[s.Name+"-receipt"] = templates.Receipt(s.Checkout)
		for _, l := range text.Languages {
			c := s.Checkout
			c.Language = l
			pages[s.Name+"-"+l.Tag] = templates.Pay(c)
			pages[s.Name+"-receipt-"+l.Tag] = templates.Receipt(c)
		}
	}
	return pages
}

func TestMarkupIsValid(t *testing.T) {
	for name, page := range everyPage() {
		t.Run(name, func(t *testing.T) {
			d := document(t, page)
			for selector, want := range map[string]int{"html[lang][dir]": 1, "h1": 1, "main": 1, "title": 1, "meta[name=viewport]": 1} {
				if got := d.Find(selector).Length(); got != want {
					t.Errorf("%d elements %s, want %d", got, selector, want)
				}
			}
			seen := map[string]bool{}
			d.Find("[id]").Each(func(_ int, s *goquery.Selection) {
				id, _ := s.Attr("id")
				if seen[id] {
					t.Errorf("id %q is not unique", id)
				}
				seen[id] = true
			})
			seen = map[string]bool{}
			d.Find("[data-testid]").Each(func(_ int, s *goquery.Selection) {
				id, _ := s.Attr("data-testid")
				if seen[id] {
					t.Errorf("test id %q is not unique", id)
				}
				seen[id] = true
			})
			d.Find("[aria-labelledby]").Each(func(_ int, s *goquery.Selection) {
				id, _ := s.Attr("aria-labelledby")
				if d.Find("#"+id).Length() != 1 {
					t.Errorf("aria-labelledby names %q, which is not there", id)
				}
			})
			level := 0
			d.Find("h1, h2, h3, h4, h5, h6").Each(func(_ int, s *goquery.Selection) {
				l := int(goquery.NodeName(s)[1] - '0')
				if l > level+1 {
					t.Errorf("heading %q skips a level", strings.TrimSpace(s.Text()))
				}
				level = l
			})
		})
	}
}

func TestEveryImageAndControlHasAnAccessibleName(t *testing.T) {
	for name, page := range everyPage() {
		d := document(t, page)
		d.Find("img, svg").Each(func(_ int, s *goquery.Selection) {
			decorative, _ := s.Attr("aria-hidden")
			label, _ := s.Attr("aria-label")
			role, _ := s.Attr("role")
			alt, isImage := s.Attr("alt")
			if decorative != "true" && !(isImage && alt == "") && (label == "" || role != "img") {
				t.Errorf("%s: a picture has no name", name)
			}
		})
		d.Find("select, textarea, input:not([type=hidden])").Each(func(_ int, s *goquery.Selection) {
			id, _ := s.Attr("id")
			if strings.TrimSpace(d.Find(`label[for="`+id+`"]`).Text()) == "" {
				t.Errorf("%s: the control %q has no label", name, id)
			}
		})
		d.Find("button, a[href]").Each(func(_ int, s *goquery.Selection) {
			if strings.TrimSpace(s.Text()) == "" {
				t.Errorf("%s: a button or link has no text", name)
			}
		})
	}
}

// The content security policy forbids inline scripts and styles, but for one style element that it
// names: see [TestPolicyNamesTheStyleOfTheBrand].
func TestPagesHaveNoInlineScriptsOrStyles(t *testing.T) {
	paths := map[string]bool{}
	for _, a := range static.Files() {
		paths[a.Path] = true
	}
	for name, page := range everyPage() {
		d := document(t, page)
		if n := d.Find("style").Length(); n != 0 && !(n == 1 && strings.Contains(name, "branded")) {
			t.Errorf("%s: %d style elements", name, n)
		}
		d.Find("script").Each(func(_ int, s *goquery.Selection) {
			if src, _ := s.Attr("src"); !paths[src] || s.Text() != "" {
				t.Errorf("%s: a script that is not an asset", name)
			}
		})
		d.Find("link").Each(func(_ int, s *goquery.Selection) {
			if href, _ := s.Attr("href"); !paths[href] {
				t.Errorf("%s: a link to %q, which is not an asset", name, href)
			}
		})
		d.Find("*").Each(func(_ int, s *goquery.Selection) {
			for _, a := range s.Nodes[0].Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(strings.ToLower(a.Val), "javascript:") {
					t.Errorf("%s: %s has an attribute %s=%q", name, goquery.NodeName(s), a.Key, a.Val)
				}
			}
		})
	}
}

func TestHostileTextIsEscaped(t *testing.T) {
	const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)> & ' ` + "\u202e\u2066"
	c := sample(t, "test-wallet")
	c.Merchant, c.Description, c.Network, c.AssetCode = hostile, hostile, hostile, hostile
	c.ID, c.Destination, c.Memo, c.Received, c.Due, c.Exception = hostile, hostile, hostile, hostile, hostile, hostile
	c.CancelURL, c.PageURL, c.TestWallet = "javascript:alert(1)", hostile, "javascript:alert(1)"
	for _, status := range []templates.Status{templates.Open, templates.Completed, templates.Expired, templates.Failed} {
		c.Status = status
		d := document(t, templates.Pay(c))
		if n := d.Find("script").Length(); n != 1 {
			t.Errorf("%s: %d scripts, want one", status, n)
		}
		if n := d.Find("img, [onerror]").Length(); n != 0 {
			t.Errorf("%s: %d injected elements", status, n)
		}
		if got := d.Find("h1 bdi").Text(); got != hostile {
			t.Errorf("%s: the merchant is called %q", status, got)
		}
		if got := byTestID(d, "description").Text(); got != hostile {
			t.Errorf("%s: the description is %q", status, got)
		}
		d.Find("[href], [action]").Each(func(_ int, s *goquery.Selection) {
			for _, name := range []string{"href", "action"} {
				if v, _ := s.Attr(name); strings.HasPrefix(v, "javascript:") {
					t.Errorf("%s: %s leads to %q", status, goquery.NodeName(s), v)
				}
			}
		})
	}
}

// Right-to-left names must not change the direction of the text beside them.
func TestNamesAreIsolatedFromTextDirection(t *testing.T) {
	for _, s := range samples.All("") {
		page := markup(t, templates.Pay(s.Checkout))
		body := page[strings.Index(page, "<body"):]
		d := document(t, templates.Pay(s.Checkout))
		isolated := d.Find("bdi").FilterFunction(func(_ int, b *goquery.Selection) bool { return b.Text() == s.Checkout.Merchant }).Length()
		if strings.Count(body, templ.EscapeString(s.Checkout.Merchant)) != isolated+d.Find("[data-title]").Length() {
			t.Errorf("%s: the merchant's name is outside a bdi element", s.Name)
		}
		if dir, _ := byTestID(d, "description").Attr("dir"); s.Checkout.Description != "" && dir != "auto" {
			t.Errorf("%s: the description has the direction %q", s.Name, dir)
		}
	}
}
