package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"edgecheckout/e2e/workerd"
)

// startTimes are what the start of ours is spent on, from the last round.
var startTimes struct{ bare, compiling, running, rehearsal time.Duration }

// Modules in the place of the main one, each of which does a part of what it does while it is evaluated.
const (
	answers   = "export default { fetch: () => new Response() };\n"
	compiles  = "import program from \"./app.wasm\";\nif (!program) throw new Error();\n" + answers
	instances = "import { env } from \"cloudflare:workers\";\nimport program from \"./app.wasm\";\nimport seed from \"./seed.mjs\";\n" +
		"import { Instance, predictably } from \"./instance.mjs\";\npredictably(seed, () => new Instance(program, env));\n" + answers
)

var startRow = row{
	name: "start", unit: "ms", aim: "at most 150 ms", fewer: true,
	what: "processor time of evaluating the module, on all threads: of a fresh workerd until its first answer (404), less that of one whose Worker is empty " +
		"and has the program as a file that nobody reads (workerd takes 0.3 s to read it as a part of its configuration, which the platform does not)",
	measure: func(ctx context.Context, b *bench, p *peer) (float64, error) {
		dir, err := os.MkdirTemp(b.dir, "start-")
		if err != nil {
			return 0, err
		}
		defer os.RemoveAll(dir)
		unread, err := unreadProgram(p.modules, filepath.Join(dir, "unread"))
		if err != nil {
			return 0, err
		}
		if p.name != ours {
			least, err := started(ctx, p, unread, p.modules)
			return milliseconds(least[1] - least[0]), err
		}
		bare := filepath.Join(dir, "bare")
		if err := withMain(p.modules, bare, instances); err != nil {
			return 0, err
		}
		if err := workerd.Compile(ctx, filepath.Join(b.root, "e2e", "bench"), "./bare", bare, "-s -w"); err != nil {
			return 0, err
		}
		unreadBare, err := unreadProgram(bare, filepath.Join(dir, "unread-bare"))
		if err != nil {
			return 0, err
		}
		compiling, running := filepath.Join(dir, "compiling"), filepath.Join(dir, "running")
		if err := errors.Join(withMain(p.modules, compiling, compiles), withMain(p.modules, running, instances)); err != nil {
			return 0, err
		}
		least, err := started(ctx, p, unread, p.modules, compiling, running, unreadBare, bare)
		if err != nil {
			return 0, err
		}
		startTimes.compiling, startTimes.running, startTimes.rehearsal = least[2]-least[0], least[3]-least[2], least[1]-least[3]
		startTimes.bare = least[5] - least[4]
		return milliseconds(least[1] - least[0]), nil
	},
	note: func(*bench) string {
		return fmt.Sprintf("Of ours, in the last round: compiling the program and what V8 keeps of it %.0f ms, its runtime, the initialisation of packages, main and its "+
			"rehearsal %.0f ms, the request that nobody sent %.0f ms. A Go program that does nothing takes %.0f ms for all of it.",
			milliseconds(startTimes.compiling), milliseconds(startTimes.running), milliseconds(startTimes.rehearsal), milliseconds(startTimes.bare))
	},
}

// withMain copies modules to a new directory, with another main one.
func withMain(modules, dir, script string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if err := copyModules(modules, dir, ".mjs", ".js", ".wasm"); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "worker.mjs"), []byte(script), 0o600)
}

// unreadProgram makes a new directory with an empty Worker that has the program of modules, if there is one, as a file. It returns the directory.
func unreadProgram(modules, dir string) (string, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	program, err := os.ReadFile(filepath.Join(modules, "app.wasm"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "app.bin"), program, 0o600)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, "worker.mjs"), []byte(answers), 0o600)
}

// startsInTurn is how often a process is started for a figure.
const startsInTurn = 5

// started is the processor time of fresh workerds until their first answers, by their directories of modules, which take turns. Of several starts the
// least counts: what else the machine does only ever adds to it.
func started(ctx context.Context, p *peer, modules ...string) ([]time.Duration, error) {
	least := make([]time.Duration, len(modules))
	for turn := range startsInTurn {
		for i, dir := range modules {
			config := p.config
			config.Modules = dir
			took, err := startOnce(ctx, config)
			if err != nil {
				return least, err
			}
			if turn == 0 || took < least[i] {
				least[i] = took
			}
		}
	}
	return least, nil
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
