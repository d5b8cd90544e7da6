package worker_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docs/architecture.md lists the packages from the bottom of the graph up.
func TestPackagesImportOnlyThoseListedBeforeThem(t *testing.T) {
	text, err := os.ReadFile("../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, match := range regexp.MustCompile("(?m)^- \\*\\*`(worker[a-z/]*)`\\*\\*").FindAllSubmatch(text, -1) {
		listed = append(listed, string(match[1]))
	}
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	const module = "edgecheckout/"
	for line := range strings.Lines(string(out)) {
		imports := strings.Fields(line)
		name := strings.TrimPrefix(imports[0], module)
		place := slices.Index(listed, name)
		if place < 0 {
			if strings.Count(name, "/") == 1 {
				t.Errorf("docs/architecture.md does not list %s", name)
			}
			continue // subpackages belong to it: its test doubles, its generator
		}
		for _, imported := range imports[1:] {
			imported, ours := strings.CutPrefix(imported, module)
			if ours && !strings.HasPrefix(imported, "templates") && !slices.Contains(listed[:place], imported) && !strings.HasPrefix(imported, "worker/kv/") {
				t.Errorf("%s imports %s, which docs/architecture.md lists behind it, or not at all", name, imported)
			}
		}
	}
}
