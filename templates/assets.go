package templates

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
)

// Asset is a file that the pages refer to. Its path holds a hash of its content, so it can be cached for ever.
type Asset struct {
	Path, ContentType string
	Body              []byte
}

var (
	//go:embed pay.js
	payJS []byte
	//go:embed pay.css
	payCSS []byte
	//go:embed docs.css
	docsCSS []byte
	//go:embed icon.svg
	iconSVG []byte
)

var (
	script     = newAsset("pay", "js", "text/javascript; charset=utf-8", payJS)
	stylesheet = newAsset("pay", "css", "text/css; charset=utf-8", payCSS)
	icon       = newAsset("icon", "svg", "image/svg+xml", iconSVG)

	docsStylesheet = newAsset("docs", "css", "text/css; charset=utf-8", docsCSS)
)

func newAsset(name, extension, contentType string, body []byte) Asset {
	sum := sha256.Sum256(body)
	return Asset{
		Path:        "/assets/" + name + "." + hex.EncodeToString(sum[:8]) + "." + extension,
		ContentType: contentType,
		Body:        body,
	}
}

// Assets returns every file that the pages refer to. The bodies must not be changed.
func Assets() []Asset { return []Asset{script, stylesheet, docsStylesheet, icon} }
