//go:build js && wasm

// Command wasm is the service as a Cloudflare Worker: it gives package worker the platform that package edge binds,
// and waits for the work that worker.mjs hands over.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/syumai/workers/cloudflare"

	"edgecheckout/wasm/edge"
	"edgecheckout/worker"
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
		Now:     time.Now,
		Entropy: rand.Reader,
		After:   edge.After,
		Log:     edge.Log{},
	})
	edge.Serve(service, service.Sweep)
}

// refuse answers every request with an error that says nothing of the inside, and logs which setting is wrong. It does
// not exit: Cloudflare would then refuse the deployment whose secrets are still to be set.
func refuse(cause error) {
	log := slog.New(slog.NewJSONHandler(edge.Log{}, nil))
	edge.Serve(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		log.Error("the deployment's settings are wrong", "error", cause.Error())
		panic(edge.Abort)
	}), func(context.Context) error {
		return fmt.Errorf("the deployment's settings are wrong: %w", cause)
	})
}
