package e2e

import (
	"bytes"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

func document(t *testing.T, body []byte) *goquery.Document {
	t.Helper()
	d, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// isHandler reports whether an attribute is an event handler.
func isHandler(a html.Attribute) bool { return strings.HasPrefix(a.Key, "on") }

// audit runs in the page and lists barriers to its use: violations of those rules of WCAG 2.2 that
// can be checked in the document alone.
const audit = `(() => {
  const faults = [];
  const fault = (what, e) => faults.push(what + ": " + e.outerHTML.slice(0, 120));
  const shown = (e) => e.checkVisibility();
  const name = (e) =>
    e.getAttribute("aria-label") ||
    [...(e.getAttribute("aria-labelledby") || "").split(/\s+/)].map((id) => id && document.getElementById(id)?.textContent).join("") ||
    [...(e.labels || [])].map((l) => l.textContent).join("") || e.textContent || e.getAttribute("alt") || "";
  if (!document.documentElement.lang) fault("no language", document.documentElement);
  if (!document.title.trim()) faults.push("no title");
  if (/user-scalable\s*=\s*no|maximum-scale/.test(document.querySelector("meta[name=viewport]")?.content)) faults.push("no zoom");
  if (document.querySelectorAll("main").length !== 1) faults.push("not one main");
  for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, [role=img], [role=status], section"))
    if (shown(e) && !e.matches("[role=status]") && !name(e).trim()) fault("no name", e);
  for (const e of document.querySelectorAll("input:not([type=hidden]), select"))
    if (shown(e) && ![...e.labels].length) fault("no label", e);
  for (const e of document.querySelectorAll("svg"))
    if (!e.closest("[aria-hidden=true]") && e.getAttribute("role") !== "img") fault("a picture without a role", e);
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push("two of " + id);
  for (const e of document.querySelectorAll("[aria-labelledby]"))
    for (const id of e.getAttribute("aria-labelledby").split(/\s+/)) if (!document.getElementById(id)) fault("labelled by nothing", e);
  for (const e of document.querySelectorAll("[tabindex]")) if (e.tabIndex > 0) fault("an order of its own", e);
  let level = 0;
  for (const e of document.querySelectorAll("h1, h2, h3, h4")) {
    if (!shown(e)) continue;
    const next = Number(e.tagName[1]);
    if (next > level + 1) fault("a heading skips a level", e);
    level = next;
  }
  if ([...document.querySelectorAll("h1")].filter(shown).length !== 1) faults.push("not one h1");
  for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select")) {
    const { width, height } = e.getBoundingClientRect();
    if (shown(e) && getComputedStyle(e).display !== "inline" && (width < 24 || height < 24)) fault("too small to hit", e);
  }
  if (document.documentElement.scrollWidth > innerWidth) faults.push("wider than the screen: " + document.documentElement.scrollWidth);
  return faults.join("\n");
})()`

// audited fails the test if the audit of the tab's page finds anything.
func (b *tab) audited(name string) {
	b.t.Helper()
	for fault := range strings.Lines(evaluate[string](b, audit)) {
		b.t.Errorf("%s: %s", name, strings.TrimSpace(fault))
	}
}
