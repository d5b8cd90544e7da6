package main

import (
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"
)

func TestMissingToolsAreNamedInOneLine(t *testing.T) {
	none := errors.New("not found")
	for name, c := range map[string]struct {
		node       string
		nodeErr    error
		npmErr     error
		wantSubset string // of the only line; empty for no line
	}{
		"all there":        {"v22.23.3\n", nil, nil, ""},
		"no Node.js":       {"", none, none, "Node.js is missing: install version 20"},
		"an old Node.js":   {"v18.19.0\n", nil, nil, "Node.js 18 is too old: install version 20"},
		"npm left out":     {"v20.0.0\n", nil, none, "npm is missing"},
		"something else":   {"node?\n", nil, nil, "Node.js is missing"},
		"a future version": {"v100.1.0\n", nil, nil, ""},
	} {
		wrong := tools(func(string) (string, error) { return c.node, c.nodeErr }, func(string) (string, error) { return "", c.npmErr })
		if got := strings.Join(wrong, "\n"); !strings.Contains(got, c.wantSubset) || c.wantSubset == "" && got != "" || strings.Contains(got, "\n") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestPortsInUseAreNamedWithTheVariable(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	used := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	vars := map[string]string{"PORT": used, "SANDBOX_PORT": used}
	if wrong := ports(func(name string) string { return vars[name] }); len(wrong) != 2 ||
		!strings.Contains(wrong[0], "port "+used) || !strings.Contains(wrong[0], "make dev PORT=") || !strings.Contains(wrong[1], "make dev SANDBOX_PORT=") {
		t.Errorf("in use: %q", wrong)
	}
	vars["HORIZON_URL"] = "https://horizon.example"
	if wrong := ports(func(name string) string { return vars[name] }); len(wrong) != 1 {
		t.Errorf("with another Horizon: %q", wrong)
	}
	listener.Close()
	if wrong := ports(func(name string) string { return vars[name] }); len(wrong) != 0 {
		t.Errorf("free: %q", wrong)
	}
}
