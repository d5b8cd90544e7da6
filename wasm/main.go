//go:build js && wasm

// Command wasm is the service as a Cloudflare Worker: it gives package worker the platform that package edge binds,
// and waits for the work that worker.mjs hands over.
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
		Now:     time.Now,
		Sleep:   edge.Sleep,
		Entropy: rand.Reader,
		Log:     edge.Log{},
	})
	// Every instance rehearses, whenever it is made: the second one's functions are compiled, but its tables are as empty as the first's.
	if err := worker.Rehearse(config, rand.Reader); err != nil {
		_, _ = edge.Log{}.Write([]byte(`{"event":"rehearsal_failed"}`)) // the service answers all the same
	}
	edge.Serve(edge.Handlers{Request: service.Respond, Scheduled: service.Sweep})
}

// refuse answers every request with an error that says nothing of the inside, and logs which setting is wrong. It does
// not exit: Cloudflare would then refuse the deployment whose secrets are still to be set.
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
