// Command soak looks for leaks: it keeps a Worker busy for a long time and repeatedly asks V8 how
// much memory it holds.
//
// It has two parts. In the first, a program that fails on request (see ../runtime/faults) answers
// mixed requests under the real worker.mjs, with a fault in every thousandth and a distant KV. In
// the second, the service itself sweeps a ledger on which checkouts are open and some are paid; in
// every twentieth sweep, KV and Horizon are distant. Every response is checked. The memory held at
// the end must be that held after warming up.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"edgecheckout/e2e/workerd"
	"edgecheckout/sandbox/stack"
)

// parts is how often each part is measured after the first measurement, with which the last is
// compared.
const parts = 10

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	requests := flag.Int("requests", 200_000, fmt.Sprintf("mixed requests after %d that make everything warm, 0 to leave them out", warmRequests))
	every := flag.Int("fault", 1000, "one request in so many is a fault")
	sweeps := flag.Int("sweeps", 2000, fmt.Sprintf("sweeps after %d that make everything warm, 0 to leave them out", warmSweeps))
	limit := flag.Duration("limit", 20*time.Minute, "how long all of it may take")
	flag.Parse()
	if *requests < 0 || *sweeps < 0 || *every < 1 {
		return errors.New("-requests and -sweeps are not negative, and -fault is at least 1")
	}
	ctx, cancel := context.WithTimeoutCause(ctx, *limit, fmt.Errorf("not done within %v", *limit))
	defer cancel()

	root, err := stack.FindRoot()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "soak-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary, err := workerd.Find(ctx, root)
	if err != nil {
		return err
	}
	var failed []error
	for _, part := range []struct {
		name    string
		program string
		count   int
		soak    func(ctx context.Context, c workerd.Config, count int) ([]mark, error)
	}{
		{"requests", "./e2e/runtime/faults", *requests, func(ctx context.Context, c workerd.Config, count int) ([]mark, error) {
			return soakRequests(ctx, c, count, *every)
		}},
		{"sweeps", "./wasm", *sweeps, soakSweeps},
	} {
		if part.count == 0 {
			continue
		}
		config := workerd.Config{Binary: binary, Modules: filepath.Join(dir, part.name), Inspect: true}
		if err := build(ctx, root, part.program, config.Modules); err != nil {
			return err
		}
		begun := time.Now()
		marks, err := part.soak(ctx, config, part.count)
		fmt.Print(markdown(part.name, marks, time.Since(begun)))
		if err == nil {
			err = verdict(marks)
		}
		if err != nil {
			if ctx.Err() != nil {
				return fmt.Errorf("%s: %w", part.name, context.Cause(ctx))
			}
			failed = append(failed, fmt.Errorf("%s: %w", part.name, err))
		}
	}
	return errors.Join(failed...)
}
