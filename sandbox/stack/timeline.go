package stack

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Timeline prints what happens to checkouts, one line each, with the seconds since it was created.
type Timeline struct {
	to    io.Writer
	start time.Time
	now   func() time.Time
	seen  map[string]Checkout
}

// NewTimeline creates a [Timeline] that starts now.
func NewTimeline(to io.Writer) *Timeline {
	return &Timeline{to: to, start: time.Now(), now: time.Now, seen: map[string]Checkout{}}
}

// Note prints a line.
func (t *Timeline) Note(format string, args ...any) {
	fmt.Fprintf(t.to, "%+7.1fs  %s\n", t.now().Sub(t.start).Seconds(), fmt.Sprintf(format, args...))
}

// Saw prints a line if the checkout has changed since it was last seen.
func (t *Timeline) Saw(c Checkout) {
	before, known := t.seen[c.ID]
	t.seen[c.ID] = c
	if !known {
		t.Note("%s  %s", c.ID, standing(c))
		return
	}
	if steps := changes(before, c); len(steps) > 0 {
		t.Note("%s  %s → %s", c.ID, before.Status, strings.Join(steps, " → "))
	}
}

// changes describes the new payments and, if it has changed, the status.
func changes(before, after Checkout) []string {
	known := map[string]bool{}
	for _, p := range before.Payments {
		known[p.ID] = true
	}
	var steps []string
	for _, p := range after.Payments {
		if known[p.ID] {
			continue
		}
		step := fmt.Sprintf("payment %.8s… of %s %s in ledger %d", p.TransactionHash, p.Amount, p.AssetCode, p.Ledger)
		if !p.Counted && p.Reason != nil {
			step += " that does not count (" + *p.Reason + ")"
		}
		steps = append(steps, step)
	}
	if len(steps) > 0 || standing(before) != standing(after) {
		steps = append(steps, standing(after))
	}
	return steps
}

func standing(c Checkout) string {
	if c.Exception == nil {
		return c.Status
	}
	return c.Status + " (" + *c.Exception + ")"
}
