package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// compatibilityDate is that of wrangler.toml.
const compatibilityDate = "2026-11-01"

// workerConfig says how to serve one isolate of a Worker, with KV and the edge cache in a second Worker beside it.
type workerConfig struct {
	binary  string // workerd
	store   string // path of the module that plays KV and the cache
	modules string // directory with the Worker's modules, of which worker.mjs is the main one
	vars    map[string]string
}

// workerd is a running process.
type workerd struct {
	url   string // of the Worker
	store store
	debug string // address of the inspector
	cmd   *exec.Cmd
	out   *tail
	done  chan struct{}
}

// start runs workerd until stop, or until ctx ends.
func (c workerConfig) start(ctx context.Context) (*workerd, error) {
	text, err := c.capnp()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(c.modules, "config.capnp")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, err
	}
	control, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer control.Close()
	d := &workerd{out: &tail{}, done: make(chan struct{})}
	d.cmd = exec.CommandContext(ctx, c.binary, "serve", "--experimental", "--control-fd=3", "--inspector-addr=127.0.0.1:0", path)
	d.cmd.ExtraFiles = []*os.File{theirs}
	d.cmd.Stdout, d.cmd.Stderr = d.out, d.out
	err = d.cmd.Start()
	theirs.Close()
	if err != nil {
		return nil, err
	}
	go func() {
		_ = d.cmd.Wait() // it is killed, so that this is always an error
		close(d.done)
	}()
	_ = control.SetReadDeadline(time.Now().Add(time.Minute))
	for lines := bufio.NewScanner(control); lines.Scan(); {
		var event struct {
			Event, Socket string
			Port          int
		}
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			continue
		}
		address := "127.0.0.1:" + strconv.Itoa(event.Port)
		switch {
		case event.Event == "listen-inspector":
			d.debug = address
		case event.Socket == "worker":
			d.url = "http://" + address
		case event.Socket == "store":
			d.store = store{"http://" + address}
		}
		if d.url != "" && d.store.url != "" && d.debug != "" {
			return d, nil
		}
	}
	d.stop()
	return nil, fmt.Errorf("workerd did not start:\n%s", d.out)
}

func (d *workerd) stop() {
	_ = d.cmd.Process.Kill()
	<-d.done
}

// resident is how much memory the whole process has, in bytes: V8's, and also that of the second Worker, of compiled
// code and of what the allocator keeps for later.
func (d *workerd) resident() (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("the memory of a process needs Linux's /proc: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if kB, found := strings.CutPrefix(line, "VmRSS:"); found {
			n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(kB), " kB"))
			return float64(n) * 1024, err
		}
	}
	return 0, fmt.Errorf("/proc/%d/status does not say VmRSS", d.cmd.Process.Pid)
}

func (c workerConfig) capnp() (string, error) {
	entries, err := os.ReadDir(c.modules)
	if err != nil {
		return "", err
	}
	var modules []string
	for _, entry := range entries {
		kind := map[string]string{".mjs": "esModule", ".js": "esModule", ".wasm": "wasm"}[filepath.Ext(entry.Name())]
		if kind == "" {
			continue
		}
		module := fmt.Sprintf("(name = %q, %s = embed %q)", entry.Name(), kind, entry.Name())
		if entry.Name() == "worker.mjs" {
			modules = slices.Insert(modules, 0, module) // the first is the main one
		} else {
			modules = append(modules, module)
		}
	}
	store, err := os.ReadFile(c.store)
	if err != nil {
		return "", err
	}
	bindings := []string{`(name = "KV", kvNamespace = (name = "store", entrypoint = "KV"))`}
	for name, value := range c.vars {
		bindings = append(bindings, fmt.Sprintf("(name = %q, text = %q)", name, value))
	}
	slices.Sort(bindings)
	return fmt.Sprintf(`using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "store", worker = .store),
    (name = "worker", worker = .worker),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [
    (name = "store", address = "127.0.0.1:0", http = (), service = "store"),
    (name = "worker", address = "127.0.0.1:0", http = (), service = "worker"),
  ],
);

const store :Workerd.Worker = (
  modules = [(name = "store.mjs", esModule = %q)],
  compatibilityDate = %q,
  compatibilityFlags = ["service_binding_extra_handlers"],
  bindings = [(name = "PEER", service = "worker")],
);

const worker :Workerd.Worker = (
  modules = [
    %s,
  ],
  compatibilityDate = %q,
  bindings = [
    %s,
  ],
  cacheApiOutbound = (name = "store", entrypoint = "Cache"),
);
`, store, compatibilityDate, strings.Join(modules, ",\n    "), compatibilityDate, strings.Join(bindings, ",\n    ")), nil
}

// tail keeps the end of what a process prints.
type tail struct {
	mu  sync.Mutex
	end []byte
}

const maxTail = 8 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, p...)
	t.end = slices.Delete(t.end, 0, max(len(t.end)-maxTail, 0))
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.end)
}
