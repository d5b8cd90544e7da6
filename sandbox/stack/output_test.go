package stack

import (
	"io"
	"strings"
	"testing"
)

func TestTerminalShowsWhatMatters(t *testing.T) {
	var shown strings.Builder
	to := &terminal{to: &shown}
	for _, piece := range []string{
		"Using secrets defined in ../secrets.env\nYour Worker has access to the following bindings:\n",
		"Binding    Resource   Mode\nenv.KV (0)    KV Namespace    local\n\n⎔ Starting local server...\n",
		"\x1b[33m▲ [WARNING] Scheduled Workers are not automatically triggered during local development.\x1b[0m\n",
		"[wrangler:info] Ready on http://127.0.0.1:8787\n",
		"[wrangler:info] GET /health 200 OK (2ms)\n[wrangler:info] GET /pay/chk_1/status 200 OK (2ms)\n",
		"[wrangler:info] POST /check", "out 200 OK (5ms)\n",
		"[wrangler:info] GET /health 500 Internal Server Error (2ms)\n",
		"{\"level\":\"ERROR\",\"msg\":\"sweep\"}\n",
	} {
		if n, err := io.WriteString(to, piece); n != len(piece) || err != nil {
			t.Fatalf("Write = %d, %v", n, err)
		}
	}
	want := "[wrangler:info] POST /checkout 200 OK (5ms)\n" +
		"[wrangler:info] GET /health 500 Internal Server Error (2ms)\n" +
		"{\"level\":\"ERROR\",\"msg\":\"sweep\"}\n"
	if shown.String() != want {
		t.Errorf("shown:\n%s\nwant:\n%s", shown.String(), want)
	}
}
