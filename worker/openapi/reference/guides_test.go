package main

import (
	"strings"
	"testing"

	"edgecheckout/templates"

	"github.com/google/go-cmp/cmp"
)

func TestGuidesAreParsed(t *testing.T) {
	got, err := parseGuides("# One\n\nAbout one.\n\n## Step\n\nFirst `a`.\n\n```sh setup\nexport A=1\n```\n\n" +
		"```sh\ncurl a\n\ncurl b\n```\n\n```go prelude\npackage main\n```\n\nThen.\n\n# Two\n\n## Alone\n")
	want := []templates.Guide{
		{Title: "One", Text: "About one.", Steps: []templates.Step{{Heading: "Step", Blocks: []templates.Block{
			{Text: "First `a`."},
			{Codes: []templates.Code{
				{Language: "sh", Name: "curl", Role: "setup", Text: "export A=1"},
				{Language: "sh", Name: "curl", Text: "curl a\n\ncurl b"},
				{Language: "go", Name: "Go", Role: "prelude", Text: "package main"},
			}},
			{Text: "Then."},
		}}}},
		{Title: "Two", Steps: []templates.Step{{Heading: "Alone"}}},
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("guides (- want, + got):\n%s", diff)
	}
	for text, want := range map[string]string{
		"About.":                          "begins with",
		"# One\n\n```sh\na\n```":          "belongs below",
		"# One\n\n## Two\n\n```sh\na":     "does not end",
		"# One\n\n## Two\n\n```c\na\n```": "no language",
	} {
		if _, err := parseGuides(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Pasted in order, the examples must not contradict each other.
func TestExamplesHaveAnIdempotencyKeyOfTheirOwn(t *testing.T) {
	page, err := render()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, part := range strings.Split(string(page.reference), "Idempotency-Key: ")[1:] {
		key := part[:strings.IndexAny(part, "&'\"")]
		if seen[key] {
			t.Errorf("the key %s is used by two examples", key)
		}
		seen[key] = true
	}
	if len(seen) < 10 {
		t.Errorf("only %d keys were found", len(seen))
	}
}
