package watch_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/watch/watchtest"
)

// recorded is an answer of a real Horizon.
func recorded(t *testing.T, name string) horizon.Response {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "horizon", "testdata", name+".http.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Status  int
		Headers map[string]string
		Body    json.RawMessage
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return horizon.Response{Status: r.Status, RetryAfter: r.Headers["Retry-After"], Remaining: r.Headers["X-Ratelimit-Remaining"], Body: r.Body}
}

// TestTroubleWithHorizonStopsThePassAndLosesNothing gives a sweep each kind of bad answer, at the
// root and at a page. The effect is always the same: the sweep says so, nothing changes, and the
// payment is found as soon as Horizon is itself again.
func TestTroubleWithHorizonStopsThePassAndLosesNothing(t *testing.T) {
	answers := map[string]func(t *testing.T, good horizon.Response) (horizon.Response, error){
		"429 with Retry-After": func(t *testing.T, _ horizon.Response) (horizon.Response, error) {
			return recorded(t, "rate-limited"), nil
		},
		"429 without Retry-After": func(t *testing.T, _ horizon.Response) (horizon.Response, error) {
			return recorded(t, "rate-limited-stream"), nil
		},
		"503 stale_history": func(t *testing.T, _ horizon.Response) (horizon.Response, error) {
			return recorded(t, "stale-history"), nil
		},
		"503 still_ingesting": func(t *testing.T, _ horizon.Response) (horizon.Response, error) {
			return recorded(t, "account-still-ingesting"), nil
		},
		"504": func(t *testing.T, _ horizon.Response) (horizon.Response, error) {
			return recorded(t, "submit-timeout"), nil
		},
		"410 before_history": func(t *testing.T, _ horizon.Response) (horizon.Response, error) {
			return recorded(t, "payments-before-history-desc"), nil
		},
		"400": func(t *testing.T, _ horizon.Response) (horizon.Response, error) {
			return recorded(t, "payments-cursor-bad"), nil
		},
		"a 404 that is not Horizon's": func(*testing.T, horizon.Response) (horizon.Response, error) {
			return horizon.Response{Status: 404, Body: []byte("<html>no such host</html>")}, nil
		},
		"a time-out": func(*testing.T, horizon.Response) (horizon.Response, error) {
			return horizon.Response{}, horizon.ErrTimeout
		},
		"a refused connection": func(*testing.T, horizon.Response) (horizon.Response, error) {
			return horizon.Response{}, errors.New("refused")
		},
		"truncated JSON": func(_ *testing.T, good horizon.Response) (horizon.Response, error) {
			good.Body = good.Body[:len(good.Body)*2/3]
			return good, nil
		},
		"a proxy's page": func(*testing.T, horizon.Response) (horizon.Response, error) {
			return horizon.Response{Status: 200, Body: []byte("<html>Welcome</html>")}, nil
		},
		"JSON of something else": func(*testing.T, horizon.Response) (horizon.Response, error) {
			return horizon.Response{Status: 200, Body: []byte(`{"status":"ok"}`)}, nil
		},
	}
	for name, answer := range answers {
		for _, where := range []string{"the root", "a page"} {
			t.Run(name+" at "+where, func(t *testing.T) {
				s := open(t)
				c := s.checkout()
				s.pay(c, "50")
				s.Advance(time.Minute)
				inside := false
				s.Fault = func(url string) (horizon.Response, error, bool) {
					if inside || strings.Contains(url, "/payments?") != (where == "a page") {
						return horizon.Response{}, nil, false
					}
					inside = true // what Horizon would have said
					good, err := s.Get(context.Background(), url, time.Second)
					inside = false
					if err == nil {
						good, err = answer(t, good)
					}
					return good, err, true
				}
				if _, err := s.cron.Sweep(context.Background(), stellar.Modes...); err == nil {
					t.Error("the sweep did not say that anything was wrong")
				}
				expect(t, s.look(s.here, c), "open 0")
				expect(t, s.outcome(c), "open 0")
				s.Fault = nil
				s.Advance(2 * time.Minute) // longer than any Retry-After is honoured
				s.sweep()
				expect(t, s.outcome(c), "completed 50")
			})
		}
	}
}

func TestAPageThatIsRepeatedOrReorderedChangesNothing(t *testing.T) {
	for name, spoil := range map[string]func(records []json.RawMessage) []json.RawMessage{
		"repeated":  func(r []json.RawMessage) []json.RawMessage { return append(r, r...) },
		"reordered": func(r []json.RawMessage) []json.RawMessage { r[0], r[len(r)-1] = r[len(r)-1], r[0]; return r },
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			c := s.checkout()
			s.pay(c, "20")
			s.Advance(watchtest.LedgerTime)
			s.pay(c, "30")
			s.Advance(time.Minute)
			inside := false
			s.Fault = func(url string) (horizon.Response, error, bool) {
				if inside || !strings.Contains(url, "/payments?") {
					return horizon.Response{}, nil, false
				}
				inside = true
				good, err := s.Get(context.Background(), url, time.Second)
				inside = false
				var page struct {
					Embedded struct {
						Records []json.RawMessage `json:"records"`
					} `json:"_embedded"`
				}
				if err != nil || json.Unmarshal(good.Body, &page) != nil || len(page.Embedded.Records) < 2 {
					return good, err, true
				}
				page.Embedded.Records = spoil(page.Embedded.Records)
				good.Body, err = json.Marshal(page)
				return good, err, true
			}
			s.sweep()
			expect(t, s.outcome(c), "completed 50")
		})
	}
}

func TestHistoryThatWasReapedIsReported(t *testing.T) {
	s := open(t)
	c := s.checkout()
	for range 12 {
		s.minute() // the cursor names real ledgers now
	}
	var reported bool
	s.cron.Log = func(_ context.Context, event string, _ map[string]any) { reported = reported || event == "history_gap" }
	other := s.checkout()
	s.sweep()
	if reported {
		t.Error("a gap was reported where there is none")
	}
	inside := false
	s.Fault = func(url string) (horizon.Response, error, bool) {
		if inside || strings.Contains(url, "/accounts/") {
			return horizon.Response{}, nil, false
		}
		inside = true
		good, err := s.Get(context.Background(), url, time.Second)
		inside = false
		var root map[string]any
		if err == nil {
			err = json.Unmarshal(good.Body, &root)
		}
		root["history_elder_ledger"] = root["history_latest_ledger"] // Horizon kept only its newest ledger
		good.Body, _ = json.Marshal(root)
		return good, err, true
	}
	s.minute()
	if !reported {
		t.Error("Horizon skipped what it had reaped, and nobody was told")
	}
	expect(t, s.outcome(c), "expired 0")
	expect(t, s.outcome(other), "open 0")
}

func TestMemosOfAnyBytesAreNobodys(t *testing.T) {
	s := open(t)
	c := s.checkout()
	for _, memo := range []string{"\x00", "\xff\xfe\xfd", strings.Repeat("z", 28), strings.Repeat("7", 26), c.Memo + "\x00", c.Memo[:25] + "\u00e9"[:1], flip(c.Memo)} {
		s.Pay(s.customer, c.Account, "50", c.Asset, memo)
		s.Advance(watchtest.LedgerTime)
	}
	s.sweep()
	expect(t, s.outcome(c), "open 0")
}

// flip changes the last character of a memo.
func flip(memo string) string {
	if memo[25] == 'z' {
		return memo[:25] + "y"
	}
	return memo[:25] + "z"
}
