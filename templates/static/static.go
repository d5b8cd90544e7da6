// Package static has the files that the pages refer to. Cloudflare serves them without calling the
// Worker, so they are not part of it; package templates knows only their paths.
package static

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"path"
	"strings"

	"edgecheckout/templates/text"
)

// File is a file that the pages refer to. Its path contains a hash of its content, so that it can
// be cached forever.
type File struct {
	Path, ContentType string
	Body              []byte
}

// bundled has the script for wallets and their adapters with the wallets' packages, which
// `make generate` writes from the folder wallets.
//
//go:embed pay.js language.js pay.css receipt.js docs.js docs.css console.css icon.svg bundled wallets/signing.json
var files embed.FS

// released has the files of the last release under the paths they had. While a new release spreads
// to the data centres, and while a page of the last one is still open, both versions are requested.
// `make release` copies the current files here.
//
//go:embed released
var released embed.FS

// names maps constants in package templates to files.
var names = []struct{ Constant, file string }{
	{"script", "pay.js"}, {"languageScript", "language.js"}, {"receiptScript", "receipt.js"}, {"stylesheet", "pay.css"}, {"icon", "icon.svg"}, {"docsScript", "docs.js"}, {"docsStylesheet", "docs.css"},
	{"walletsScript", "bundled/wallets.js"}, {"walletNotices", "bundled/notices.txt"},
	{"walletFreighter", "bundled/freighter.js"}, {"walletLobstr", "bundled/lobstr.js"}, {"walletXbull", "bundled/xbull.js"},
	{"walletRabet", "bundled/rabet.js"}, {"walletAlbedo", "bundled/albedo.js"}, {"walletWalletConnect", "bundled/walletconnect.js"},
	{"consoleStylesheet", "console.css"}, {"consoleScript", "bundled/console.js"}, {"signingTexts", "wallets/signing.json"},
}

var types = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
	".txt": "text/plain; charset=utf-8", ".json": "application/json; charset=utf-8",
}

// Files returns all files that the pages of this release refer to.
func Files() []File {
	var all []File
	for _, n := range names {
		all = append(all, read(n.file))
	}
	for _, l := range text.Languages {
		all = append(all, walletTexts(l))
	}
	return all
}

// Paths returns the paths of [Files] by their constants in package templates.
func Paths() map[string]string {
	all := map[string]string{}
	for _, n := range names {
		all[n.Constant] = read(n.file).Path
	}
	for _, l := range text.Languages {
		all["walletTexts"+strings.ToUpper(l.Tag)] = walletTexts(l).Path
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

func read(name string) File { return file(path.Base(name), open(files, name)) }

// walletTexts is what the script for wallets says in a language, by code.
func walletTexts(l *text.Language) File {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text.WalletsIn(l)); err != nil {
		panic(err)
	}
	return file("wallets-"+l.Tag+".json", b.Bytes())
}

func file(name string, body []byte) File {
	sum := sha256.Sum256(body)
	extension := path.Ext(name)
	return File{"/assets/" + strings.TrimSuffix(name, extension) + "." + hex.EncodeToString(sum[:8]) + extension, types[extension], body}
}

// open reads an embedded file, which must exist.
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
