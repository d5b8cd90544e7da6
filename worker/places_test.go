package worker_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

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
			t.Errorf("%s has no line in codes: it would be told with the status 0", code)
		}
	}
	if len(declared) < len(table) {
		t.Errorf("%d codes are declared in the way that this test reads, and %d stand in the table", len(declared), len(table))
	}
}

func TestEveryRouteIsInTheREADME(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range worker.Operations() {
		_, path, _ := strings.Cut(route.Pattern, " ")
		if path == "/assets/{name}" {
			continue // only pages ask for these
		}
		if !regexp.MustCompile("[` ]" + regexp.QuoteMeta(path) + "[`?]").Match(readme) {
			t.Errorf("README.md does not say what %s is for", route.Pattern)
		}
	}
}

// What stands in the root is what a newcomer sees first; what a tool leaves behind there must not be committed with everything else.
func TestTheRootHoldsOnlyWhatBelongsThere(t *testing.T) {
	list := exec.Command("git", "ls-files", "-z")
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatalf("git, which must be installed, does not list the files: %v", err)
	}
	belongs := map[string]bool{}
	for _, name := range strings.Fields(`.ci .dev.vars.example .github .gitignore LICENSE Makefile README.md docs e2e go.mod go.sum package-lock.json package.json
		sandbox templates wasm worker wrangler.toml`) {
		belongs[name] = true
	}
	found := map[string]bool{}
	for _, path := range strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		root, _, _ := strings.Cut(path, "/")
		if found[root] = true; !belongs[root] {
			t.Errorf("%s does not belong into the root", path)
		}
	}
	for name := range belongs {
		if !found[name] {
			t.Errorf("there is no %s in the root", name)
		}
	}
}
