package worker_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker"
)

// sources parses the packages of the service, without their tests.
func sources(t *testing.T) (*token.FileSet, map[string]*ast.File) {
	t.Helper()
	set, files := token.NewFileSet(), map[string]*ast.File{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "test/") {
			return err
		}
		files[path], err = parser.ParseFile(set, path, nil, 0)
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	return set, files
}

func TestEveryCodeOfAnErrorIsInTheTable(t *testing.T) {
	_, files := sources(t)
	table, declared := worker.Codes(), map[string]bool{}
	ast.Inspect(files["error.go"], func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		kind, ok := spec.Type.(*ast.Ident)
		if value, literal := spec.Values[0].(*ast.BasicLit); ok && literal && kind.Name == "Code" {
			declared[strings.Trim(value.Value, `"`)] = true
		}
		return true
	})
	for code := range declared {
		if table[code].Status == 0 {
			t.Errorf("%s is not in codes: it would have the status 0", code)
		}
	}
	if len(declared) < len(table) {
		t.Errorf("this test finds %d declared codes, but %d are in the table", len(declared), len(table))
	}
}

func apiDocs(t *testing.T) string {
	t.Helper()
	docs, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(docs)
}

func TestDocsDescribeEveryRoute(t *testing.T) {
	docs := apiDocs(t)
	for _, route := range worker.Operations() {
		method, path, _ := strings.Cut(route.Pattern, " ")
		if path == "/assets/{name}" {
			continue // only pages request these
		}
		// `GET /a`, or several methods of one path: `GET` `PUT /a`.
		if !regexp.MustCompile("`" + method + "(` `[A-Z]+)* " + regexp.QuoteMeta(path) + "[`?]").MatchString(docs) {
			t.Errorf("docs/api.md does not say what %s is for", route.Pattern)
		}
	}
}

func TestDocsListExactlyTheErrorCodes(t *testing.T) {
	documented := map[string]worker.CodeMeaning{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (\\d{3}) \\| `(\\w+)` \\|").FindAllStringSubmatch(apiDocs(t), -1) {
		status, err := strconv.Atoi(row[2])
		if err != nil {
			t.Fatal(err)
		}
		documented[row[1]] = worker.CodeMeaning{Status: status, Type: row[3]}
	}
	if diff := cmp.Diff(worker.Codes(), documented); diff != "" {
		t.Errorf("docs/api.md (-answered +documented):\n%s", diff)
	}
}
