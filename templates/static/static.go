// Package static holds the files that the pages refer to. Cloudflare serves them without calling the Worker, so that they are no part of it;
// package templates knows their names alone.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"path"
	"strings"
)

// File is a file that the pages refer to. Its path holds a hash of its content, so that it can be kept for ever.
type File struct {
	Path, ContentType string
	Body              []byte
}

//go:embed pay.js pay.css docs.js docs.css icon.svg
var files embed.FS

// released has the files of the last release, under their names of then. While a release reaches the data centres, and for as long as a page of
// the last one is open, both are asked for. `make release` makes it the files of now.
//
//go:embed released
var released embed.FS

// names of the files, by what package templates calls them.
var names = []struct{ Constant, file string }{
	{"script", "pay.js"}, {"stylesheet", "pay.css"}, {"icon", "icon.svg"}, {"docsScript", "docs.js"}, {"docsStylesheet", "docs.css"},
}

var types = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
}

// Files returns every file that the pages of this release refer to.
func Files() []File {
	var all []File
	for _, n := range names {
		all = append(all, read(n.file))
	}
	return all
}

// Paths returns the paths of Files by the constants that package templates has for them.
func Paths() map[string]string {
	all := map[string]string{}
	for _, n := range names {
		all[n.Constant] = read(n.file).Path
	}
	return all
}

// Released returns the files that the pages of the last release refer to.
func Released() []File {
	var all []File
	for _, name := range list(released, "released") {
		all = append(all, File{"/assets/" + name, types[path.Ext(name)], open(released, "released/"+name)})
	}
	return all
}

func read(name string) File {
	body := open(files, name)
	sum := sha256.Sum256(body)
	kind, extension := types[path.Ext(name)], path.Ext(name)
	return File{"/assets/" + strings.TrimSuffix(name, extension) + "." + hex.EncodeToString(sum[:8]) + extension, kind, body}
}

// open reads a file that was embedded, which is there.
func open(from embed.FS, name string) []byte {
	body, err := from.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return body
}

func list(from embed.FS, directory string) []string {
	entries, err := from.ReadDir(directory)
	if err != nil {
		panic(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}
