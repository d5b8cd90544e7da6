package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"edgecheckout/e2e/workerd"
	"edgecheckout/templates/static"
	"edgecheckout/templates/text"
)

// build builds the modules of each peer in a directory of the peer's name.
func build(ctx context.Context, root, dir string) error {
	for name, make := range map[string]func(ctx context.Context, root, dir string) error{ours: buildOurs, stock: buildStock, js: buildJS} {
		target := filepath.Join(dir, name)
		if err := os.MkdirAll(target, 0o755); err != nil {
			return err
		}
		if err := make(ctx, root, target); err != nil {
			return fmt.Errorf("building %s: %w", name, err)
		}
	}
	return nil
}

// buildOurs copies the output of make build.
func buildOurs(ctx context.Context, root, dir string) error {
	if err := command(ctx, root, "make", "--silent", "build"); err != nil {
		return err
	}
	return copyModules(filepath.Join(root, "build"), dir, ".mjs", ".js", ".wasm")
}

// buildStock compiles stock/ and adds the shim that its own generator writes.
func buildStock(ctx context.Context, root, dir string) error {
	module := filepath.Join(root, "e2e", "bench")
	const generator = "github.com/syumai/workers/cmd/workers-assets-gen"
	if err := command(ctx, module, "go", "run", generator, "-mode=go", "-o", dir); err != nil {
		return err
	}
	return workerd.Compile(ctx, module, "./stock", dir, "-s -w")
}

// buildJS copies js/ and tells it the paths of the static files and the texts of the page.
func buildJS(_ context.Context, root, dir string) error {
	if err := copyModules(filepath.Join(root, "e2e", "bench", "js"), dir, ".js"); err != nil {
		return err
	}
	type language struct {
		Tag       string `json:"tag"`
		Name      string `json:"name"`
		Direction string `json:"direction"`
	}
	var languages []language
	for _, l := range text.Languages {
		languages = append(languages, language{l.Tag, l.Name, l.Direction()})
	}
	paths := map[string]any{}
	for name, path := range static.Paths() {
		paths[name] = path
	}
	for file, constants := range map[string]map[string]any{
		"assets.js": paths,
		"texts.js":  {"languages": languages, "texts": text.English.Texts},
	} {
		var module strings.Builder
		for name, value := range constants {
			document, err := json.Marshal(value)
			if err != nil {
				return err
			}
			fmt.Fprintf(&module, "export const %s = %s;\n", name, document)
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(module.String()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func command(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, output)
	}
	return nil
}

func copyModules(from, to string, extensions ...string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		for _, extension := range extensions {
			if filepath.Ext(entry.Name()) != extension || !entry.Type().IsRegular() {
				continue
			}
			content, err := os.ReadFile(filepath.Join(from, entry.Name()))
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(to, entry.Name()), content, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
