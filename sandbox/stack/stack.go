// Package stack runs the whole service on one machine: a local Horizon and the built Worker in
// workerd, connected to each other. `make dev`, `make demo` and the end-to-end tests use it.
//
//	s, err := stack.Start(ctx, stack.Options{Dir: dir})
//	if err != nil { … }
//	defer s.Stop()
//	reply, err := s.Operator().CreateMerchant(ctx, …)
//
// The Worker must have been built (`make build`).
package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"edgecheckout/sandbox/ledger"
)

// startTimeout is how long the Worker may take to answer. A first start on a busy machine takes 15
// s.
const startTimeout = 120 * time.Second

// Options of a [Stack].
type Options struct {
	// Dir holds all state: the local KV, the sandbox's journal, logs. It is created if missing;
	// another Stack with the same Dir continues from that state.
	Dir string
	// Root is the repository. If empty, it is searched upwards from the working directory.
	Root string

	Port        int // of the Worker on 127.0.0.1; any free one if 0
	SandboxPort int // of the sandbox on 127.0.0.1; any free one if 0

	// HorizonURL is a Horizon to use instead of the sandbox.
	HorizonURL string
	// Passphrase is that of the network. If empty, it is the sandbox's, or with a HorizonURL that
	// of the test network.
	Passphrase string
	// CloseEvery is the time between two ledgers of the sandbox; its default if 0.
	CloseEvery time.Duration
	// Market has the rates at which path payments convert on the sandbox; one to one if unlisted.
	Market ledger.Market

	// Account is the name of a merchant whose account is opened while the Worker starts, since both
	// take seconds; see [Stack.OpenAccount]. It is ignored without the sandbox.
	Account string

	// Secrets are generated where fields are empty.
	Secrets Secrets
	// ExtraVars are settings of the Worker that add to or replace those that the Stack derives.
	ExtraVars map[string]string
	// Limits are the numbers of requests for rate limits of wrangler.toml, by name, unless Watch is
	// set. Limits that are not named are practically unlimited, because tests send more requests
	// than users should.
	Limits map[string]int
	// Entry replaces the built Worker's main module, unless Watch is set. Tests use it to enforce
	// the platform's limits.
	Entry *Entry
	// Watch makes wrangler build, and rebuild whenever a source changes. Without it the Worker runs
	// from a copy.
	Watch bool
	// Timeout is that of the requests of the Stack's clients; ten seconds if 0.
	Timeout time.Duration
	// Terminal receives the part of wrangler's output that matters to the user; nil for nothing.
	// All of it is in Stack.Log.
	Terminal io.Writer
}

// Entry is a module that is served in place of the built Worker's main module.
type Entry struct {
	Path  string   // of the module; all *.mjs of its folder are copied beside the built ones
	Flags []string // compatibility flags that it needs
}

// Stack is a running service. Call Stop when done.
type Stack struct {
	BaseURL    string // of the Worker
	HorizonURL string // of the sandbox, or that of the Options
	Passphrase string // of the network
	Secrets    Secrets
	Log        string // file with the Worker's output

	http    *http.Client // of its clients; nil for that of Client
	lock    *os.File     // of Dir
	sandbox *sandbox     // nil with a HorizonURL
	worker  *child
	once    sync.Once
	stopped chan struct{}
}

// Start starts everything and returns when the Worker answers. When ctx ends, the Stack stops. The
// error is a [*PortInUseError] if a port is in use.
func Start(ctx context.Context, o Options) (*Stack, error) {
	s, err := start(ctx, &o)
	if err != nil {
		return nil, err
	}
	go func() {
		select {
		case <-ctx.Done():
			s.Stop()
		case <-s.stopped:
		}
	}()
	return s, nil
}

func start(ctx context.Context, o *Options) (_ *Stack, err error) {
	if o.Dir == "" {
		return nil, errors.New("stack: Options.Dir is empty")
	}
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return nil, err
	}
	if o.Root == "" {
		if o.Root, err = FindRoot(); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	if err := o.Secrets.complete(); err != nil {
		return nil, err
	}
	port, err := choosePort(o.Port)
	if err != nil {
		return nil, err
	}
	s := &Stack{
		BaseURL: fmt.Sprintf("http://127.0.0.1:%d", port),
		Secrets: o.Secrets,
		Log:     filepath.Join(o.Dir, "worker.log"),
		stopped: make(chan struct{}),
	}
	if o.Timeout > 0 {
		patient := *tenSeconds
		patient.Timeout = o.Timeout
		s.http = &patient
	}
	defer func() {
		if err != nil {
			s.Stop()
		}
	}()

	if s.lock, err = lock(o.Dir); err != nil {
		return nil, err
	}
	if o.HorizonURL == "" {
		if s.sandbox, err = startSandbox(o); err != nil {
			return nil, err
		}
		s.HorizonURL, s.Passphrase = s.sandbox.url, s.sandbox.passphrase
	} else {
		s.HorizonURL, s.Passphrase = o.HorizonURL, o.Passphrase
		if s.Passphrase == "" {
			s.Passphrase = TestNetworkPassphrase
		}
		if err := checkNetwork(ctx, s.HorizonURL, s.Passphrase); err != nil {
			return nil, err
		}
	}
	if err := s.startWorker(o, port); err != nil {
		return nil, err
	}
	opened := make(chan error, 1)
	go func() {
		var err error
		if o.Account != "" && s.sandbox != nil {
			_, err = s.OpenAccount(ctx, o.Account)
		}
		opened <- err
	}()
	return s, errors.Join(s.waitUntilHealthy(ctx), <-opened)
}

