package runtime

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
)

// The bodies that are read hold 2 MiB together, and two of them what is left of a megabyte. Here
// each may have read a chunk of 64 KiB more, since all begin at once.
func TestBodiesHoldLittleMemoryAndSlowOnesBlockNobody(t *testing.T) {
	const mebibyte = 1 << 20
	cases := map[string]struct {
		stalled, chunks, others int
		most                    int // bytes that are held
	}{
		"many at once":                 {0, 0, 64, 8 * mebibyte},
		"slow ones that hold little":   {20, 1, 4, 6 * mebibyte},
		"slow ones that hold too much": {16, 4, 4, 9 * mebibyte},
	}
	const timeout = 8000 // of the slow ones in bodies.mjs, in milliseconds, less what passes before the others begin
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			load := fmt.Sprintf(`{"stalled": %d, "chunks": %d, "others": %d}`, c.stalled, c.chunks, c.others)
			cmd := exec.CommandContext(t.Context(), filepath.Join("..", "..", "node_modules", ".bin", "node"), "bodies.mjs", load)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v\n%s", err, stderr.Bytes())
			}
			var got struct{ Complete, Took, Most int }
			if err := json.Unmarshal(out, &got); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			said := fmt.Sprintf("%d of %d were read, in %d ms; %d bytes were held", got.Complete, c.others, got.Took, got.Most)
			if got.Complete != c.others || got.Most > c.most || c.stalled > 0 && got.Took > timeout-1000 {
				t.Error(said)
			}
		})
	}
}
