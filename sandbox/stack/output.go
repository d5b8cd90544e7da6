package stack

import (
	"bytes"
	"io"
	"regexp"
	"strings"
)

// escape is a colour or style sequence of a terminal.
var escape = regexp.MustCompile("\x1b\\[[0-9;]*m")

// noise is what wrangler prints at every start or request. The log file has all of it.
var noise = []*regexp.Regexp{
	regexp.MustCompile(`^\s*$`),
	regexp.MustCompile(`^Using secrets defined in `),
	regexp.MustCompile(`^Your Worker has access to the following bindings:`),
	regexp.MustCompile(`^Binding\s+Resource`),
	regexp.MustCompile(`^env\.\w+ `),
	regexp.MustCompile(`^⎔ `),
	regexp.MustCompile(`^\[custom build\]\s*$`),
	regexp.MustCompile(`^\[wrangler:info\] Ready on `),
	regexp.MustCompile(`Scheduled Workers are not automatically triggered`),
	regexp.MustCompile(`To manually trigger a scheduled event, run:`),
	regexp.MustCompile(`/cdn-cgi/(local|handler)/scheduled`),
	regexp.MustCompile(`developers\.cloudflare\.com/workers/configuration/cron-triggers`),
	regexp.MustCompile(`^\[wrangler:info\] GET /health 200 `),
	regexp.MustCompile(`^\[wrangler:info\] GET /pay/[^/ ]+/status 200 `),
}

// terminal passes on the lines of a child that matter to the user.
type terminal struct {
	to      io.Writer
	partial []byte
}

func (t *terminal) Write(p []byte) (int, error) {
	t.partial = append(t.partial, p...)
	for {
		end := bytes.IndexByte(t.partial, '\n')
		if end < 0 {
			return len(p), nil
		}
		line := t.partial[:end+1]
		if wanted(string(line)) {
			if _, err := t.to.Write(line); err != nil {
				return 0, err
			}
		}
		t.partial = t.partial[end+1:]
	}
}

func wanted(line string) bool {
	plain := strings.TrimRight(escape.ReplaceAllString(line, ""), "\r\n")
	for _, n := range noise {
		if n.MatchString(plain) {
			return false
		}
	}
	return true
}
