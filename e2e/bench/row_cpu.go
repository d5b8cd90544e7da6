package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
)

var cpuRow = row{
	name: "cpu", unit: "ms", aim: "at most 1.5 × js", warm: true, fewer: true,
	what: "processor time of workerd for a create",
	measure: func(ctx context.Context, b *bench, p *peer) (float64, error) {
		before, err := cpuTime(p.workerd.pid())
		if err != nil {
			return 0, err
		}
		o, err := p.load.run(ctx, 2*b.length, 200, func(n int) []byte { return post("/checkout?type=direct", b.world.key, order(n)) })
		if err != nil {
			return 0, err
		}
		after, err := cpuTime(p.workerd.pid())
		if err != nil {
			return 0, err
		}
		if err := p.workerd.store.post(ctx, "/clear-values", nil, nil); err != nil {
			return 0, err
		}
		return (after - before) / float64(o.requests), p.workerd.store.put(ctx, b.world.entries)
	},
}

// ticks is how many of /proc's units make a second; Linux has the same for every architecture that it shows to programs.
const ticks = 100

// cpuTime is what a process has used so far, in milliseconds, of user and system time, with all its threads.
func cpuTime(pid int) (float64, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("processor time needs Linux's /proc: %w", err)
	}
	// The second field is the program's name in parentheses, which may hold anything; utime and stime are 14 and 15.
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat is not what it should be", pid)
	}
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("/proc/%d/stat is not what it should be", pid)
	}
	return float64(user+system) * 1000 / ticks, nil
}
