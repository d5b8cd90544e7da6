// Package ready tests the script that looks at this machine before anything is installed.
package ready

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// lines are what a function of the script finds wrong. Its arguments are JavaScript.
func lines(t *testing.T, call string) []string {
	t.Helper()
	node := exec.Command("node", "-e", `const { tools, ports } = require("./ready.cjs"); Promise.resolve(`+call+`).then((lines) => console.log(JSON.stringify(lines)))`)
	node.Stderr = os.Stderr
	output, err := node.Output()
	if err != nil {
		t.Fatal(err)
	}
	var wrong []string
	if err := json.Unmarshal(output, &wrong); err != nil {
		t.Fatal(err)
	}
	return wrong
}

func TestMissingToolsAreNamedInOneLine(t *testing.T) {
	for about, c := range map[string]struct {
		call string
		want string // the beginning of the only line; empty for no line
	}{
		"all there":        {`tools("v22.23.3", true)`, ""},
		"an old Node.js":   {`tools("v18.19.0", true)`, "Node.js 18 is too old: install version 20"},
		"npm left out":     {`tools("v20.0.0", false)`, "npm is missing"},
		"a future version": {`tools("v100.1.0", true)`, ""},
	} {
		if got := strings.Join(lines(t, c.call), "\n"); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" || strings.Contains(got, "\n") {
			t.Errorf("%s: %q", about, got)
		}
	}
}

func TestPortsInUseAreNamedWithTheVariable(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	used := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	both := `PORT: "` + used + `", SANDBOX_PORT: "` + used + `"`
	if wrong := lines(t, `ports({`+both+`})`); len(wrong) != 2 ||
		!strings.Contains(wrong[0], "port "+used) || !strings.Contains(wrong[0], "make dev PORT=") || !strings.Contains(wrong[1], "make dev SANDBOX_PORT=") {
		t.Errorf("in use: %q", wrong)
	}
	if wrong := lines(t, `ports({`+both+`, HORIZON_URL: "https://horizon.example"})`); len(wrong) != 1 {
		t.Errorf("with another Horizon: %q", wrong)
	}
	if wrong := lines(t, `ports({PORT: "http", SANDBOX_PORT: "65536"})`); len(wrong) != 0 {
		t.Errorf("no numbers: %q", wrong)
	}
	listener.Close()
	if wrong := lines(t, `ports({`+both+`})`); len(wrong) != 0 {
		t.Errorf("free: %q", wrong)
	}
}

// What the script finds wrong is said on standard error, and ends `make`.
func TestScriptFailsIfSomethingIsWrong(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	used := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	for _, c := range []struct {
		arguments []string
		fails     bool
	}{{[]string{"ready.cjs", "ports"}, true}, {[]string{"ready.cjs"}, false}} {
		node := exec.Command("node", c.arguments...)
		node.Env = append(os.Environ(), "PORT="+used, "HORIZON_URL=https://horizon.example")
		output, err := node.CombinedOutput()
		if (err != nil) != c.fails || c.fails != strings.HasPrefix(string(output), "error: port "+used) || strings.Count(string(output), "\n") > 1 {
			t.Errorf("%v: %s, %v", c.arguments, output, err)
		}
	}
}
