// Package runtime tests the JavaScript runtime around Go in workerd, with a program that fails on
// request.
package runtime

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// built is the directory of the Worker for the program in faults/.
var built string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if built, err = os.MkdirTemp("", "faults-"); err == nil {
			defer os.RemoveAll(built)
			err = build(built)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// build builds the Worker as the Makefile does, from another program.
func build(directory string) error {
	compile := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(directory, "app.wasm"), "./faults")
	compile.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if output, err := compile.CombinedOutput(); err != nil {
		return fmt.Errorf("building the faulty program: %w\n%s", err, output)
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	sources, err := filepath.Glob("../../wasm/*.mjs")
	if err != nil {
		return err
	}
	for _, source := range append(sources, filepath.Join(strings.TrimSpace(string(goroot)), "lib/wasm/wasm_exec.js")) {
		text, err := os.ReadFile(source)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(directory, filepath.Base(source)), text, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(directory, "seed.mjs"), []byte("export default [1, 2, 3, 4];\n"), 0o644)
}

// worker is the built Worker in a workerd process of its own.
type worker struct {
	url string
	log *log
}

// serve starts a Worker that ends with the test.
func serve(t *testing.T, isolates int, settings ...string) *worker {
	t.Helper()
	return serveModules(t, built, isolates, settings...)
}

// serveModules is like serve, from another directory.
func serveModules(t *testing.T, directory string, isolates int, settings ...string) *worker {
	t.Helper()
	node, err := filepath.Abs("../../node_modules/.bin/node")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(node); err != nil {
		t.Fatalf("%v: run npm ci first", err)
	}
	w := &worker{log: &log{}}
	process := exec.Command(node, append([]string{"serve.mjs", directory, fmt.Sprint(isolates)}, settings...)...)
	process.Stderr = w.log
	stdin, err := process.StdinPipe() // closing it ends the process
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan string, 1)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if url, found := strings.CutPrefix(lines.Text(), "listening on "); found {
				ready <- strings.TrimSuffix(url, "/")
			}
			fmt.Fprintln(w.log, lines.Text())
		}
	}()
	t.Cleanup(func() {
		stdin.Close()
		<-read
		_ = process.Wait()
		if t.Failed() {
			t.Logf("the Worker's log:\n%s", w.log)
		}
	})
	select {
	case w.url = <-ready:
	case <-read:
		t.Fatal("workerd did not start")
	case <-time.After(60 * time.Second):
		t.Fatal("workerd did not start within a minute")
	}
	return w
}

// answer is a response whose body was read.
type answer struct {
	status int
	header http.Header
	body   string
}

// client never follows redirects and reuses connections.
var client = &http.Client{
	Timeout:       30 * time.Second,
	Transport:     &http.Transport{MaxIdleConnsPerHost: 16},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (w *worker) do(r *http.Request) (answer, error) {
	response, err := client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(body)}, err
}

func (w *worker) get(t *testing.T, path string) answer {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, w.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := w.do(r)
	if err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
	return a
}

// logs fails the test unless the Worker prints text, which may arrive shortly after the response.
func (w *worker) logs(t *testing.T, text string) {
	t.Helper()
	eventually(t, fmt.Sprintf("the log says %q", text), func() bool { return strings.Contains(w.log.String(), text) })
}

// log collects what the Worker prints.
type log struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// eventually fails the test unless ok becomes true within ten seconds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}
