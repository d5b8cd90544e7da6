package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"edgecheckout/worker"
)

// spellings returns ways to write a path. The first is the plain one, which alone names a route;
// the next three escape characters that need no escaping.
func spellings(path string) []string {
	last := strings.LastIndexByte(path, '/') + 1
	escaped := func(i int, format string) string { return path[:i] + fmt.Sprintf(format, path[i]) + path[i+1:] }
	return []string{
		path, escaped(1, "%%%02X"), escaped(last, "%%%02x"), escaped(len(path)-1, "%%%02X"),
		"/" + path, path + "/", path[:last] + "/" + path[last:], path + ";v=1", path + "%2F", "/%2e" + path, path + "%20", path + "%00", path + "%ff",
		path + "%", path + "%zz", path + "ü", "/x/.." + path, "/." + path, path + "/.", path[:last] + "%2f" + path[last:], path + `\`,
	}
}

// sendPlainly sends a path without normalising it, as net/http's client would, and returns the
// status and the target of a redirect.
func sendPlainly(t *testing.T, address, method, path string) (status int, location string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", method, path, address)
	r, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	r.Body.Close()
	return r.StatusCode, r.Header.Get("Location")
}

// JavaScript, which chooses the rate limit, and Go must read two dozen spellings of every route
// alike.
func TestJavaScriptAndGoAgreeOnRoutes(t *testing.T) {
	t.Parallel()
	type asked struct{ Method, Path string }
	var all []asked
	var routes []worker.Route
	for _, r := range worker.Routes() {
		path := regexp.MustCompile(`\{\w+\}`).ReplaceAllString(r.Path, "x_1")
		for _, spelling := range spellings(path) {
			all, routes = append(all, asked{r.Method, spelling}), append(routes, r)
		}
	}
	input, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	door, err := filepath.Abs(filepath.Join(root, "wasm", "door.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf(`import { find } from %q;
		let text = "";
		for await (const part of process.stdin) text += part;
		console.log(JSON.stringify(JSON.parse(text).map(({ Method, Path }) => find(Method, Path)?.path ?? "")));`, "file://"+door)
	node := exec.CommandContext(t.Context(), filepath.Join(root, "node_modules", ".bin", "node"), "--input-type=module", "-e", script)
	node.Stdin = strings.NewReader(string(input))
	output, err := node.Output()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	if err := json.Unmarshal(output, &found); err != nil || len(found) != len(all) {
		t.Fatalf("%d answers to %d questions, %v", len(found), len(all), err)
	}
	// Wrangler dev would remove dots from a path before the Worker sees it.
	_, _, process := behindACache(t)
	each := len(spellings("/x"))
	for i, a := range all {
		r, spelling := routes[i], i%each
		plain := all[i-spelling].Path
		want := ""
		if spelling == 0 {
			want = r.Path
		}
		if found[i] != want {
			t.Errorf("JavaScript reads %s %s as %q", a.Method, a.Path, found[i])
		}
		status, location := sendPlainly(t, process.Address, a.Method, a.Path)
		leads := r.Audience == "everybody" && r.Method == http.MethodGet && 0 < spelling && spelling < 4
		switch {
		case leads && (status != http.StatusFound || location != plain):
			t.Errorf("%s %s: %d, to %q; want to %s", a.Method, a.Path, status, location, plain)
		case spelling > 0 && !leads && status != http.StatusNotFound:
			t.Errorf("%s %s: %d, want 404", a.Method, a.Path, status)
		case r.Audience == "owner" && spelling == 0 && (status != http.StatusFound || location != "/console/sign-in"):
			t.Errorf("%s %s: %d, to %q; want to sign in", a.Method, a.Path, status, location)
		case (r.Audience == "merchant" || r.Audience == "operator") && spelling == 0 && status != http.StatusUnauthorized:
			t.Errorf("%s %s: %d, want 401", a.Method, a.Path, status)
		}
	}
}
