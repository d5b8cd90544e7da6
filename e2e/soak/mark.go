package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"edgecheckout/e2e/workerd"
)

// How much more may be held at the last mark than at the first: a share for what V8 compiles and
// learns over time, and a fixed amount because a Go heap grows in steps.
const (
	tolerance = 0.15
	slack     = 4e6 // bytes
)

// How much more the process may hold at the end. Allocators return memory late and in large pieces,
// and machine code accumulates; a leak outside of V8 still exceeds this.
const (
	processTolerance = 0.25
	processSlack     = 32e6 // bytes
)

// maxInstances is how many Go instances may exist: one, and another while it is replaced.
const maxInstances = 2

// mark is the memory held after a number of requests or sweeps, and how many of these were faults.
type mark struct {
	after, faults int
	workerd.Heap
	resident float64 // bytes
}

// measure takes a mark of an idle Worker.
func (w worker) measure(ctx context.Context, after, faults int) (mark, error) {
	// The second Worker's garbage would count towards the process.
	if _, err := w.look(ctx, "store"); err != nil {
		return mark{}, fmt.Errorf("asking for the store's heap: %w", err)
	}
	h, err := w.look(ctx, "worker")
	if err != nil {
		return mark{}, fmt.Errorf("asking for the heap: %w", err)
	}
	resident, err := w.Resident()
	m := mark{after, faults, h, resident}
	fmt.Fprintln(os.Stderr, m.row())
	return m, err
}

// look collects the garbage of a service's isolate and returns what is left. It disconnects at
// once, because objects that are kept for a debugger would count.
func (w worker) look(ctx context.Context, service string) (workerd.Heap, error) {
	v8, err := w.Inspect(ctx, service)
	if err != nil {
		return workerd.Heap{}, err
	}
	defer v8.Close()
	if err := v8.Collect(); err != nil {
		return workerd.Heap{}, err
	}
	return v8.Heap()
}

// verdict fails if the last mark holds more than the first beyond the tolerance, or if any mark has
// too many instances.
func verdict(marks []mark) error {
	first, last := marks[0], marks[len(marks)-1]
	var failed []error
	if bound := first.Total()*(1+tolerance) + slack; last.Total() > bound {
		failed = append(failed, fmt.Errorf("a leak: %.1f MB after %d, and %.1f MB after %d; at most %.1f MB are expected",
			first.Total()/1e6, first.after, last.Total()/1e6, last.after, bound/1e6))
	}
	// Script objects are small compared with the instances, so they have a limit of their own.
	if bound := first.Script()*(1+tolerance) + slack; last.Script() > bound {
		failed = append(failed, fmt.Errorf("a leak in JavaScript: %.1f MB after %d, and %.1f MB after %d; at most %.1f MB are expected",
			first.Script()/1e6, first.after, last.Script()/1e6, last.after, bound/1e6))
	}
	if bound := first.resident*(1+processTolerance) + processSlack; last.resident > bound {
		failed = append(failed, fmt.Errorf("a leak outside of V8: the process had %.0f MB after %d, and %.0f MB after %d; at most %.0f MB are expected",
			first.resident/1e6, first.after, last.resident/1e6, last.after, bound/1e6))
	}
	for _, m := range marks {
		if m.Instances > maxInstances {
			failed = append(failed, fmt.Errorf("a leak of instances: %d after %d; at most %d are expected", m.Instances, m.after, maxInstances))
		}
	}
	return errors.Join(failed...)
}

// markdown returns a table of marks.
func markdown(what string, marks []mark, took time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n| after %s | faults | objects, MB | buffers, MB | Go instances | their memory, MB | together, MB | process, MB |\n", what)
	b.WriteString("|---:|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, m := range marks {
		b.WriteString(m.row() + "\n")
	}
	fmt.Fprintf(&b, "\n%s took %v.\n", what, took.Round(time.Second))
	return b.String()
}

func (m mark) row() string {
	return fmt.Sprintf("| %d | %d | %.2f | %.2f | %d | %.1f | %.1f | %.0f |",
		m.after, m.faults, m.Objects/1e6, m.Buffers/1e6, m.Instances, m.Memories/1e6, m.Total()/1e6, m.resident/1e6)
}
