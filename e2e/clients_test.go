package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const clients = "clients"

// Clients that generators make of the description work as they are. Each creates a checkout of
// either type, has one paid in the sandbox, lists, and reads an error; see its main file.
func TestGeneratedClientsWork(t *testing.T) {
	t.Parallel()
	install(t)
	inClients(t, nil, "go", "generate", ".")
	for _, name := range []string{"oapicodegen", "ogen"} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t)
			inClients(t, nil, "go", "vet", "./"+name)
			inClients(t, s.environment(), "go", "run", "./"+name)
		})
	}
	t.Run("openapi-typescript", func(t *testing.T) {
		s := openShop(t)
		inClients(t, nil, "openapi-typescript", description, "-o", "typescript/build/description.d.ts")
		inClients(t, nil, "tsc", "-p", "typescript")
		inClients(t, s.environment(), "node", "typescript/build/main.js")
	})
}

func TestLintersFindNothingInTheDescription(t *testing.T) {
	t.Parallel()
	install(t)
	quiet := []string{"REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true"}
	inClients(t, quiet, "redocly", "lint", "--max-problems", "1000", "--format", "stylish", description)
	inClients(t, nil, "spectral", "lint", "--ruleset", "spectral.yaml", "--fail-severity", "hint", description)
}

// description is the API's description, relative to the clients.
const description = "../../worker/openapi/openapi.json"

// environment says what a client talks to.
func (s *shop) environment() []string {
	return []string{"BASE_URL=" + checkedURL(s.t, s.on), "API_KEY=" + s.Key, "SANDBOX_URL=" + s.on.HorizonURL}
}

// install installs the generators and linters that are written in JavaScript.
func install(t *testing.T) {
	t.Helper()
	succeeds(t, exec.CommandContext(t.Context(), "make", "-C", root, filepath.Join("e2e", clients, "node_modules", ".stamp")))
}

// inClients runs a program in the module of the clients; the project's Node.js runs what is written
// in JavaScript.
func inClients(t *testing.T, env []string, name string, args ...string) {
	t.Helper()
	path := os.Getenv("PATH")
	for _, dir := range []string{filepath.Join(root, "node_modules", ".bin"), filepath.Join(clients, "node_modules", ".bin")} {
		absolute, err := filepath.Abs(dir)
		if err != nil {
			t.Fatal(err)
		}
		path = absolute + string(filepath.ListSeparator) + path
	}
	env = append(env, "PATH="+path)
	// The shell finds the program by the PATH that it is given.
	cmd := exec.CommandContext(t.Context(), "sh", append([]string{"-c", `exec "$0" "$@"`, name}, args...)...)
	cmd.Dir, cmd.Env = clients, append(os.Environ(), env...)
	succeeds(t, cmd)
}

func succeeds(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd.Args, err, output)
	}
}
