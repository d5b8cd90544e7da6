package workerd

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Compile builds a Go package of the repository for Workers, as app.wasm in dir. The deployed
// program is linked with ldflags "-s -w"; "-w" alone keeps function names.
func Compile(ctx context.Context, root, program, dir, ldflags string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags="+ldflags, "-o", filepath.Join(dir, "app.wasm"), program)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("compiling %s: %w\n%s", program, err, output)
	}
	return nil
}
