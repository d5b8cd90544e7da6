//go:build js && wasm

package edge

import (
	"context"
	"time"

	"edgecheckout/worker"
)

// Queue is the two queues that are bound as DELIVERIES and RETRIES.
type Queue struct{}

var _ worker.Queue = Queue{}

// Send implements worker.Queue.
func (Queue) Send(ctx context.Context, messages ...worker.Queued) {
	request := say("queue.send")
	for _, m := range messages {
		name := "DELIVERIES"
		if m.Retry {
			name = "RETRIES"
		}
		request = request.line(name).line(decimal(m.Delay / time.Second))
	}
	for _, m := range messages {
		request = request.add(m.Body)
	}
	// It fails only outside of an event; nothing may depend on a message anyway.
	_, _, _ = ask(ctx, request)
}
