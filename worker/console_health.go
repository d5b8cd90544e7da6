package worker

import (
	"fmt"
	"time"

	"edgecheckout/templates/console"
)

// showHealth is GET /console/health.
func showHealth(c *call) (answer, error) {
	settlement, h, err := c.settlement()
	if err != nil {
		return answer{}, err
	}
	s := console.Health{Settlement: settlement}
	say := func(name, format string, args ...any) {
		s.Facts = append(s.Facts, console.Option{Value: name, Text: fmt.Sprintf(format, args...)})
	}
	if h.Trouble == "" {
		say("Newest ledger", "%d, %d s ago", h.Root.LatestLedger, max(c.platform.Now().Sub(h.Root.ClosedAt), 0)/time.Second)
	} else {
		say("Horizon", "does not answer")
	}
	if !h.Swept.IsZero() {
		say("Read up to", "%s", h.Swept.UTC().Format("2 Jan 2006, 15:04:05 UTC"))
	}
	say("Longest wait", "%s", h.Lag.Truncate(time.Second))
	return c.screen(c.frame("health"), s)
}
