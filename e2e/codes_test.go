package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// declaredCodes parses the error codes from the service's table.
func declaredCodes(t *testing.T) []string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(root, "worker", "error.go"))
	if err != nil {
		t.Fatal(err)
	}
	codes := captures(regexp.MustCompile(`(?m)^\s+Code\w+\s+Code = "(\w+)"`), source)
	if len(codes) == 0 {
		t.Fatal("worker/error.go declares no codes in the way that this test reads")
	}
	return codes
}

// transcribedCodes parses the error codes from the golden files.
func transcribedCodes(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/errors/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, captures(regexp.MustCompile(`"code": "(\w+)"`), text)...)
	}
	return codes
}

func captures(pattern *regexp.Regexp, text []byte) []string {
	var found []string
	for _, match := range pattern.FindAllSubmatch(text, -1) {
		found = append(found, string(match[1]))
	}
	return found
}
