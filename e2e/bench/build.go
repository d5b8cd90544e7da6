package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"edgecheckout/e2e/workerd"
	"edgecheckout/templates/static"
)

// build makes the modules of each peer in a directory of its name.
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

// buildOurs takes what make build builds.
func buildOurs(ctx context.Context, root, dir string) error {
	if err := command(ctx, root, "make", "--silent", "build"); err != nil {
		return err
	}
	return copyModules(filepath.Join(root, "build"), dir, ".mjs", ".js", ".wasm")
}

// buildStock compiles stock/ under the shim that its own generator makes.
func buildStock(ctx context.Context, root, dir string) error {
	module := filepath.Join(root, "e2e", "bench")
	const generator = "github.com/syumai/workers/cmd/workers-assets-gen"
	if err := command(ctx, module, "go", "run", generator, "-mode=go", "-o", dir); err != nil {
		return err
	}
	return workerd.Compile(ctx, module, "./stock", dir, "-s -w")
}

// buildJS copies js/ and tells it where the page's files are.
func buildJS(_ context.Context, root, dir string) error {
	if err := copyModules(filepath.Join(root, "e2e", "bench", "js"), dir, ".js"); err != nil {
		return err
	}
	var assets strings.Builder
	for _, asset := range static.Files() {
		for name, like := range map[string]string{"script": "/assets/pay.*.js", "stylesheet": "/assets/pay.*.css", "icon": "/assets/icon.*.svg"} {
			if ok, _ := path.Match(like, asset.Path); ok {
				fmt.Fprintf(&assets, "export const %s = %q;\n", name, asset.Path)
			}
		}
	}
	return os.WriteFile(filepath.Join(dir, "assets.js"), []byte(assets.String()), 0o644)
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
