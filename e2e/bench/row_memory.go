package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

var memoryRow = row{
	name: "memory", unit: "MB", aim: "at most 100 MB", fewer: true,
	what:  "resident memory of a fresh workerd, at its highest while 8 requests (retrieve) are under way, beyond that of one with an empty Worker",
	begin: func(ctx context.Context, b *bench) error { return b.sessions(ctx, 100) },
	measure: func(ctx context.Context, b *bench, p *peer) (float64, error) {
		empty, err := b.emptyMemory(ctx, p)
		if err != nil {
			return 0, err
		}
		fresh, err := p.start(ctx, b.world)
		if err != nil {
			return 0, err
		}
		defer fresh.stop()
		values, err := p.workerd.store.values(ctx)
		if err != nil {
			return 0, err
		}
		if err := fresh.store.put(ctx, entriesOf(values)); err != nil {
			return 0, err
		}
		load := &peer{load: newGenerator(fresh.peer)}
		defer load.load.close()
		done := make(chan error, 1)
		go func() {
			_, err := b.retrieve(ctx, load, 2*b.length)
			done <- err
		}()
		highest := 0.0
		for {
			select {
			case err := <-done:
				return highest - empty, err
			case <-time.After(20 * time.Millisecond):
				now, err := residentMemory(fresh.pid())
				if err != nil {
					return 0, err
				}
				highest = max(highest, now)
			}
		}
	},
}

// emptyMemory is the resident memory of workerd with the store and a Worker that does nothing, after a request.
func (b *bench) emptyMemory(ctx context.Context, p *peer) (float64, error) {
	config := p.config
	config.modules = filepath.Join(b.dir, "empty")
	if err := os.MkdirAll(config.modules, 0o755); err != nil {
		return 0, err
	}
	source := `export default { fetch() { return new Response("ok"); } };`
	if err := os.WriteFile(filepath.Join(config.modules, "worker.js"), []byte(source), 0o644); err != nil {
		return 0, err
	}
	d, err := config.start(ctx)
	if err != nil {
		return 0, err
	}
	defer d.stop()
	load := newGenerator(d.peer)
	defer load.close()
	if _, err := load.run(ctx, b.length/4, 200, func(int) []byte { return get("/", "") }); err != nil {
		return 0, err
	}
	return residentMemory(d.pid())
}

// residentMemory is VmRSS of a process in megabytes.
func residentMemory(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("memory needs Linux's /proc: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kilobytes * 1024 / 1e6, err
		}
	}
	return 0, fmt.Errorf("/proc/%d/status has no VmRSS", pid)
}
