package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"edgecheckout/e2e/workerd"
)

// startTimes are what the start of ours is spent on, from the last round.
var startTimes struct{ compiling, running, rehearsal time.Duration }

// Modules in the place of the main one, each of which does a part of what it does while it is evaluated.
const (
	answers   = "export default { fetch: () => new Response() };\n"
	compiles  = "import program from \"./app.wasm\";\nif (!program) throw new Error();\n" + answers
	instances = "import { env } from \"cloudflare:workers\";\nimport program from \"./app.wasm\";\nimport seed from \"./seed.mjs\";\n" +
		"import { Instance, predictably } from \"./instance.mjs\";\npredictably(seed, () => new Instance(program, env));\n" + answers
)

var startRow = row{
	name: "start", unit: "ms", aim: "at most 150 ms", fewer: true,
	what: "processor time of evaluating the module: of a fresh workerd until its first answer (404), less that of one with an empty Worker",
	measure: func(ctx context.Context, b *bench, p *peer) (float64, error) {
		empty, err := b.startWith(ctx, p, answers)
		if err != nil {
			return 0, err
		}
		whole, err := b.start(ctx, p, p.modules)
		if err != nil {
			return 0, err
		}
		if p.name == ours {
			compiled, err := b.startWith(ctx, p, compiles)
			if err != nil {
				return 0, err
			}
			ran, err := b.startWith(ctx, p, instances)
			if err != nil {
				return 0, err
			}
			startTimes.compiling, startTimes.running, startTimes.rehearsal = compiled-empty, ran-compiled, whole-ran
		}
		return milliseconds(whole - empty), nil
	},
	note: func(*bench) string {
		return fmt.Sprintf("Of ours, in the last round: compiling the program and what V8 keeps of it %.0f ms, its runtime, the initialisation of packages and main "+
			"%.0f ms, the rehearsal of a request %.0f ms.",
			milliseconds(startTimes.compiling), milliseconds(startTimes.running), milliseconds(startTimes.rehearsal))
	},
}

// startWith is start for the peer's modules with another main one.
func (b *bench) startWith(ctx context.Context, p *peer, script string) (time.Duration, error) {
	dir, err := os.MkdirTemp(b.dir, "start-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if script != answers {
		if err := copyModules(p.modules, dir, ".mjs", ".js", ".wasm"); err != nil {
			return 0, err
		}
	}
	for _, name := range []string{"worker.mjs", "worker.js"} {
		_ = os.Remove(filepath.Join(dir, name)) // it has one of them
	}
	if err := os.WriteFile(filepath.Join(dir, "worker.mjs"), []byte(script), 0o600); err != nil {
		return 0, err
	}
	return b.start(ctx, p, dir)
}

// startsInTurn are averaged.
const startsInTurn = 3

// start is the processor time of a fresh workerd with the modules of a directory until its first answer.
func (b *bench) start(ctx context.Context, p *peer, modules string) (time.Duration, error) {
	config := p.config
	config.Modules = modules
	var sum time.Duration
	for range startsInTurn {
		took, err := startOnce(ctx, config)
		if err != nil {
			return 0, err
		}
		sum += took
	}
	return sum / startsInTurn, nil
}

func startOnce(ctx context.Context, config workerd.Config) (time.Duration, error) {
	fresh, err := config.Start(ctx)
	if err != nil {
		return 0, err
	}
	load := newGenerator(fresh.Address, 1)
	_, _, err = load.send(0, get("/", ""))
	load.close()
	fresh.Stop()
	if err != nil {
		return 0, fmt.Errorf("%w\n%s", err, fresh.Log)
	}
	return fresh.Used(), nil
}
