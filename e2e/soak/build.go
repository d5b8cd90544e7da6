package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"edgecheckout/e2e/workerd"
)

// build builds a Worker from a Go program in a directory, as the Makefile builds the service in
// build/.
func build(ctx context.Context, root, program, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := workerd.Compile(ctx, root, program, dir, "-s -w"); err != nil {
		return err
	}
	goroot, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("looking for Go's own files: %w", err)
	}
	sources, err := filepath.Glob(filepath.Join(root, "wasm", "*.mjs"))
	if err != nil {
		return err
	}
	for _, source := range append(sources, filepath.Join(strings.TrimSpace(string(goroot)), "lib", "wasm", "wasm_exec.js")) {
		text, err := os.ReadFile(source)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(source)), text, 0o644); err != nil {
			return err
		}
	}
	var seed [4]uint32
	if err := binary.Read(rand.Reader, binary.LittleEndian, &seed); err != nil {
		return err
	}
	text := fmt.Sprintf("export default [%d, %d, %d, %d];\n", seed[0], seed[1], seed[2], seed[3])
	return os.WriteFile(filepath.Join(dir, "seed.mjs"), []byte(text), 0o644)
}
