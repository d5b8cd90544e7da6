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
	"edgecheckout/worker/web"
)

func main() {
	config, err := worker.ParseConfig(cloudflare.Getenv)
	if err != nil {
		refuse(err)
		return
	}
	service := worker.New(config, worker.Platform{
		Store:   edge.Store{},
		Horizon: edge.Horizon{},
		Recent:  edge.Recent{},
		Cache:   edge.Cache{},
		Sender:  edge.Sender{},
		Now:     time.Now,
		Sleep:   edge.Sleep,
		Entropy: rand.Reader,
		Log:     edge.Log{},
	})
	// Every new instance rehearses. The functions of a second instance are already compiled, but
	// its caches are as empty as the first one's.
	if err := worker.Rehearse(config, rand.Reader); err != nil {
		// The service works all the same.
		_, _ = edge.Log{}.Write([]byte(`{"event":"rehearsal_failed"}`))
	}
	edge.Serve(edge.Handlers{Request: service.Respond, Scheduled: service.Sweep})
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
		Scheduled: func(context.Context) error { return fmt.Errorf("%s: %w", wrong, cause) },
	})
}
