package worker

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
	"edgecheckout/worker/watch"
)

// healthWindow is how long all requests in a data centre share one answer.
const healthWindow = 15 * time.Second

type healthObject struct {
	Status   string                         `json:"status"` // "ok" or "behind"
	Networks map[stellar.Mode]networkHealth `json:"networks"`
}

type networkHealth struct {
	Network      string   `json:"network"`
	Horizon      string   `json:"horizon"` // "reachable" or "unreachable"
	LatestLedger *int64   `json:"latest_ledger"`
	ClosedAt     nullable `json:"closed_at"`
	// AgeSeconds is the age of the newest ledger.
	AgeSeconds       *int64   `json:"ledger_age_seconds"`
	LastSweep        nullable `json:"last_sweep"`
	LagSeconds       int64    `json:"lag_seconds"`
	Reading          string   `json:"reading"`          // "accounts" or "feed"
	Requests         int      `json:"horizon_requests"` // in a minute, of this instance
	RequestsLeft     *int     `json:"horizon_requests_left"`
	ActiveAccounts   *int     `json:"active_accounts"` // counted for operators only
	OpenCheckouts    *int     `json:"open_checkouts"`  // counted for operators only
	OldestUnfinished nullable `json:"oldest_unfinished"`
	LastError        nullable `json:"last_error"`
}

// getHealth is GET /health: whether the service works, and for each network whether settlement is
// up to date, as far as the last sweeps have written it down.
func getHealth(c *call) (answer, error) {
	const key = "health"
	health, ok, err := store.Decode[healthObject](c.platform.Recent.Recall(c.ctx, key))
	if !ok || err != nil {
		if health, err = c.health(c.watcher.Health); err != nil {
			return answer{}, err
		}
		c.platform.Recent.Keep(c.ctx, key, store.Encode(health), healthWindow)
	}
	return healthAnswer(health)
}

// getHealthDetails is GET /health/details: the same by what is open now, for operators.
func getHealthDetails(c *call) (answer, error) {
	health, err := c.health(c.watcher.HealthNow)
	if err != nil {
		return answer{}, err
	}
	return healthAnswer(health)
}

func healthAnswer(health healthObject) (answer, error) {
	a, err := jsonAnswer(health)
	if health.Status != "ok" {
		a.Status = http.StatusServiceUnavailable
	}
	return a, err
}

func (c *call) health(look func(context.Context, ...stellar.Mode) (map[stellar.Mode]watch.Health, error)) (healthObject, error) {
	o := healthObject{"ok", map[stellar.Mode]networkHealth{}}
	now := c.platform.Now()
	modes := slices.Sorted(maps.Keys(c.config.Networks))
	networks, err := look(c.ctx, modes...)
	if err != nil {
		return o, err
	}
	for _, mode := range modes {
		configured, h := c.config.Networks[mode], networks[mode]
		n := networkHealth{
			Network: configured.Name, Horizon: "reachable", LagSeconds: int64(h.Lag / time.Second),
			Reading: "accounts", Requests: h.Budget.Requests, RequestsLeft: h.Budget.Left, LastError: nullable(h.Trouble),
		}
		if h.Count != nil {
			n.ActiveAccounts, n.OpenCheckouts = &h.Count.Accounts, &h.Count.Checkouts
		}
		if h.ByFeed {
			n.Reading = "feed"
		}
		if n.Network == "" {
			n.Network = "Public network"
		}
		if h.Trouble != "" {
			n.Horizon = "unreachable"
		} else {
			age := int64(max(now.Sub(h.Root.ClosedAt), 0) / time.Second)
			n.LatestLedger, n.AgeSeconds, n.ClosedAt = &h.Root.LatestLedger, &age, nullable(timestamp(h.Root.ClosedAt))
		}
		if !h.Swept.IsZero() {
			n.LastSweep = nullable(timestamp(h.Swept))
		}
		if !h.Due.IsZero() {
			n.OldestUnfinished = nullable(timestamp(h.Due))
		}
		if h.Lag > watch.MaxLag {
			o.Status = "behind"
		}
		o.Networks[mode] = n
	}
	return o, nil
}
