//go:build js && wasm

// Command wasm is the service as a Cloudflare Worker: it gives package worker the platform that
// package edge provides, and handles the events that worker.mjs passes on.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/syumai/workers/cloudflare"

	"edgecheckout/wasm/edge"
	"edgecheckout/worker"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/web"
)

func main() {
	config, err := worker.ParseConfig(cloudflare.Getenv)
	if err != nil {
		refuse(err)
		return
	}
	var queue worker.Queue
	if cloudflare.GetBinding("DELIVERIES").Truthy() && cloudflare.GetBinding("RETRIES").Truthy() {
		queue = edge.Queue{}
	}
	service := worker.New(config, worker.Platform{
		Store:     edge.Store{},
		Horizon:   edge.Horizon{},
		Documents: edge.Horizon{Bound: stellar.MaxTOMLBytes},
		Recent:    edge.Recent{},
		Cache:     edge.Cache{},
		Sender:    edge.Sender{},
		Queue:     queue,
		Now:       time.Now,
		Sleep:     edge.Sleep,
		Entropy:   rand.Reader,
		Log:       edge.Log{},
	})
	// Every new instance rehearses. The functions of a second instance are already compiled, but
	// its caches are as empty as the first one's.
	if err := worker.Rehearse(config, rand.Reader); err != nil {
		// The service works all the same.
		_, _ = edge.Log{}.Write([]byte(`{"event":"rehearsal_failed"}`))
	}
	edge.Serve(edge.Handlers{
		Request:   service.Respond,
		Admit:     service.Admit,
		Scheduled: service.Sweep,
		Queue: func(ctx context.Context, batch []edge.Message) []edge.Verdict {
			messages := make([]worker.Delivered, len(batch))
			for i, m := range batch {
				messages[i] = worker.Delivered{Body: m.Body, Attempts: m.Attempts}
			}
			verdicts := make([]edge.Verdict, len(batch))
			for i, v := range service.Deliver(ctx, messages) {
				verdicts[i] = edge.Verdict(v)
			}
			return verdicts
		},
	})
}

// refuse answers every request with an error that discloses nothing, and logs which setting is
// wrong. It does not exit, because Cloudflare would then refuse deployments whose secrets are not
// set yet.
func refuse(cause error) {
	const wrong = "the deployment's settings are wrong"
	line, err := json.Marshal(map[string]string{"level": "ERROR", "msg": wrong, "error": cause.Error()})
	if err != nil {
		line = []byte(wrong)
	}
	edge.Serve(edge.Handlers{
		Request: func(context.Context, *web.Request) web.Response {
			_, _ = edge.Log{}.Write(line)
			panic(edge.ErrAbort)
		},
		Scheduled: func(context.Context, string) error { return fmt.Errorf("%s: %w", wrong, cause) },
	})
}
