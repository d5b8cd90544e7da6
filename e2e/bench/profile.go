package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"edgecheckout/e2e/workerd"
)

// profile writes the functions of ours that take the most time under a row's load, by themselves
// and including the functions they call. The program is built with function names; otherwise it is
// the one that is measured.
func (b *bench) profile(ctx context.Context, root string, r row, out io.Writer) error {
	p := *b.peers[0]
	p.config.Modules = filepath.Join(b.dir, "profile")
	if err := os.MkdirAll(p.config.Modules, 0o755); err != nil {
		return err
	}
	if err := copyModules(p.modules, p.config.Modules, ".mjs", ".js"); err != nil {
		return err
	}
	if err := workerd.Compile(ctx, root, "./wasm", p.config.Modules, "-w"); err != nil {
		return err
	}
	p.config.Inspect = true
	process, err := p.start(ctx, b.world)
	if err != nil {
		return err
	}
	p.process, p.load = process, newGenerator(process.Address, connections)
	b.peers = append(b.peers, &p) // so that begin prepares it and stop stops it
	v8, err := process.Inspect(ctx, "worker")
	if err != nil {
		return err
	}
	defer v8.Close()
	alone := []*peer{&p}
	if err := b.warmUp(ctx, r, alone); err != nil {
		return err
	}
	taken, err := v8.Profile(func() error {
		_, err := b.round(ctx, r, alone, b.turns, 0, false, map[string]latencies{})
		return err
	})
	if err != nil {
		return err
	}
	return writeProfile(taken, out)
}

// writeProfile writes the functions that take the most time.
func writeProfile(c workerd.Profile, out io.Writer) error {
	var b strings.Builder
	parent, names := map[int]int{}, map[int]string{}
	for _, n := range c.Nodes {
		names[n.ID] = cmp.Or(n.CallFrame.FunctionName, "(anonymous)")
		for _, child := range n.Children {
			parent[child] = n.ID
		}
	}
	self, all := map[string]time.Duration{}, map[string]time.Duration{}
	var total time.Duration
	for i, id := range c.Samples {
		microseconds, _ := c.TimeDeltas[i].Int64()
		took := time.Duration(microseconds) * time.Microsecond
		if names[id] == "(idle)" {
			continue
		}
		total += took
		self[names[id]] += took
		seen := map[string]bool{}
		for ; id != 0; id = parent[id] {
			if name := names[id]; !seen[name] {
				seen[name] = true
				all[name] += took
			}
		}
	}
	fmt.Fprintf(&b, "%v were taken\n", total.Round(time.Millisecond))
	for title, times := range map[string]map[string]time.Duration{"by themselves": self, "with what they call": all} {
		fmt.Fprintf(&b, "\n%s\n", title)
		for i, name := range slices.SortedFunc(maps.Keys(times), func(a, b string) int { return cmp.Compare(times[b], times[a]) }) {
			if i == 90 {
				break
			}
			fmt.Fprintf(&b, "%5.1f %%  %s\n", 100*float64(times[name])/float64(total), strings.TrimPrefix(name, "edgecheckout/"))
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}
