//go:build js && wasm

package edge

import "context"

// Cache is what Cloudflare keeps of the Worker's responses before it is called (Workers Cache).
type Cache struct{}

// Purge has every data centre forget the responses that have one of the tags. It does not wait for that, and what is refused is only logged.
func (Cache) Purge(ctx context.Context, tags ...string) {
	request := say("cache.purge")
	for _, tag := range tags {
		request = request.line(tag)
	}
	_, _, _ = ask(ctx, request)
}
