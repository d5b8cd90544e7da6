package sim

import (
	"flag"
	"fmt"
	"runtime"
	"sync"
	"testing"
)

var (
	seeds = flag.Int("seeds", 300, "how many simulations to run")
	first = flag.Uint64("first", 1, "the first of them")
	seed  = flag.Uint64("seed", 0, "run this one only, and print its trace")
)

// TestAnswersAgreeWithTheLedger runs many simulations, each with its own faults.
func TestAnswersAgreeWithTheLedger(t *testing.T) {
	if *seed != 0 {
		debug = true
		stats, violation := Run(*seed)
		if violation != nil {
			t.Fatal(violation)
		}
		fmt.Printf("seed %d holds: %+v\n", *seed, stats)
		return
	}
	stats, violation := RunMany(*first, *seeds)
	if violation != nil {
		t.Fatal(violation)
	}
	fmt.Printf("%d simulations hold: %d steps, %d checkouts, %d payments, %d faults, %d reads of Horizon, %d sweeps, %d writes, %d answers checked\n",
		*seeds, stats.Steps, stats.Checkouts, stats.Payments, stats.Faults, stats.Reads, stats.Sweeps, stats.Writes, stats.Observations)
	if stats.Checkouts < *seeds || stats.Payments < *seeds || stats.Faults < *seeds {
		t.Errorf("too little happened: %+v", stats)
	}
}

// RunMany runs simulations on all processors. It returns the totals and the violation with the
// lowest seed among those found.
func RunMany(first uint64, n int) (total Stats, worst *Violation) {
	var mu sync.Mutex
	var wait sync.WaitGroup
	next := first
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for {
				mu.Lock()
				s := next
				next++
				stop := s >= first+uint64(n) || worst != nil
				mu.Unlock()
				if stop {
					return
				}
				stats, violation := Run(s)
				mu.Lock()
				total.add(stats)
				if violation != nil && (worst == nil || violation.Seed < worst.Seed) {
					worst = violation
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	return total, worst
}

// A violation can be looked into only if its seed shows it again.
func TestASimulationCanBeRepeated(t *testing.T) {
	for seed := range uint64(20) {
		first, _ := Run(seed + 1)
		if again, _ := Run(seed + 1); again != first {
			t.Errorf("seed %d: %+v, then %+v", seed+1, first, again)
		}
	}
}
