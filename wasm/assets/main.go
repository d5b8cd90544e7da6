// Command assets writes the files that Cloudflare serves without calling the Worker (Workers Static
// Assets): assets DIRECTORY. With -release it writes only the files that the pages refer to, which
// the next release then serves as well.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"edgecheckout/templates"
	"edgecheckout/templates/static"
	"edgecheckout/worker/openapi"
)

func main() {
	release := flag.Bool("release", false, "write the files of this release alone")
	flag.Parse()
	if err := run(flag.Arg(0), *release); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(directory string, release bool) error {
	files := map[string][]byte{}
	if release {
		for _, f := range static.Files() {
			files[path.Base(f.Path)] = f.Body
		}
		return write(directory, files)
	}
	for _, f := range append(static.Released(), static.Files()...) {
		files[f.Path] = f.Body
	}
	var docs bytes.Buffer
	if err := templates.Docs(openapi.Reference).Render(context.Background(), &docs); err != nil {
		return err
	}
	files["/docs.html"] = docs.Bytes()
	files["/openapi.json"] = openapi.Document
	files["/llms.txt"] = openapi.Pages
	// Whoever opens the service in a browser wants to read about it.
	files["/_redirects"] = []byte("/ /docs 302\n")
	files["/_headers"] = []byte(headers())
	return write(directory, files)
}

// headers is the file that tells Cloudflare which headers to send. The rules of a path are added to
// those for all paths.
func headers() string {
	return `/*
  Strict-Transport-Security: ` + templates.StrictTransportSecurity + `
  X-Content-Type-Options: nosniff

/assets/*
  ! Cache-Control
  Cache-Control: public, max-age=31536000, immutable

/docs
  ! Cache-Control
  Cache-Control: public, max-age=300
  Content-Security-Policy: ` + templates.ContentSecurityPolicy("") + `
  Referrer-Policy: no-referrer

/llms.txt
  ! Cache-Control
  Cache-Control: public, max-age=300

/openapi.json
  ! Cache-Control
  Cache-Control: public, max-age=300
  Access-Control-Allow-Origin: *
`
}

// write makes the directory contain exactly these files. It does not touch unchanged files, so that
// nothing reloads.
func write(directory string, files map[string][]byte) error {
	wanted := map[string]bool{}
	for name, body := range files {
		file := filepath.Join(directory, filepath.FromSlash(name))
		wanted[file] = true
		if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, body) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, body, 0o644); err != nil {
			return err
		}
	}
	return filepath.WalkDir(directory, func(file string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || wanted[file] {
			return err
		}
		return os.Remove(file)
	})
}
