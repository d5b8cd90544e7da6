// Package workerd runs a Worker in its own workerd process, with KV and the edge cache behind it in
// a second Worker of the same process, the store. It is meant for measurements: requests go to
// workerd directly, the process reports its time and memory, and V8 reports the isolate's memory.
//
//	binary, err := workerd.Find(ctx, root)
//	…
//	p, err := workerd.Config{Binary: binary, Modules: dir}.Start(ctx)
//	…
//	defer p.Stop()
//	err = p.Store.Put(ctx, kv.Entry{Key: "a", Value: []byte("b")})
//
// To run the service the way it is deployed, see package stack.
package workerd

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Find returns the path of the workerd binary that npm installed under the repository's root. It is
// the binary itself, not npm's wrapper script, which would run it as a child process.
func Find(ctx context.Context, root string) (string, error) {
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

// Config describes how to serve one isolate of a Worker and its store.
type Config struct {
	Binary string // path of workerd, as Find returns it
	// Modules is the directory with the Worker's modules. The main one is worker.mjs or worker.js.
	Modules string
	Vars    map[string]string // text bindings
	Inspect bool              // whether to start V8's inspector
	// Front starts the stand-in for Workers Cache (front.mjs) at [Process].Front. The Worker then
	// gets ctx.cache.
	Front bool
	// Queues binds the queues of webhooks, which deliver to the Worker.
	Queues bool
	// Apart puts KV and the cache in a process of their own, as on the platform. They then use
	// neither the Worker's processor time nor its thread, which matters when many requests wait for
	// a store that is far away.
	Apart bool
}

// Process is a running workerd, which must be stopped with [Process.Stop].
type Process struct {
	Address string // host and port of the Worker
	Front   string // host and port of the cache in front of the Worker, if there is one
	Store   Store
	Log     fmt.Stringer // the end of its output so far

	debug string   // address of the inspector, if there is one
	purge string   // URL that purges the front
	apart *Process // the store's process, if it has one
	cmd   *exec.Cmd
	done  chan struct{}
}

// Start runs workerd until Stop or until ctx ends. It returns once workerd listens. It writes
// config.capnp to Modules.
func (c Config) Start(ctx context.Context) (*Process, error) {
	var apart *Process
	addresses := map[string]string{}
	if c.Apart {
		var err error
		if apart, err = c.run(ctx, storeOnly, "store.capnp", addresses, "store", "kv", "cache"); err != nil {
			return nil, err
		}
	}
	text, err := c.capnp(addresses)
	if err != nil {
		apart.Stop()
		return nil, err
	}
	sockets := []string{"worker", "store"}
	if c.Front {
		sockets = append(sockets, "front", "purge")
	}
	reached := map[string]string{}
	p, err := c.run(ctx, text, "config.capnp", reached, sockets...)
	if err != nil {
		apart.Stop()
		return nil, err
	}
	p.apart = apart
	p.Address, p.Front, p.purge = reached["worker"], reached["front"], "http://"+reached["purge"]
	beside := "http://" + reached["store"]
	p.Store = Store{beside, beside}
	if c.Apart {
		p.Store.url = "http://" + addresses["store"]
	}
	return p, nil
}

// run starts workerd with a configuration and waits until it listens on all of the sockets. It adds
// their addresses to addresses by name.
func (c Config) run(ctx context.Context, text, name string, addresses map[string]string, sockets ...string) (*Process, error) {
	path := filepath.Join(c.Modules, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, err
	}
	control, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer control.Close()
	args := []string{"serve", "--experimental", "--control-fd=3"}
	if c.Inspect {
		args = append(args, "--inspector-addr=127.0.0.1:0")
	}
	log := &tail{}
	p := &Process{Log: log, cmd: exec.CommandContext(ctx, c.Binary, append(args, path)...), done: make(chan struct{})}
	p.cmd.ExtraFiles = []*os.File{theirs}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	err = p.cmd.Start()
	theirs.Close()
	if err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait() // always an error, since the process is killed
		close(p.done)
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
		if event.Event == "listen-inspector" {
			p.debug = address
		} else {
			addresses[event.Socket] = address
		}
		missing := func(socket string) bool { return addresses[socket] == "" }
		if !slices.ContainsFunc(sockets, missing) && (p.debug != "" || !c.Inspect) {
			return p, nil
		}
	}
	p.Stop()
	return nil, fmt.Errorf("workerd did not start:\n%s", p.Log)
}

// Purge empties the cache in front of the Worker.
func (p *Process) Purge(ctx context.Context) error {
	answer, err := Store{url: p.purge}.do(ctx, http.MethodPost, "/", []byte(`{"purgeEverything": true}`))
	if err == nil && !bytes.Contains(answer, []byte(`"success":true`)) {
		err = fmt.Errorf("the cache was not purged: %s", answer)
	}
	return err
}

