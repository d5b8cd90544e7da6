package stack

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSettingsBecomeArguments(t *testing.T) {
	w := wrangler{
		Root: "/repo", Config: "/repo/wrangler.toml", Port: 8787, Inspector: 9000,
		Persist: "/repo/build/dev/state", Secrets: "/repo/build/dev/secrets.env",
		Vars: map[string]string{"TEST_HORIZON_URLS": "http://127.0.0.1:8000", "BASE_URL": "http://127.0.0.1:8787", "LIVE_HORIZON_URLS": ""},
	}
	want := []string{
		"--no-warnings", "/repo/node_modules/wrangler/wrangler-dist/cli.js", "dev", "--local",
		"--config", "/repo/wrangler.toml", "--env", "",
		"--ip", "127.0.0.1", "--port", "8787",
		"--inspector-ip", "127.0.0.1", "--inspector-port", "9000",
		"--persist-to", "/repo/build/dev/state",
		"--env-file", "/repo/build/dev/secrets.env",
		"--show-interactive-dev-session=false",
		"--var", "BASE_URL:http://127.0.0.1:8787",
		"--var", "LIVE_HORIZON_URLS:",
		"--var", "TEST_HORIZON_URLS:http://127.0.0.1:8000",
	}
	if diff := cmp.Diff(want, w.args()); diff != "" {
		t.Error(diff)
	}
}

func TestEnvironmentDisablesWranglersNetworkAccess(t *testing.T) {
	got := wrangler{Root: "/repo", LogDir: "/logs"}.env([]string{
		"HOME=/home/dev", "PATH=/usr/bin", "WRANGLER_LOG=debug", "CLOUDFLARE_API_TOKEN=secret", "NODE_OPTIONS=--inspect",
	})
	for _, want := range []string{
		"HOME=/home/dev", "PATH=/repo/node_modules/.bin:/usr/bin", "WRANGLER_SEND_METRICS=false",
		"WRANGLER_HIDE_BANNER=true", "CLOUDFLARE_CF_FETCH_ENABLED=false",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not in %q", want, got)
		}
	}
	for _, entry := range got {
		if strings.Contains(entry, "secret") || strings.HasPrefix(entry, "NODE_OPTIONS") || strings.HasPrefix(entry, "WRANGLER_LOG=") {
			t.Errorf("%s was passed on", entry)
		}
	}
}

const toml = `name = "edge-checkout"
main = "build/worker.mjs" # the entry

[build] # not in a copy
command = "make build"
watch_dir = ["worker"]

[[kv_namespaces]]
binding = "KV"

[assets]
directory = "build/assets" # files

[[ratelimits]]
name = "KEY_LIMIT" # of a key
simple = { limit = 1000, period = 10 }

[[ratelimits]]
name = "ADDRESS_LIMIT"
simple = { period = 10, limit = 600 } # a limit = 5 is too little

[env.local.vars]
main = "not this one"
`

