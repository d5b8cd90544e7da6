//go:build js && wasm

// Command stock is the same service the way syumai/workers documents it: its own fetch handler, KV,
// fetch, cache and cron, under the shim that its workers-assets-gen generates. The benchmark
// measures what that costs.
package main

import (
	"context"
	"crypto/rand"
	"log"
	"os"
	"time"

	"github.com/syumai/workers"
	"github.com/syumai/workers/cloudflare"
	"github.com/syumai/workers/cloudflare/cron"

	"edgecheckout/worker"
)

func main() {
	config, err := worker.ParseConfig(cloudflare.Getenv)
	if err != nil {
		log.Fatal(err)
	}
	store, err := newStore("KV")
	if err != nil {
		log.Fatal(err)
	}
	service := worker.New(config, worker.Platform{
		Store:   store,
		Horizon: newHorizon(),
		Recent:  newRecent(),
		Cache:   edgeCache{},
		Now:     time.Now,
		Entropy: rand.Reader,
		Log:     os.Stdout,
	})
	cron.ScheduleTaskNonBlock(func(ctx context.Context) error {
		if err := service.Sweep(ctx, ""); err != nil {
			log.Print(err) // returned, it would end the program
		}
		return nil
	})
	workers.Serve(service)
}