// Stop ends the process and the store's, if it has one, and waits for both. It may be called on
// nil.
func (p *Process) Stop() {
	if p == nil {
		return
	}
	p.apart.Stop()
	_ = p.cmd.Process.Kill()
	<-p.done
}

// compatibilityDate is the one in wrangler.toml.
const compatibilityDate = "2026-11-01"

var (
	//go:embed store.mjs
	storeModule string
	//go:embed front.mjs
	frontModule string
	//go:embed entry.mjs
	entryModule string
)

// storeOnly is the configuration of a store in its own process.
var storeOnly = fmt.Sprintf(`using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "store", worker = .store)],
  sockets = [
    (name = "store", address = "127.0.0.1:0", http = (), service = "store"),
    (name = "kv", address = "127.0.0.1:0", http = (), service = (name = "store", entrypoint = "KV")),
    (name = "cache", address = "127.0.0.1:0", http = (), service = (name = "store", entrypoint = "Cache")),
  ],
);

const store :Workerd.Worker = (modules = [(name = "store.mjs", esModule = %q)], compatibilityDate = %q);
`, storeModule, compatibilityDate)

// capnp returns the configuration: the Worker with the store behind its KV and cache, or with a
// store at the given addresses if it is apart.
func (c Config) capnp(apart map[string]string) (string, error) {
	entries, err := os.ReadDir(c.Modules)
	if err != nil {
		return "", err
	}
	var modules []string
	for _, entry := range entries {
		kind := map[string]string{".mjs": "esModule", ".js": "esModule", ".wasm": "wasm", ".bin": "data"}[filepath.Ext(entry.Name())]
		if kind == "" {
			continue
		}
		module := fmt.Sprintf("(name = %q, %s = embed %q)", entry.Name(), kind, entry.Name())
		if strings.HasPrefix(entry.Name(), "worker.") {
			// The first module is the main one.
			modules = slices.Insert(modules, 0, module)
		} else {
			modules = append(modules, module)
		}
	}
	services, kv, cache := "", `(name = "store", entrypoint = "KV")`, `(name = "store", entrypoint = "Cache")`
	if c.Apart {
		services = fmt.Sprintf(`(name = "kv", external = (address = %q, http = ())),
    (name = "cache", external = (address = %q, http = ())),`, apart["kv"], apart["cache"])
		kv, cache = `"kv"`, `"cache"`
	}
	bindings := []string{fmt.Sprintf(`(name = "KV", kvNamespace = %s)`, kv)}
	if c.Queues {
		for _, name := range []string{"DELIVERIES", "RETRIES"} {
			bindings = append(bindings, fmt.Sprintf(`(name = %q, queue = (name = "store", entrypoint = "Queue"))`, name))
		}
	}
	for name, value := range c.Vars {
		bindings = append(bindings, fmt.Sprintf("(name = %q, text = %q)", name, value))
	}
	slices.Sort(bindings)
	sockets, front := "", ""
	if c.Front {
		main, _, _ := strings.Cut(strings.TrimPrefix(modules[0], `(name = "`), `"`)
		entry := strings.ReplaceAll(entryModule, `from "main"`, fmt.Sprintf("from %q", "./"+main))
		modules = slices.Insert(modules, 0, fmt.Sprintf("(name = %q, esModule = %q)", "entry.mjs", entry))
		bindings = append(bindings, `(name = "FRONT", service = (name = "front", entrypoint = "Purge"))`)
		services += `(name = "front", worker = .front),`
		sockets = `(name = "front", address = "127.0.0.1:0", http = (), service = "front"),
    (name = "purge", address = "127.0.0.1:0", http = (), service = (name = "front", entrypoint = "Purge")),`
		front = fmt.Sprintf(`
const front :Workerd.Worker = (
  modules = [(name = "front.mjs", esModule = %q)],
  compatibilityDate = %q,
  bindings = [(name = "WORKER", service = "worker")],
);
`, frontModule, compatibilityDate)
	}
	return fmt.Sprintf(`using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "store", worker = .store),
    (name = "worker", worker = .worker),
    %s
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [
    (name = "store", address = "127.0.0.1:0", http = (), service = "store"),
    (name = "worker", address = "127.0.0.1:0", http = (), service = "worker"),
    %s
  ],
);

const store :Workerd.Worker = (
  modules = [(name = "store.mjs", esModule = %q)],
  compatibilityDate = %q,
  compatibilityFlags = ["service_binding_extra_handlers"],
  bindings = [(name = "WORKER", service = "worker")],
);

const worker :Workerd.Worker = (
  modules = [
    %s,
  ],
  compatibilityDate = %q,
  bindings = [
    %s,
  ],
  cacheApiOutbound = %s,
);
%s`, services, sockets, storeModule, compatibilityDate, strings.Join(modules, ",\n    "), compatibilityDate, strings.Join(bindings, ",\n    "), cache, front), nil
}