func TestFrozenConfigurationBuildsNothing(t *testing.T) {
	want := `name = "edge-checkout"
main = "worker/worker.mjs"

[[kv_namespaces]]
binding = "KV"

[assets]
directory = "assets"

[[ratelimits]]
name = "KEY_LIMIT" # of a key
simple = { limit = 7, period = 10 }

[[ratelimits]]
name = "ADDRESS_LIMIT"
simple = { period = 10, limit = 1000000000 } # a limit = 5 is too little

[env.local.vars]
main = "not this one"
`
	got, module, err := frozen(toml, "worker/worker.mjs", map[string]int{"KEY_LIMIT": 7}, nil)
	if err != nil || module != "build/worker.mjs" {
		t.Fatalf("module %q, %v", module, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, _, err := frozen("name = \"x\"\n[build]\n", "m", nil, nil); err == nil {
		t.Error("a configuration without main gave no error")
	}
}

func TestFreezeCopiesTheBuiltWorker(t *testing.T) {
	root, dir := t.TempDir(), t.TempDir()
	if _, err := freeze(root, dir, nil, nil); err == nil {
		t.Error("a missing wrangler.toml gave no error")
	}
	write(t, root, "wrangler.toml", toml)
	if _, err := freeze(root, dir, nil, nil); err == nil || !strings.Contains(err.Error(), "make build") {
		t.Errorf("not built: %v, want to read of make build", err)
	}
	write(t, root, "build/worker.mjs", "export default {}")
	write(t, root, "build/app.wasm", "\x00asm")
	write(t, root, "build/dev.json", "{}")
	write(t, root, "build/assets/docs.html", "<!DOCTYPE html>")
	config, err := freeze(root, dir, nil, nil)
	if err != nil || config != filepath.Join(dir, "wrangler.toml") {
		t.Fatalf("freeze = %q, %v", config, err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "assets", "docs.html")); err != nil || string(text) != "<!DOCTYPE html>" {
		t.Errorf("the files that Cloudflare serves: %q, %v", text, err)
	}
	if diff := cmp.Diff([]string{"app.wasm", "worker.mjs"}, namesIn(t, filepath.Join(dir, "worker"))); diff != "" {
		t.Error(diff)
	}
}

func TestFrozenAddsTheFlagsOfAnEntry(t *testing.T) {
	for own, want := range map[string]string{
		"": `["one", "two"]`, "compatibility_flags = []\n": `["one", "two"]`, "compatibility_flags = ['zero',\"half\"] # why\n": `["zero", "half", "one", "two"]`,
	} {
		got, _, err := frozen("main = \"m\"\n"+own+"[vars]\ncompatibility_flags = [\"a variable\"]\n", "entry.mjs", nil, []string{"one", "two"})
		want := "main = \"entry.mjs\"\ncompatibility_flags = " + want + "\n[vars]\ncompatibility_flags = [\"a variable\"]\n"
		if err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", own, got, err, want)
		}
	}
}

func TestFreezeWrapsTheWorkerWithAnEntry(t *testing.T) {
	root, dir, around := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, root, "wrangler.toml", toml)
	write(t, root, "build/worker.mjs", "export default {}")
	write(t, root, "build/assets/docs.html", "<!DOCTYPE html>")
	write(t, around, "entry.mjs", `export { default } from "./worker.mjs"`)
	write(t, around, "helper.mjs", "")
	write(t, around, "notes.txt", "")
	config, err := freeze(root, dir, nil, &Entry{Path: filepath.Join(around, "entry.mjs"), Flags: []string{"nodejs_als"}})
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(config)
	if err != nil || !strings.Contains(string(content), "main = \"worker/entry.mjs\"\ncompatibility_flags = [\"nodejs_als\"]\n") {
		t.Errorf("%v, the configuration:\n%s", err, content)
	}
	if diff := cmp.Diff([]string{"entry.mjs", "helper.mjs", "worker.mjs"}, namesIn(t, filepath.Join(dir, "worker"))); diff != "" {
		t.Error(diff)
	}
	write(t, around, "worker.mjs", "")
	if _, err := freeze(root, dir, nil, &Entry{Path: filepath.Join(around, "entry.mjs")}); err == nil {
		t.Error("an entry with a module of the Worker's name replaces it")
	}
}

func namesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestOnlyTheOwnerCanReadSecrets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secrets.env")
	if err := writeSecrets(path, map[string]string{"MEMO_KEYS": "aa,bb", "ADMIN_TOKEN": `a"#b`}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
	content, err := os.ReadFile(path)
	if want := "ADMIN_TOKEN='a\"#b'\nMEMO_KEYS='aa,bb'\n"; err != nil || string(content) != want {
		t.Errorf("content %q, %v, want %q", content, err, want)
	}
	if err := writeSecrets(path, map[string]string{"ADMIN_TOKEN": "a'b"}); err == nil {
		t.Error("a secret that the file cannot represent gave no error")
	}
}

func TestOnlyMissingSecretsAreGenerated(t *testing.T) {
	a, b := Secrets{AdminToken: "kept"}, Secrets{}
	if err := errors.Join(a.complete(), b.complete()); err != nil {
		t.Fatal(err)
	}
	if a.AdminToken != "kept" || len(a.MemoKeys) != 64 || len(b.AdminToken) != 64 || a.MemoKeys == b.MemoKeys {
		t.Errorf("a = %+v, b = %+v", a, b)
	}
}

func TestPortsAreFreeOrTheErrorNamesThem(t *testing.T) {
	seen := map[int]bool{}
	for range 200 {
		port, err := reservePort()
		if err != nil {
			t.Fatal(err)
		}
		if seen[port] || port < firstPort || port > lastPort {
			t.Fatalf("port %d is outside [%d, %d] or was returned before", port, firstPort, lastPort)
		}
		seen[port] = true
	}
	taken, err := listen(0)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := portOf(t, "http://"+taken.Addr().String())
	_, err = choosePort(port)
	var inUse *PortInUseError
	if !errors.As(err, &inUse) || inUse.Port != port {
		t.Errorf("choosePort(%d) = %v, want a PortInUseError of it", port, err)
	}
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
