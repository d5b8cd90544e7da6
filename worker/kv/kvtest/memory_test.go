package kvtest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker/kv"
	"edgecheckout/worker/kv/kvtest"
)

func TestMemoryKeepsTheContract(t *testing.T) {
	edge := kvtest.NewMemory(time.Now).Edge()
	for i, c := range kvtest.Cases {
		t.Run(c.Name, func(t *testing.T) {
			if err := c.Run(context.Background(), edge, string(rune('a'+i))+"/"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestMemoryRefusesInvalidUTF8(t *testing.T) {
	err := kvtest.NewMemory(time.Now).Edge().Put(t.Context(), kv.Entry{Key: "a", Value: []byte{0xff, 0xfe}})
	if !errors.Is(err, kv.ErrValue) {
		t.Errorf("got %v, want kv.ErrValue", err)
	}
}

// Memory must reproduce the staleness of KV, or tests against it prove nothing.
func TestOtherEdgesSeeWritesLate(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	memory := kvtest.NewMemory(func() time.Time { return now })
	here, there := memory.Edge(), memory.Edge()
	ctx := context.Background()
	read := func(s kv.Store) string {
		t.Helper()
		values, err := s.Get(ctx, "k/1")
		if err != nil {
			t.Fatal(err)
		}
		if values[0] == nil {
			return "missing"
		}
		return string(values[0])
	}
	list := func(s kv.Store) int {
		t.Helper()
		page, err := s.List(ctx, "k/", "", 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(page.Keys)
	}

	var got []any
	look := func() { got = append(got, read(here), read(there), list(here), list(there)) }
	look()
	if err := here.Put(ctx, kv.Entry{Key: "k/1", Value: []byte("one")}); err != nil {
		t.Fatal(err)
	}
	look()
	now = now.Add(59 * time.Second)
	look()
	now = now.Add(time.Second)
	look()
	if err := here.Delete(ctx, "k/1"); err != nil {
		t.Fatal(err)
	}
	look()
	want := []any{
		"missing", "missing", 0, 0,
		"one", "missing", 1, 0, // the other data centre has cached the miss
		"one", "missing", 1, 0,
		"one", "one", 1, 1,
		"missing", "one", 0, 1, // and now it has cached the value
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEntriesExpire(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	memory := kvtest.NewMemory(func() time.Time { return now })
	ctx := context.Background()
	edge := memory.Edge()
	if err := edge.Put(ctx, kv.Entry{Key: "k", Value: []byte("v"), ExpiresAt: now.Add(2 * time.Minute)}); err != nil {
		t.Fatal(err)
	}
	now = now.Add(119 * time.Second)
	if len(memory.Keys("")) != 1 {
		t.Error("the entry was forgotten early")
	}
	now = now.Add(time.Second)
	values, err := edge.Get(ctx, "k")
	if err != nil || values[0] != nil || len(memory.Keys("")) != 0 {
		t.Errorf("the entry outlived its time: %q, %v", values, err)
	}
}

func TestFaultsHappenBeforeOrAfter(t *testing.T) {
	memory := kvtest.NewMemory(time.Now)
	edge := memory.Edge()
	ctx := context.Background()
	memory.SetFault(func(op, key string) kvtest.Fault {
		return map[string]kvtest.Fault{"lost": kvtest.FaultBefore, "kept": kvtest.FaultAfter}[key]
	})
	for _, key := range []string{"lost", "kept"} {
		if err := edge.Put(ctx, kv.Entry{Key: key}); err == nil {
			t.Errorf("writing %s did not fail", key)
		}
	}
	if diff := cmp.Diff([]string{"kept"}, memory.Keys("")); diff != "" {
		t.Error(diff)
	}
}

// A derived entry is dropped if another write of the last second is visible.
func TestDerivedEntriesConverge(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	memory := kvtest.NewMemory(func() time.Time { return now })
	here, there := memory.Edge(), memory.Edge()
	put := func(edge kv.Store, key, value string, derived bool) {
		t.Helper()
		if err := edge.Put(t.Context(), kv.Entry{Key: key, Value: []byte(value), Derived: derived}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := there.Get(t.Context(), "unseen"); err != nil { // the miss is cached there
		t.Fatal(err)
	}
	for _, key := range []string{"seen", "unseen", "changed"} {
		put(here, key, "first", true)
	}
	put(there, "seen", "second", true)
	put(there, "unseen", "second", true)
	put(here, "changed", "second", false)
	got := map[string]string{}
	for _, key := range memory.Keys("") {
		got[key] = string(memory.Peek(key))
	}
	if diff := cmp.Diff(map[string]string{"seen": "first", "unseen": "second", "changed": "second"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	now = now.Add(kv.WriteInterval)
	put(here, "seen", "third", true)
	if value := string(memory.Peek("seen")); value != "third" {
		t.Errorf("a second later the key is still %q", value)
	}
}
