package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// findWorkerd returns the program itself, not the script that npm puts before it: its process is what is measured.
func findWorkerd(ctx context.Context, root string) (string, error) {
	node := filepath.Join(root, "node_modules", ".bin", "node")
	if _, err := os.Stat(node); errors.Is(err, fs.ErrNotExist) {
		return "", errors.New("node_modules is missing: run npm ci")
	}
	cmd := exec.CommandContext(ctx, node, "-p", "require('workerd').default")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("looking for workerd: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// workerConfig says how to serve a Worker beside the store.
type workerConfig struct {
	binary  string
	store   string // path of store.mjs
	inspect bool   // whether the isolates can be asked about their memory
	modules string // directory with the Worker's modules, worker.mjs or worker.js the main one
	vars    map[string]string
}

// workerd is a running process with one Worker and its store.
type workerd struct {
	peer  string // address of the Worker
	store store
	debug string // address of the inspector, if there is one
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
	args := []string{"serve", "--experimental", "--control-fd=3"}
	if c.inspect {
		args = append(args, "--inspector-addr=127.0.0.1:0")
	}
	d.cmd = exec.CommandContext(ctx, c.binary, append(args, path)...)
	d.cmd.ExtraFiles = []*os.File{theirs}
	d.cmd.Stdout, d.cmd.Stderr = d.out, d.out
	err = d.cmd.Start()
	theirs.Close()
	if err != nil {
		return nil, err
	}
	go func() {
		_ = d.cmd.Wait()
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
		case event.Socket == "peer":
			d.peer = address
		case event.Socket == "store":
			d.store = store{"http://" + address}
		}
		if d.peer != "" && d.store.url != "" {
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

func (d *workerd) pid() int { return d.cmd.Process.Pid }

// capnp is the configuration: the peer, and the store behind its KV and its cache.
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
		if strings.HasPrefix(entry.Name(), "worker.") {
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
    (name = "peer", worker = .peer),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [
    (name = "store", address = "127.0.0.1:0", http = (), service = "store"),
    (name = "peer", address = "127.0.0.1:0", http = (), service = "peer"),
  ],
);

const store :Workerd.Worker = (
  modules = [(name = "store.mjs", esModule = %q)],
  compatibilityDate = %q,
  compatibilityFlags = ["service_binding_extra_handlers"],
  bindings = [(name = "PEER", service = "peer")],
);

const peer :Workerd.Worker = (
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

// compatibilityDate is that of wrangler.toml.
const compatibilityDate = "2026-11-01"

// tail keeps the end of what a process prints.
type tail struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all.Len() > 64<<10 {
		t.all.Reset()
	}
	return t.all.Write(p)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all.String()
}
