package worker

import (
	"strconv"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/record"
	"edgecheckout/worker/watch"
)

// statusObject is what the payment page needs to keep itself current, and nothing else.
type statusObject struct {
	Status         checkout.Status `json:"status"`
	Exception      *string         `json:"exception"`
	AmountReceived checkout.Amount `json:"amount_received"`
	AmountDue      checkout.Amount `json:"amount_due"`
	SecondsLeft    int64           `json:"seconds_left"`
	RedirectURL    *string         `json:"redirect_url"`
}

// getStatus is GET /pay/{id}/status. While the checkout is open it looks at the ledger; the edge shares one answer among
// everybody for a moment, so that a crowd costs no more than one visitor.
func getStatus(c *call) (answer, error) {
	s, err := c.publicStanding()
	if err != nil {
		return answer{}, err
	}
	if s == nil {
		return answer{}, notFound("checkout", c.path("id"))
	}
	out := c.look(s)
	o := statusObject{
		Status:         out.Status,
		Exception:      optional(string(out.Exception)),
		AmountReceived: out.Received,
		AmountDue:      out.Due(s.Session.Amount),
	}
	if out.Status == checkout.Open {
		left := s.Deadline().Sub(c.platform.Now())
		o.SecondsLeft = max(int64((left+time.Second-1)/time.Second), 0)
	}
	if out.Status == checkout.Completed {
		o.RedirectURL = optional(s.Session.Redirect())
	}
	a, err := jsonAnswer(o)
	a.cache = "public, max-age=0, s-maxage=" + strconv.Itoa(statusSeconds(s, out))
	return a, err
}

// statusSeconds is how long the edge may repeat an answer. Of an open checkout it is the least there is: a page that heard of
// the payment asks every 1.1 s, and must not be told again what was known before.
func statusSeconds(s *watch.Standing, out checkout.Outcome) int {
	if out.Status.Terminal() {
		return 300
	}
	return 1
}

// getHealth is GET /health: whether the service is alive, and whether its networks can be read.
func getHealth(c *call) (answer, error) {
	type network struct {
		Network      *string `json:"network"`
		Horizon      string  `json:"horizon"`
		LatestLedger *int64  `json:"latest_ledger"`
		ClosedAt     *string `json:"closed_at"`
	}
	health := struct {
		Status   string                  `json:"status"`
		Networks map[record.Mode]network `json:"networks"`
	}{"ok", map[record.Mode]network{}}
	for _, mode := range record.Modes {
		configured, ok := c.config.Networks[mode]
		if !ok {
			continue
		}
		n := network{Network: optional(configured.Name), Horizon: "unreachable"}
		if configured.Name == "" {
			n.Network = optional("Public network")
		}
		root, err := c.watcher.Reachable(c.ctx, mode)
		if err == nil {
			n.Horizon, n.LatestLedger, n.ClosedAt = "reachable", &root.LatestLedger, optional(timestamp(root.ClosedAt))
		} else {
			c.log("health", map[string]any{"request_id": c.requestID, "network": mode, "error": err.Error()})
		}
		health.Networks[mode] = n
	}
	return jsonAnswer(health)
}
