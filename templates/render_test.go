package templates_test

import (
	"context"
	"strings"
	"testing"

	"edgecheckout/templates"
	"edgecheckout/templates/samples"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
	"golang.org/x/net/html"
)

// sample returns the sample checkout with a name.
func sample(t *testing.T, name string) templates.Checkout {
	t.Helper()
	for _, s := range samples.All("http://127.0.0.1:8787") {
		if s.Name == name {
			return s.Checkout
		}
	}
	t.Fatalf("there is no sample %q", name)
	return templates.Checkout{}
}

func markup(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// document parses a page as a browser without scripts does, so that it includes the contents of
// noscript elements.
func document(t *testing.T, c templ.Component) *goquery.Document {
	t.Helper()
	root, err := html.ParseWithOptions(strings.NewReader(markup(t, c)), html.ParseOptionEnableScripting(false))
	if err != nil {
		t.Fatal(err)
	}
	return goquery.NewDocumentFromNode(root)
}

func byTestID(d *goquery.Document, id string) *goquery.Selection {
	return d.Find(`[data-testid="` + id + `"]`)
}

// shown is the text of the selected elements without hidden ones, with white space collapsed.
func shown(s *goquery.Selection) string {
	if s.Closest("[hidden]").Length() > 0 {
		return ""
	}
	visible := s.Clone()
	visible.Find("[hidden]").Remove()
	visible.Find("h1, h2, p, div, dt, dd, li").AppendHtml(" ")
	return strings.Join(strings.Fields(visible.Text()), " ")
}
