package worker_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestTestsThatTheSecurityDocsNameExist(t *testing.T) {
	exist := map[string]bool{}
	declaration := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	for _, folder := range []string{"../worker", "../e2e", "../wasm", "../templates"} {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, match := range declaration.FindAllSubmatch(text, -1) {
				exist[string(match[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	docs, err := os.ReadFile("../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| .+ \\| .+ \\| (`Test\\w+`(?:, `Test\\w+`)*) \\| .+ \\|$")
	rows := row.FindAllSubmatch(docs, -1)
	headings := strings.Count(string(docs), "|---|---|---|---|")
	if all := strings.Count(string(docs), "\n| ") - headings; len(rows) != all {
		t.Errorf("%d of %d attacks name a test, and without what it fails", len(rows), all)
	}
	for _, match := range rows {
		for _, name := range strings.Split(string(match[1]), ", ") {
			if name = strings.Trim(name, "`"); !exist[name] {
				t.Errorf("there is no %s", name)
			}
		}
	}
}
