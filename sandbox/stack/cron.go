package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// cronTimeout bounds one run of the scheduled handler, which may read many accounts.
const cronTimeout = 2 * time.Minute

// The cron triggers of wrangler.toml. Both mean each minute.
const (
	testCron = "*/1 * * * *"
	liveCron = "* * * * *"
)

// Cron runs the Worker's scheduled handler once for each cron trigger, at the same time as
// Cloudflare does, and returns when all are done. It returns an error if the handler threw one.
func (s *Stack) Cron(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, cronTimeout)
	defer cancel()
	live := make(chan error)
	go func() { live <- s.trigger(ctx, liveCron) }()
	test := s.trigger(ctx, testCron)
	return errors.Join(test, <-live)
}

// trigger runs the scheduled handler as one cron trigger does.
func (s *Stack) trigger(ctx context.Context, cron string) error {
	target := s.BaseURL + "/cdn-cgi/handler/scheduled?format=json&cron=" + url.QueryEscape(cron)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("run the cron: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("run the cron: %w", err)
	}
	var run struct {
		Outcome string `json:"outcome"`
	}
	if err := json.Unmarshal(body, &run); err != nil || run.Outcome != "ok" {
		return fmt.Errorf("run the cron: status %d: %.200s", resp.StatusCode, body)
	}
	return nil
}

// RunCron runs the scheduled handler every full minute, as Cloudflare does, until ctx ends. It
// passes the error of a failed run to report and continues.
func (s *Stack) RunCron(ctx context.Context, report func(error)) {
	for {
		timer := time.NewTimer(untilMinute(time.Now()))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		if err := s.Cron(ctx); err != nil && ctx.Err() == nil {
			report(err)
		}
	}
}

// untilMinute is the time until the next full minute. It is never zero.
func untilMinute(now time.Time) time.Duration {
	return now.Truncate(time.Minute).Add(time.Minute).Sub(now)
}
