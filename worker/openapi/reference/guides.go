package main

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"edgecheckout/templates"
)

// guideTexts are the guides, in the order of their names. "# " begins a guide, "## " a step, and a
// fence an example. Examples that follow each other are the same one in several languages; the word
// after the language is its role (see [templates.Code]).
//
//go:embed guides/*.md
var guideTexts embed.FS

var languages = map[string]string{"sh": "curl", "js": "Node.js", "go": "Go"}

// readGuides parses the guides.
func readGuides() ([]templates.Guide, error) {
	var guides []templates.Guide
	names, err := fs.Glob(guideTexts, "guides/*.md")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(guideTexts, name)
		if err != nil {
			return nil, err
		}
		parsed, err := parseGuides(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		guides = append(guides, parsed...)
	}
	return guides, nil
}

func parseGuides(text string) (guides []templates.Guide, err error) {
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		title, isGuide := strings.CutPrefix(line, "# ")
		if isGuide {
			guides = append(guides, templates.Guide{Title: title})
			continue
		}
		if line == "" {
			continue
		}
		if len(guides) == 0 {
			return nil, fmt.Errorf("line %d: a guide begins with \"# \"", i+1)
		}
		g := &guides[len(guides)-1]
		if heading, isStep := strings.CutPrefix(line, "## "); isStep {
			g.Steps = append(g.Steps, templates.Step{Heading: heading})
			continue
		}
		fence, isExample := strings.CutPrefix(line, "```")
		if len(g.Steps) == 0 {
			if isExample {
				return nil, fmt.Errorf("line %d: an example belongs below \"## \"", i+1)
			}
			g.Text = line
			continue
		}
		step := &g.Steps[len(g.Steps)-1]
		if !isExample {
			step.Blocks = append(step.Blocks, templates.Block{Text: line})
			continue
		}
		language, role, _ := strings.Cut(fence, " ")
		if languages[language] == "" {
			return nil, fmt.Errorf("line %d: there is no language %q here", i+1, language)
		}
		start := i + 1
		for i = start; i < len(lines) && lines[i] != "```"; i++ {
		}
		if i == len(lines) {
			return nil, fmt.Errorf("line %d: the example does not end", start)
		}
		code := templates.Code{
			Language: language, Name: languages[language], Role: role, Text: strings.Join(lines[start:i], "\n"),
		}
		last := len(step.Blocks) - 1
		if last >= 0 && step.Blocks[last].Text == "" && role != "setup" {
			step.Blocks[last].Codes = append(step.Blocks[last].Codes, code)
		} else {
			step.Blocks = append(step.Blocks, templates.Block{Codes: []templates.Code{code}})
		}
	}
	return guides, nil
}

// pages lists what there is to read, for machines: https://llmstxt.org.
func pages(r templates.Reference) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n> %s %s\n\n## Guides\n\n", r.Title, r.Summary, strings.ReplaceAll(r.Sections[0].Text, "\n\n", " "))
	for _, g := range r.Guides {
		fmt.Fprintf(&b, "- [%s](/docs#%s)", g.Title, templates.GuideID(g))
		if g.Text != "" {
			fmt.Fprintf(&b, ": %s", g.Text)
		}
		b.WriteString("\n")
	}
	b.WriteString("\n## Reference\n\n- [OpenAPI 3.1](/openapi.json): every operation, field and error, with examples\n")
	for _, g := range r.Groups {
		fmt.Fprintf(&b, "- [%s](/docs#%s): %s\n", g.Name, templates.GroupID(g), g.Text)
	}
	b.WriteString("- [Errors](/docs#errors): every code, its status and its meaning\n")
	return []byte(b.String())
}
