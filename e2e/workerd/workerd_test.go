package workerd

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"edgecheckout/sandbox/stack"
	"edgecheckout/worker/kv"

	"github.com/google/go-cmp/cmp"
)

// script is a Worker that reads and writes KV and keeps one WebAssembly memory of two pages.
const script = `
const kept = new WebAssembly.Memory({ initial: 2 });
export default {
  async fetch(request, env) {
    const value = await env.KV.get("greeting");
    await env.KV.put("answer", value + " " + env.NAME);
    console.log("asked");
    return new Response(value + " " + env.NAME + " " + kept.buffer.byteLength);
  },
  async scheduled(event, env) {
    if ((await env.KV.get("greeting")) === null) throw new Error("nothing to greet with");
  },
};`

// serve starts script with V8's inspector.
func serve(t *testing.T) *Process {
	t.Helper()
	root, err := stack.FindRoot()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := Find(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "worker.js"), []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := Config{Binary: binary, Modules: dir, Vars: map[string]string{"NAME": "Ada"}, Inspect: true}.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

func ask(ctx context.Context, p *Process) (string, error) { return askAt(ctx, "http://"+p.Address) }

func askAt(ctx context.Context, url string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

func TestStoreIsTheWorkersKV(t *testing.T) {
	p, ctx := serve(t), t.Context()
	entries := []kv.Entry{{Key: "greeting", Value: []byte("hello")}, {Key: "old", Value: []byte("x"), ExpiresAt: time.Now().Add(time.Hour)}}
	if err := errors.Join(p.Store.Put(ctx, entries...), p.Store.Cron(ctx, "ok")); err != nil {
		t.Fatal(err)
	}
	if got, err := ask(ctx, p); err != nil || got != "hello Ada 131072" {
		t.Errorf("the Worker answered %q, %v", got, err)
	}
	values, err := p.Store.Values(ctx)
	if diff := cmp.Diff(map[string]string{"greeting": "hello", "old": "x", "answer": "hello Ada"}, values); err != nil || diff != "" {
		t.Errorf("KV holds something else: %v %s", err, diff)
	}
	if counts, err := p.Store.Counts(ctx); err != nil || counts != (Operations{Get: 2, Put: 1}) {
		t.Errorf("counted %+v, %v", counts, err)
	}
	if err := errors.Join(p.Store.ClearValues(ctx), p.Store.ClearCache(ctx), p.Store.Cron(ctx, "exception")); err != nil {
		t.Error(err)
	}
	if err := p.Store.Cron(ctx, "ok"); err == nil || !strings.Contains(err.Error(), `"exception"`) {
		t.Errorf("a handler that fails is %v", err)
	}
	p.Stop()
	if log := p.Log.String(); log != "asked\n" {
		t.Errorf("the log ends with %q", log)
	}
}

func TestInspectorReportsHeapAndProfile(t *testing.T) {
	p, ctx := serve(t), t.Context()
	if err := p.Store.Put(ctx, kv.Entry{Key: "greeting", Value: []byte("hello")}); err != nil {
		t.Fatal(err)
	}
	v8, err := p.Inspect(ctx, "worker")
	if err != nil {
		t.Fatal(err)
	}
	defer v8.Close()
	profile, err := v8.Profile(func() error {
		_, err := ask(ctx, p)
		return err
	})
	if err != nil || len(profile.Nodes) == 0 || len(profile.Samples) != len(profile.TimeDeltas) {
		t.Errorf("profile %+v, %v", profile, err)
	}
	if err := v8.Collect(); err != nil {
		t.Fatal(err)
	}
	heap, err := v8.Heap()
	if err != nil || heap.Instances != 1 || heap.Memories != 2*65536 || heap.Objects <= 0 || heap.Total() != heap.Script()+heap.Memories {
		t.Errorf("heap %+v, %v", heap, err)
	}
	if _, err := p.Inspect(ctx, "nobody"); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("an isolate that is not there is %v", err)
	}
	resident, err := p.Resident()
	if err != nil || resident <= heap.Total() {
		t.Errorf("the process has %.0f bytes, its isolate %.0f, %v", resident, heap.Total(), err)
	}
	if took, err := p.CPUTime(); err != nil || took <= 0 {
		t.Errorf("the process took %v, %v", took, err)
	}
}

func TestCompatibilityDateIsThatOfTheService(t *testing.T) {
	root, err := stack.FindRoot()
	if err != nil {
		t.Fatal(err)
	}
	settings, err := os.ReadFile(filepath.Join(root, "wrangler.toml"))
	if want := "compatibility_date = \"" + compatibilityDate + "\"\n"; err != nil || !strings.Contains(string(settings), want) {
		t.Errorf("wrangler.toml has not %q, %v", want, err)
	}
}

func TestTailKeepsTheEndOfALog(t *testing.T) {
	var log tail
	for range maxTail {
		_, _ = log.Write([]byte("beginning "))
	}
	_, _ = log.Write([]byte("end"))
	if got := log.String(); len(got) != maxTail || !strings.HasSuffix(got, "beginning end") {
		t.Errorf("%d bytes are kept, which end with %q", len(got), got[len(got)-20:])
	}
}
