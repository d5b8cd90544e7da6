// Command ready looks, before anything is installed, whether this machine has what the project
// needs, and says in one line what to do about each thing that is missing. It needs nothing but Go,
// so that it takes a moment.
//
//	ready         Node.js and npm
//	ready ports   also whether the ports of `make dev` are free: PORT and SANDBOX_PORT
package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

// oldestNode is the oldest Node.js that can install the tools. They bring a newer one, which runs
// them.
const oldestNode = 20

func main() {
	wrong := tools(version, exec.LookPath)
	if len(os.Args) > 1 && os.Args[1] == "ports" {
		wrong = append(wrong, ports(os.Getenv)...)
	}
	for _, line := range wrong {
		fmt.Fprintln(os.Stderr, "error:", line)
	}
	if len(wrong) > 0 {
		os.Exit(1)
	}
}

// version is what a program prints when it is asked for its version.
func version(program string) (string, error) {
	output, err := exec.Command(program, "--version").Output()
	return string(output), err
}

var major = regexp.MustCompile(`^v(\d+)\.`)

func tools(version func(string) (string, error), look func(string) (string, error)) (wrong []string) {
	text, err := version("node")
	number := major.FindStringSubmatch(text)
	switch {
	case err != nil || number == nil:
		wrong = append(wrong, fmt.Sprintf("Node.js is missing: install version %d or newer, from https://nodejs.org", oldestNode))
	default:
		if n, _ := strconv.Atoi(number[1]); n < oldestNode {
			wrong = append(wrong, fmt.Sprintf("Node.js %s is too old: install version %d or newer, from https://nodejs.org", number[1], oldestNode))
		}
	}
	if _, err := look("npm"); err != nil && len(wrong) == 0 {
		wrong = append(wrong, "npm is missing: it comes with Node.js from https://nodejs.org, or as the package npm of your system")
	}
	return wrong
}

// ports looks at the ports of `make dev`, unless a Horizon elsewhere replaces the sandbox. What is
// no number is left to `make dev`, which says what it should be.
func ports(getenv func(string) string) (wrong []string) {
	usual := map[string]int{"PORT": 8787, "SANDBOX_PORT": 8000}
	for _, name := range []string{"PORT", "SANDBOX_PORT"} {
		if name == "SANDBOX_PORT" && getenv("HORIZON_URL") != "" {
			continue
		}
		port := usual[name]
		if text := getenv(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil {
				continue
			}
			port = n
		}
		if taken(port) {
			wrong = append(wrong, fmt.Sprintf("port %d of 127.0.0.1 is in use by another program: end that program, or choose another port with `make dev %s=%d`", port, name, port+100))
		}
	}
	return wrong
}

// taken reports whether a program listens on a port. Connecting does not disturb the state of the
// port, as listening would.
func taken(port int) bool {
	connection, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), time.Second)
	if err == nil {
		connection.Close()
	}
	return err == nil
}
