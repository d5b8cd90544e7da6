package stack

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// This needs the built Worker: `make build`.
func TestStackRunsAndStops(t *testing.T) {
	ctx := t.Context()
	var said syncBuffer
	s, err := Start(ctx, Options{Dir: t.TempDir(), Terminal: &said, ExtraVars: map[string]string{"EXPIRES_IN_MIN": "1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()

	health, err := s.Merchant("").Do(ctx, http.MethodGet, "/health", nil)
	if err != nil || health.Status != http.StatusOK {
		t.Fatalf("GET /health: %d %s, %v", health.Status, health.Body, err)
	}
	horizon, err := Client{BaseURL: s.HorizonURL}.Do(ctx, http.MethodGet, "/", nil)
	if err != nil || horizon.Status != http.StatusOK || !strings.Contains(string(horizon.Body), s.Passphrase) {
		t.Fatalf("the sandbox's root: %d %s, %v", horizon.Status, horizon.Body, err)
	}
	if err := s.Cron(ctx); err != nil {
		t.Error(err)
	}
	if _, err := Start(ctx, Options{Dir: t.TempDir(), Port: portOf(t, s.BaseURL)}); err == nil {
		t.Error("a second stack started on the same port")
	}

	group := s.worker.cmd.Process.Pid
	s.Stop()
	if err := syscall.Kill(-group, 0); err != syscall.ESRCH {
		t.Errorf("after Stop the process group of wrangler gives %v, want ESRCH", err)
	}
	for _, url := range []string{s.BaseURL, s.HorizonURL} {
		if reply, err := (Client{BaseURL: url}).Do(context.Background(), http.MethodGet, "/health", nil); err == nil {
			t.Errorf("after Stop %s still answers %d", url, reply.Status)
		}
	}
	log, err := os.ReadFile(s.Log)
	if err != nil || len(log) == 0 {
		t.Errorf("the log has %d bytes, %v", len(log), err)
	}
	if shown := said.String(); strings.Contains(shown, "Ready on") {
		t.Errorf("the terminal was shown noise:\n%s", shown)
	}
}

func TestStartSaysWhatIsMissing(t *testing.T) {
	empty := t.TempDir()
	if err := os.WriteFile(filepath.Join(empty, "wrangler.toml"), []byte(`main = "build/worker.mjs"`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Options{Dir: t.TempDir(), Root: empty})
	if err == nil || !strings.Contains(err.Error(), "npm ci") {
		t.Errorf("without node_modules: %v, want to read of npm ci", err)
	}
}

func TestUntilMinuteIsTheNextFullMinute(t *testing.T) {
	at := func(s string) time.Time {
		parsed, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	for now, want := range map[string]time.Duration{
		"2026-11-22T10:00:00Z":         time.Minute, // never zero: this minute has had its run
		"2026-11-22T10:00:00.25Z":      59*time.Second + 750*time.Millisecond,
		"2026-11-22T10:00:59.999Z":     time.Millisecond,
		"2026-11-22T10:59:30+05:30":    30 * time.Second,
		"2026-12-31T23:59:58.5-03:00":  1500 * time.Millisecond,
		"2026-11-22T10:00:00.0000001Z": time.Minute - 100*time.Nanosecond,
	} {
		if got := untilMinute(at(now)); got != want {
			t.Errorf("untilMinute(%s) = %s, want %s", now, got, want)
		}
	}
}