func (s *Stack) startWorker(o *Options, port int) error {
	inspector, err := reservePort()
	if err != nil {
		return err
	}
	w := wrangler{
		Root:      o.Root,
		Config:    filepath.Join(o.Root, "wrangler.toml"),
		Port:      port,
		Inspector: inspector,
		Persist:   filepath.Join(o.Dir, "state"),
		Vars:      s.vars(o),
		Secrets:   filepath.Join(o.Dir, "secrets.env"),
		LogDir:    filepath.Join(o.Dir, "wrangler"),
	}
	if err := w.check(); err != nil {
		return err
	}
	if !o.Watch {
		if w.Config, err = freeze(o.Root, o.Dir, o.Limits, o.Entry); err != nil {
			return err
		}
	}
	if err := writeSecrets(w.Secrets, o.Secrets.vars()); err != nil {
		return err
	}
	log, err := os.OpenFile(s.Log, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	cmd := exec.Command(w.node(), w.args()...)
	cmd.Dir = o.Root
	cmd.Env = w.env(os.Environ())
	cmd.Stdout = log
	if o.Terminal != nil {
		cmd.Stdout = io.MultiWriter(log, &terminal{to: o.Terminal})
	}
	cmd.Stderr = cmd.Stdout // the same writer, so that exec serializes the writes
	if s.worker, err = startChild(cmd); err != nil {
		log.Close()
		return err
	}
	go func() {
		<-s.worker.done
		log.Close()
	}()
	return nil
}

// waitUntilHealthy returns when GET /health answers 200, whatever it says about Horizon.
func (s *Stack) waitUntilHealthy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for last := errors.New("no answer yet"); ; {
		reply, err := Client{BaseURL: s.BaseURL}.Do(ctx, http.MethodGet, "/health", nil)
		if err == nil && reply.Status == http.StatusOK {
			return nil
		}
		switch {
		case err == nil:
			last = statusError(reply.Status, reply.Body)
		case ctx.Err() == nil:
			last = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the Worker does not answer GET /health (%w); its output is in %s", last, s.Log)
		case <-s.worker.done:
			return fmt.Errorf("wrangler ended (%v) before the Worker answered; its output is in %s:\n%s", s.worker.err, s.Log, tail(s.Log))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Stop ends all processes and returns when none is left. It may be called several times, also
// concurrently.
func (s *Stack) Stop() {
	s.once.Do(func() {
		if s.worker != nil {
			s.worker.stop()
		}
		if s.sandbox != nil {
			s.sandbox.stop()
		}
		if s.lock != nil {
			s.lock.Close()
		}
		close(s.stopped)
	})
	<-s.stopped
}

// Ended is closed when the Worker's process has ended, for whatever reason.
func (s *Stack) Ended() <-chan struct{} { return s.worker.done }

// Operator is a client with the operator's newest token.
func (s *Stack) Operator() Client {
	newest, _, _ := strings.Cut(s.Secrets.AdminToken, ",")
	return Client{BaseURL: s.BaseURL, AdminToken: newest, HTTP: s.http}
}

// Merchant is a client with a merchant's key, or without authentication if the key is empty.
func (s *Stack) Merchant(key string) Client {
	return Client{BaseURL: s.BaseURL, Key: key, HTTP: s.http}
}

// FindRoot returns the nearest folder with a wrangler.toml, upwards from the working directory.
func FindRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "wrangler.toml")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no wrangler.toml in this folder or above it: run this inside the repository")
		}
		dir = filepath.Dir(dir)
	}
}

// tail is the end of a log, for an error message.
func tail(path string) []byte {
	content, err := os.ReadFile(path)
	if err != nil {
		return []byte(err.Error())
	}
	if len(content) > 2000 {
		content = content[len(content)-2000:]
	}
	return content
}
