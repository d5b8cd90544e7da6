package e2e

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the files in testdata with what the service answers")

// golden compares a text with a file in testdata. With -update it writes the file; review the
// difference before you commit it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: go test ./e2e -run '%s' -update writes it", err, t.Name())
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// What differs from run to run, and what replaces it.
var volatile = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`\b(chk|cus|prod|pay|mer|key|req|wh|evt|link|rf)_[0-7][0-9a-hjkmnp-tv-z]{25}\b`), `${1}_{ulid}`},
	{regexp.MustCompile(`\bsk_(test|live)_[0-9a-f]{64}\b`), `sk_${1}_{secret}`},
	{regexp.MustCompile(`\bwhsec_[A-Za-z0-9+/]{43}=`), `whsec_{secret}`},
	{regexp.MustCompile(`\b[0-9a-f]{64}\b`), `{hash}`},
	{regexp.MustCompile(`\bM[A-Z2-7]{68}\b`), `{muxed}`},
	{regexp.MustCompile(`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"`), `"{time}"`},
	{regexp.MustCompile(`("(?:ledger|latest_ledger)": ?)\d+`), `${1}{ledger}`},
}

// normalise replaces values that differ from run to run by names; more are alternating values and
// names.
func normalise(text string, more ...string) string {
	text = strings.NewReplacer(more...).Replace(text)
	for _, v := range volatile {
		text = v.pattern.ReplaceAllString(text, v.instead)
	}
	return text
}

// indent indents JSON and keeps the order of its fields. It leaves anything else unchanged.
func indent(body []byte) string {
	var b bytes.Buffer
	if err := json.Indent(&b, body, "", "  "); err != nil {
		return string(body)
	}
	return strings.TrimSpace(b.String()) + "\n"
}

// names are the values that differ from shop to shop, and their names.
func (s *shop) names(more ...string) []string {
	return append([]string{s.on.BaseURL, "{base}", s.account, "{account}", s.id, "{merchant}"}, more...)
}

// normaliseHealth replaces the newest ledger and its time, too.
func normaliseHealth(body []byte) string {
	text := healthCounts.ReplaceAllString(normalise(indent(body)), `"$1": {count}`)
	text = healthLeft.ReplaceAllString(text, `"$1": {count or null}`)
	return healthTimes.ReplaceAllString(text, `"$1": {time or null}`)
}

// These depend on how far the test has come.
var (
	healthCounts = regexp.MustCompile(`"(ledger_age_seconds|lag_seconds|horizon_requests|active_accounts|open_checkouts)": \d+`)
	healthLeft   = regexp.MustCompile(`"(horizon_requests_left)": (?:null|\d+)`)
	healthTimes  = regexp.MustCompile(`"(last_sweep|oldest_unfinished)": (?:null|"[^"]*")`)
)

var (
	secondsLeft = regexp.MustCompile(`"seconds_left": [1-9]\d*`)
	readAt      = regexp.MustCompile(`"ledger_read_at": "[^"]*"`)
)

// normaliseSeconds replaces the remaining time, too.
func normaliseSeconds(body []byte) string {
	return readAt.ReplaceAllString(secondsLeft.ReplaceAllString(indent(body), `"seconds_left": {seconds}`), `"ledger_read_at": "{time}"`)
}
