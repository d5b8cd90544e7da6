package worker_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"edgecheckout/worker"
)

// javaScript reads the modules that stand before the service on Cloudflare.
func javaScript(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("../wasm/*.mjs")
	if err != nil || len(files) == 0 {
		t.Fatalf("no modules: %v", err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// pattern reads a regular expression of wasm/routes.mjs.
func pattern(t *testing.T, source, name string) *regexp.Regexp {
	t.Helper()
	match := regexp.MustCompile(`(?m)^export const ` + name + ` = /(.*)/;$`).FindStringSubmatch(source)
	if match == nil {
		t.Fatalf("no %s in wasm/routes.mjs", name)
	}
	return regexp.MustCompile(match[1])
}

func TestTheEdgeKnowsWhatIsPublicAndWhatIsCached(t *testing.T) {
	s := deploy(t)
	edge := s.edge()
	source := javaScript(t)
	public, cacheable, page := pattern(t, source, "PUBLIC"), pattern(t, source, "CACHEABLE"), pattern(t, source, "PAGE")
	ask := s.ask(t, edge)
	for _, route := range edge.Routes() {
		method, template, _ := strings.Cut(route.Pattern, " ")
		path := regexp.MustCompile(`\{\w+\}`).ReplaceAllString(template, "x_01kay3t4w5x6y7z8a90123456z")
		if got, want := public.MatchString(path), route.Scheme == ""; got != want {
			t.Errorf("%s is for everybody: %t; PUBLIC matches: %t", route.Pattern, want, got)
		}
		if got, want := page.MatchString(path), route.Function == "getPage"; got != want {
			t.Errorf("%s is the page: %t; PAGE matches: %t", route.Pattern, want, got)
		}
		kept := false
		if method == http.MethodGet {
			kept = strings.HasPrefix(ask(route.Pattern, "", "").header.Get("Cache-Control"), "public")
		}
		if got := cacheable.MatchString(path); got != kept {
			t.Errorf("%s may be kept: %t; CACHEABLE matches: %t", route.Pattern, kept, got)
		}
	}
}

func TestTheEdgeTellsErrorsAsTheTableHasThem(t *testing.T) {
	codes := worker.Codes()
	told := map[string]bool{}
	for _, match := range regexp.MustCompile(`problem\(id, (\d+), "(\w+)", "(\w+)"`).FindAllStringSubmatch(javaScript(t), -1) {
		status, err := strconv.Atoi(match[1])
		if err != nil {
			t.Fatal(err)
		}
		told[match[3]] = true
		if got := (worker.CodeMeaning{Status: status, Type: match[2]}); codes[match[3]] != got {
			t.Errorf("%s is told as %v, but stands in the table as %v", match[3], got, codes[match[3]])
		}
	}
	for _, code := range []worker.Code{worker.CodeRateLimited, worker.CodeUnavailable, worker.CodeInternal} {
		if !told[string(code)] {
			t.Errorf("the edge does not tell %s in the way that this test reads", code)
		}
	}
}
