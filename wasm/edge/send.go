//go:build js && wasm

package edge

import (
	"context"
	"strconv"
	"strings"
	"time"

	"edgecheckout/worker"
)

// Sender sends events through the runtime's fetch.
type Sender struct{}

var _ worker.Sender = Sender{}

// Send implements worker.Sender.
func (Sender) Send(ctx context.Context, messages []worker.Outgoing) []worker.Reply {
	request := say("send", decimal(worker.SendTimeout.Milliseconds()), decimal(worker.MaxReply), decimal(worker.MaxAnswer))
	for _, m := range messages {
		request = request.line(m.URL).line(decimal(len(m.Header)))
		for _, field := range m.Header {
			request = request.line(field.Name).line(oneLine.Replace(field.Value))
		}
	}
	for _, m := range messages {
		request = request.add(m.Body)
	}
	replies := make([]worker.Reply, len(messages))
	said, answers, err := ask(ctx, request)
	for i := range replies {
		if err != nil {
			replies[i].Error = "the message could not be sent"
			continue
		}
		var status, retryAfter, duration, failure string
		status, said, _ = strings.Cut(said, "\n")
		retryAfter, said, _ = strings.Cut(said, "\n")
		duration, said, _ = strings.Cut(said, "\n")
		failure, said, _ = strings.Cut(said, "\n")
		code, _ := strconv.Atoi(status)
		milliseconds, _ := strconv.ParseInt(duration, 10, 64)
		replies[i] = worker.Reply{
			Status: code, Error: strings.Clone(failure), RetryAfter: strings.Clone(retryAfter), Answer: answers[i],
			Duration: time.Duration(milliseconds) * time.Millisecond,
		}
	}
	return replies
}
