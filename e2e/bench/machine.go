package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// describe returns lines about the machine and the method of the measurement.
func describe(root string, rounds int) []string {
	return []string{
		fmt.Sprintf("Machine: %s, %d cores, %s; %s; workerd %s.", processor(), runtime.NumCPU(), runtime.GOOS, runtime.Version(), version(root, "workerd")),
		fmt.Sprintf("Every peer in a workerd of its own, spoken to directly over %d connections that stay open, unless a row says otherwise, in turns; medians of %d rounds. Rows about what is warm: of %d rounds, a third each after %d starts and %d requests to warm up (stock: a round), and with %d turns in a round.", connections, rounds, warmStarts*((rounds+1)/2), warmStarts, warmRequests, turnsInRound),
		fmt.Sprintf("Far away, in turns of %v: a hit in KV takes 10-15 ms, a miss 60-120, a put or a delete 100-200, a list 60-150, an answer of the Cache API 2-5, and one of Horizon 150-300 with one in a hundred at 5 s, drawn by the same seeds for all peers; the store is in another process then. In parentheses the 50th and the 99th percentile of the latencies of all rounds.", farLength),
		"Behind every peer the same KV and edge cache: in memory, in a second Worker of the same process, through workerd's own bindings. Its time is part of every peer's. The sandbox's Horizon and the load generator run in the benchmark's process.",
	}
}

func processor() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(info)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				return strings.TrimSpace(value)
			}
		}
	}
	return runtime.GOARCH
}

// version returns the version of an installed npm package.
func version(root, name string) string {
	var manifest struct{ Version string }
	text, err := os.ReadFile(filepath.Join(root, "node_modules", name, "package.json"))
	if err != nil || json.Unmarshal(text, &manifest) != nil {
		return "of unknown version"
	}
	return manifest.Version
}
