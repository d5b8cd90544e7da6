package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"io"
	"path"
	"regexp"
	"strings"
	"testing"
)

func TestFilesAreNamedByTheirContent(t *testing.T) {
	types := map[string]string{"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml", "txt": "text/plain; charset=utf-8", "json": "application/json; charset=utf-8"}
	seen := map[string]bool{}
	for _, a := range append(Files(), Released()...) {
		m := regexp.MustCompile(`^/assets/[a-z-]+\.([0-9a-f]{16})\.([a-z]+)$`).FindStringSubmatch(a.Path)
		if m == nil {
			t.Errorf("path %q", a.Path)
			continue
		}
		sum := sha256.Sum256(a.Body)
		if m[1] != hex.EncodeToString(sum[:8]) {
			t.Errorf("%s does not hold the hash of its content", a.Path)
		}
		if a.ContentType != types[m[2]] {
			t.Errorf("%s is of type %q", a.Path, a.ContentType)
		}
		seen[m[2]] = true
	}
	if len(seen) != len(types) {
		t.Errorf("kinds of assets: %v", seen)
	}
}

func TestScriptsAreSmall(t *testing.T) {
	for _, a := range Files() {
		if !strings.HasSuffix(a.Path, ".js") {
			continue
		}
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := w.Write(a.Body); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		most := 6 << 10
		if strings.Contains(a.Path, "/walletconnect.") {
			most = 112 << 10 // a protocol with its cryptography, and codes to scan
		}
		if b.Len() > most {
			t.Errorf("%s has %d bytes gzip, more than %d", a.Path, b.Len(), most)
		}
	}
}

func TestIconIsWellFormed(t *testing.T) {
	for _, a := range Files() {
		if !strings.HasSuffix(a.Path, ".svg") {
			continue
		}
		d := xml.NewDecoder(strings.NewReader(string(a.Body)))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A page of the last release, still open or served by a data centre that is not yet updated, must
// find its files.
func TestFilesOfTheLastReleaseAreKept(t *testing.T) {
	kinds := map[string]bool{}
	for _, f := range Released() {
		name, _, _ := strings.Cut(strings.TrimPrefix(f.Path, "/assets/"), ".")
		kinds[name+path.Ext(f.Path)] = true
	}
	for _, kind := range []string{"pay.js", "pay.css", "docs.css", "icon.svg"} {
		if !kinds[kind] {
			t.Errorf("the last release's %s is not in released: run make release", kind)
		}
	}
}
