// Command bench compares the Worker with two others that do the same: the same Go program run by
// syumai/workers, and a Worker in plain JavaScript. It prints a Markdown table and writes
// build/bench.json.
//
// Each peer has its own workerd process, which is called directly, with the same KV and edge cache
// behind it (see ../workerd). The peers take turns, and a figure is the median of the rounds. The
// tests of this package compare the peers' answers byte by byte.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"edgecheckout/sandbox/stack"
)

// rows lists everything that is measured, in the order of the table. A new row is a new file and an
// entry here.
var rows = []row{
	createRow, retrieveRow, pageCachedRow, pageFirstRow, statusRow,
	createFarRow, retrieveFarRow, pageFirstFarRow, statusFarRow, createFar256Row, mixedFarRow,
	coldRow, startRow, cpuRow, memoryRow, sweepRow, sweepForeignRow, settleLatencyRow, webhookLatencyRow, bundleRow,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	rounds := flag.Int("rounds", 5, "rounds of which the median counts; rows about what is warm take half as many, rounded up, after each start")
	length := flag.Duration("time", 250*time.Millisecond, "how long a peer is under load in a turn; a round about what is warm has several")
	only := flag.String("rows", "", "rows to measure, separated by commas; all if empty")
	out := flag.String("o", "", "where to write the result as JSON; build/bench.json if empty")
	profiled := flag.String("profile", "", "a row under whose load to say which functions take the time, instead of measuring")
	flag.Parse()

	root, err := stack.FindRoot()
	if err != nil {
		return err
	}
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	if *out == "" {
		*out = filepath.Join(root, "build", "bench.json")
	}
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b, err := newBench(ctx, root, dir, *length)
	if err != nil {
		return err
	}
	defer b.stop()

	if *profiled != "" {
		of, err := choose(*profiled)
		if err != nil {
			return err
		}
		return b.profile(ctx, root, of[0], os.Stdout)
	}
	var results []result
	for _, r := range chosen {
		measured, err := b.measure(ctx, r, *rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		fmt.Fprintln(os.Stderr, measured.line())
		results = append(results, measured)
	}
	fmt.Print(markdown(results, describe(root, *rounds)))
	return writeJSON(*out, results)
}

func choose(only string) ([]row, error) {
	if only == "" {
		return rows, nil
	}
	var chosen []row
	for _, name := range strings.Split(only, ",") {
		i := slices.IndexFunc(rows, func(r row) bool { return r.name == name })
		if i < 0 {
			return nil, errors.New("there is no row " + name)
		}
		chosen = append(chosen, rows[i])
	}
	return chosen, nil
}
