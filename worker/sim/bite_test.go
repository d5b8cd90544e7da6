//go:build bite

package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"edgecheckout/worker/protect"
)

// TestTheSimulatorBites switches each protection off and expects the simulator to notice within 2,000 seeds. It prints what it found.
func TestTheSimulatorBites(t *testing.T) {
	const most = 2000
	fmt.Println("| without | found at seed | what it found |\n|---|---|---|")
	for _, name := range slices.Sorted(maps.Keys(protect.Switches)) {
		*protect.Switches[name] = false
		_, violation := RunMany(1, most)
		*protect.Switches[name] = true
		if violation == nil {
			t.Errorf("without %s nothing was violated in %d seeds", name, most)
			continue
		}
		reason, _, _ := strings.Cut(violation.Reason, "\n")
		fmt.Printf("| %s | %d | %.160s |\n", name, violation.Seed, reason)
	}
	if _, violation := RunMany(1, 50); violation != nil {
		t.Errorf("with all of them on: %v", violation)
	}
}
