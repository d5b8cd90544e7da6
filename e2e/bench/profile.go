package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// profile prints which functions of ours take the time under a row's load: by themselves, and with all that they call. The
// program is built with the names of its functions, which is all that differs from the measured one.
func (b *bench) profile(ctx context.Context, root string, r row) error {
	p := *b.peers[0]
	p.config.modules = filepath.Join(b.dir, "profile")
	if err := os.MkdirAll(p.config.modules, 0o755); err != nil {
		return err
	}
	if err := copyModules(p.modules, p.config.modules, ".mjs", ".js"); err != nil {
		return err
	}
	err := command(ctx, root, []string{"GOOS=js", "GOARCH=wasm"}, "go", "build", "-trimpath", "-ldflags=-w",
		"-o", filepath.Join(p.config.modules, "app.wasm"), "./wasm")
	if err != nil {
		return err
	}
	p.config.inspect = true
	if p.workerd, err = p.start(ctx, b.world); err != nil {
		return err
	}
	defer p.workerd.stop()
	p.load = newGenerator(p.workerd.peer)
	b.peers = []*peer{&p}
	v8, err := inspect(ctx, p.workerd.debug, "peer")
	if err != nil {
		return err
	}
	defer v8.close()
	if _, err := b.measure(ctx, r, 2); err != nil { // warms up
		return err
	}
	if err := errors.Join(v8.call("Profiler.enable", nil, nil), v8.call("Profiler.start", nil, nil)); err != nil {
		return err
	}
	if _, err := b.measure(ctx, row{name: r.name, begin: r.begin, measure: r.measure}, 2); err != nil {
		return err
	}
	var taken struct {
		Profile cpuProfile `json:"profile"`
	}
	if err := v8.call("Profiler.stop", nil, &taken); err != nil {
		return err
	}
	taken.Profile.print()
	return nil
}

// cpuProfile is what V8 says: the tree of calls, and for each sample the node it was in and the time since the last.
type cpuProfile struct {
	Nodes []struct {
		ID        int `json:"id"`
		CallFrame struct {
			FunctionName string `json:"functionName"`
			URL          string `json:"url"`
		} `json:"callFrame"`
		Children []int `json:"children"`
	} `json:"nodes"`
	Samples    []int         `json:"samples"`
	TimeDeltas []json.Number `json:"timeDeltas"`
}

func (c cpuProfile) print() {
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
	fmt.Printf("%v were taken\n", total.Round(time.Millisecond))
	for title, times := range map[string]map[string]time.Duration{"by themselves": self, "with what they call": all} {
		fmt.Println("\n" + title)
		for i, name := range slices.SortedFunc(maps.Keys(times), func(a, b string) int { return cmp.Compare(times[b], times[a]) }) {
			if i == 90 {
				break
			}
			fmt.Printf("%5.1f %%  %s\n", 100*float64(times[name])/float64(total), strings.TrimPrefix(name, "edgecheckout/"))
		}
	}
}
