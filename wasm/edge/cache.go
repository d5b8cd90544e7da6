//go:build js && wasm

package edge

import "context"

// Cache is Workers Cache, which Cloudflare consults before it calls the Worker.
type Cache struct{}

// Purge removes the responses with any of the tags from the cache of every data centre. It does not
// wait for that; failures are only logged.
func (Cache) Purge(ctx context.Context, tags ...string) {
	request := say("cache.purge")
	for _, tag := range tags {
		request = request.line(tag)
	}
	_, _, _ = ask(ctx, request)
}
