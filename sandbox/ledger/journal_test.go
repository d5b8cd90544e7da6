package ledger

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func mustOpen(t *testing.T, path string, o Options) *Ledger {
	t.Helper()
	l, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Release() })
	return l
}

func mustClose(t *testing.T, l *Ledger, at time.Time) Header {
	t.Helper()
	h, err := l.Close(at)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func fund(t *testing.T, l *Ledger, address string) {
	t.Helper()
	if _, err := l.Fund(address); err != nil {
		t.Fatal(err)
	}
}

func TestReopenedLedgerIsEqualAndContinuesLater(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.jsonl")
	people := newFixture(t).keys
	first := mustOpen(t, path, Options{Genesis: opened})
	fund(t, first, people["alice"].Address())
	mustClose(t, first, opened.Add(time.Second))
	fund(t, first, people["bob"].Address())
	filled := mustClose(t, first, opened.Add(2*time.Second))
	var idle Header
	for second := range 3 * heartbeat / 2 {
		idle = mustClose(t, first, filled.ClosedAt.Add(time.Duration(second+1)*time.Second))
	}
	alice, _ := first.Account(people["alice"].Address())
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}

	second := mustOpen(t, path, Options{Genesis: time.Now()})
	again, _ := second.Account(people["alice"].Address())
	if diff := cmp.Diff(alice, again); diff != "" {
		t.Errorf("alice (- before, + after):\n%s", diff)
	}
	if h, ok := second.Header(filled.Sequence); !ok || h.Hash != filled.Hash {
		t.Errorf("the last ledger in which something happened is %+v", h)
	}
	next := mustClose(t, second, idle.ClosedAt.Add(time.Second))
	if next.Sequence <= idle.Sequence || !next.ClosedAt.After(idle.ClosedAt) {
		t.Errorf("ledger %d at %s follows %d at %s", next.Sequence, next.ClosedAt, idle.Sequence, idle.ClosedAt)
	}
	if after := mustClose(t, second, next.ClosedAt.Add(time.Second)); after.Sequence != next.Sequence+1 {
		t.Errorf("ledger %d follows %d", after.Sequence, next.Sequence)
	}
}

func TestEmptyReopenedLedgerContinuesLater(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.jsonl")
	first := mustOpen(t, path, Options{Genesis: opened})
	var idle Header
	for second := range heartbeat - 1 {
		idle = mustClose(t, first, opened.Add(time.Duration(second+1)*time.Second))
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	// At least as many ledgers as before, and at most one a second: clients count back from the
	// newest by time.
	next := mustClose(t, mustOpen(t, path, Options{}), idle.ClosedAt.Add(3*time.Second))
	if next.Sequence != idle.Sequence+3 {
		t.Errorf("ledger %d follows %d three seconds later", next.Sequence, idle.Sequence)
	}
}

func TestIncompleteLineIsDropped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.jsonl")
	people := newFixture(t).keys
	first := mustOpen(t, path, Options{Genesis: opened})
	for i, name := range []string{"alice", "bob"} {
		fund(t, first, people[name].Address())
		mustClose(t, first, opened.Add(time.Duration(i+1)*time.Second))
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content[:len(content)-20], 0o644); err != nil {
		t.Fatal(err)
	}

	second := mustOpen(t, path, Options{})
	if _, exists := second.Account(people["bob"].Address()); exists {
		t.Error("bob exists")
	}
	fund(t, second, people["carol"].Address())
	mustClose(t, second, opened.Add(time.Hour))
	if err := second.Release(); err != nil {
		t.Fatal(err)
	}
	third := mustOpen(t, path, Options{})
	for name, want := range map[string]bool{"alice": true, "bob": false, "carol": true} {
		if _, exists := third.Account(people[name].Address()); exists != want {
			t.Errorf("%s exists: %t", name, exists)
		}
	}
}

func TestInvalidJournalIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.jsonl")
	l := mustOpen(t, path, Options{})
	refused := func(o Options, reason string) {
		t.Helper()
		if _, err := Open(path, o); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("error %v, want %q", err, reason)
		}
	}
	refused(Options{}, "another sandbox is using it")
	if err := l.Release(); err != nil {
		t.Fatal(err)
	}
	refused(Options{Passphrase: "another"}, "belongs to the network")
	if err := os.WriteFile(path, []byte("not a journal\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	refused(Options{}, "line 1")
}

func TestCloseTimesRise(t *testing.T) {
	l := New(Options{Genesis: opened})
	before := l.Latest()
	for _, now := range []time.Time{opened.Add(1500 * time.Millisecond), opened.Add(1900 * time.Millisecond), opened, opened.Add(time.Hour)} {
		h := mustClose(t, l, now)
		if !h.ClosedAt.After(before.ClosedAt) || h.ClosedAt.Nanosecond() != 0 || h.PreviousHash != before.Hash {
			t.Errorf("%+v follows %+v", h, before)
		}
		before = h
	}
}
