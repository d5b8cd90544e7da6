// Package mutants takes one protection of settlement away after the other, and expects the
// simulator to notice. The shipped source knows nothing of it: the mutants stand in copies that the
// go command compiles in the place of the source (go help build, -overlay).
package mutants

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mutant is what becomes of a part of the source while it is on. New is compiled in the place of
// Old, which stands in the file once, and asks mutant.On for its name.
type mutant struct {
	name string
	why  string // what holds without it
	file string // below worker/
	old  string
	new  string
}

var mutants = []mutant{
	{"Overlap", "every pass reads at least ten minutes of the ledger again", "watch/sweep.go",
		"\tmoved.Behind = behind\n",
		"\tif mutant.On == \"Overlap\" {\n\t\tmoved.From, moved.Next = newest, newest\n\t}\n\tmoved.Behind = behind\n"},
	{"Behind", "an account that could not be finished begins where it was left", "watch/sweep.go",
		"case !p.begun, !ok && p.complete && !handedOver:",
		"case !p.begun, !ok && p.complete && !handedOver, mutant.On == \"Behind\":"},
	{"Coverage", "nothing ends unpaid before the ledger was read past its deadline, whatever the clock says", "watch/watcher.go",
		"\tif coverage.IsZero() ||",
		"\tif mutant.On == \"Coverage\" {\n\t\treturn w.Now()\n\t}\n\tif coverage.IsZero() ||"},
	{"TwoPasses", "a second pass, and both beyond a margin, must agree that nothing came", "watch/watcher.go",
		"\tonce := coverage.Add(-Overlap)\n",
		"\tif mutant.On == \"TwoPasses\" {\n\t\treturn coverage\n\t}\n\tonce := coverage.Add(-Overlap)\n"},
	{"WriteOnce", "an outcome that was recorded stays", "store/checkout.go",
		"\tif ended {",
		"\tif ended && mutant.On != \"WriteOnce\" {"},
	{"SeenGrows", "what was seen is only ever added to", "watch/settle.go",
		"\tknown = checkout.Relevant(known,",
		"\tif mutant.On == \"SeenGrows\" && len(payments) > 0 {\n\t\tknown = nil\n\t}\n\tknown = checkout.Relevant(known,"},
	{"IntegerAmounts", "amounts are never floats", "stellar/amount.go",
		"\tn, err := strconv.ParseInt(digits, 10, 64)\n",
		"\tif mutant.On == \"IntegerAmounts\" {\n\t\tf, err := strconv.ParseFloat(s, 64)\n\t\treturn Amount(f * StroopsPerUnit), err\n\t}\n" +
			"\tn, err := strconv.ParseInt(digits, 10, 64)\n"},
	{"Issuer", "an asset is its code and its issuer", "checkout/settle.go",
		"case p.Asset != asset:\n\t\t\tjudged.Reason",
		"case p.Asset != asset && (mutant.On != \"Issuer\" || p.Asset.Code != asset.Code):\n\t\t\tjudged.Reason"},
	{"MemoBytes", "the memo is the bytes that were signed, not the text that Horizon shows", "horizon/payment.go",
		"if r.Transaction.MemoBytes == nil {",
		"if r.Transaction.MemoBytes == nil || mutant.On == \"MemoBytes\" {"},
	{"Hint", "what a hint names is settled together with what came before it", "watch/hint.go",
		"\treturn w.look(ctx, s, true)\n",
		"\tif mutant.On == \"Hint\" {\n\t\treturn w.settle(ctx, s, byName(all).of(&s.Checkout), s.ReadAt)\n\t}\n\treturn w.look(ctx, s, true)\n"},
	{"HalfLook", "a look counts a ledger when it has read all of it", "watch/look.go",
		"of(&s.Checkout, last.After, last.Through)",
		"of(&s.Checkout, last.After, last.Through+map[bool]int64{true: 1 << 40}[mutant.On == \"HalfLook\"])"},
	{"MuxedFeed", "payments to muxed addresses are kept of the feed", "watch/feed.go",
		"|| len(f.muxedTo(o)) > 0 {",
		"|| len(f.muxedTo(o)) > 0 && mutant.On != \"MuxedFeed\" {"},
	{"MemoFirst", "a payment that a memo names counts for no other checkout by its address", "watch/watcher.go",
		"if len(f.IDs) == 0 && w.Memos.MayBeMuxed(",
		"if (len(f.IDs) == 0 || mutant.On == \"MemoFirst\") && w.Memos.MayBeMuxed("},
	{"MemoType", "only a memo of type text names a checkout", "horizon/payment.go",
		"if r.Transaction.MemoType != \"text\" {",
		"if r.Transaction.MemoType != \"text\" && mutant.On != \"MemoType\" {"},
	{"MemoCase", "a memo names its checkout in either case", "checkout/memo.go",
		"if len(memo) != ulid.EncodedSize {",
		"if len(memo) != ulid.EncodedSize || mutant.On == \"MemoCase\" && memo != strings.ToLower(memo) {"},
	{"Direction", "only what others sent to the account was received", "horizon/payment.go",
		"if r.To == to && r.From != to {",
		"if r.To == to && r.From != to || mutant.On == \"Direction\" {"},
	{"Success", "a failed transaction moved nothing", "horizon/payment.go",
		"if r.Successful != nil && !*r.Successful {",
		"if mutant.On != \"Success\" && r.Successful != nil && !*r.Successful {"},
	{"OwnAccount", "a payment counts only at the checkout's own account", "watch/sweep.go",
		"if s == nil || s.Checkout.Account != account ||",
		"if s == nil || mutant.On != \"OwnAccount\" && s.Checkout.Account != account ||"},
	{"DeadlineIsExclusive", "a ledger that closes at the deadline is late", "checkout/settle.go",
		"case !p.ClosedAt.Before(deadline):",
		"case !p.ClosedAt.Before(deadline) && (mutant.On != \"DeadlineIsExclusive\" || p.ClosedAt.After(deadline)):"},
	{"DerivedIDs", "requests under one Idempotency-Key make the same id", "store/idempotency.go",
		"\tif i.Key == \"\" {\n\t\treturn checkout.NewID(",
		"\tif i.Key == \"\" || mutant.On == \"DerivedIDs\" {\n\t\treturn checkout.NewID("},
	{"IndexFirst", "a checkout that can be found is watched", "store/view.go",
		"\tfor _, entries := range [][]entry{v.indexes, v.records} {",
		"\tif mutant.On == \"IndexFirst\" {\n\t\treturn v.store.put(ctx, \"all\", append(v.indexes, v.records...)...)\n\t}\n" +
			"\tfor _, entries := range [][]entry{v.indexes, v.records} {"},
	{"CancelGrace", "a cancellation takes effect when every edge can know of it", "checkout_expire.go",
		"\tcancels := s.CancelledBy.IsZero() &&",
		"\tif mutant.On == \"CancelGrace\" {\n\t\tdeadline = c.began\n\t}\n\tcancels := s.CancelledBy.IsZero() &&"},
	{"PresentRoot", "a Horizon whose ledger closes in the future is not believed", "horizon/pool.go",
		"case root.ClosedAt.Sub(p.now()) > maxAhead:",
		"case mutant.On != \"PresentRoot\" && root.ClosedAt.Sub(p.now()) > maxAhead:"},
	{"PresentRoot", "", "checkout/settle.go",
		"over := !coverage.Before(deadline) && !now.Before(deadline)",
		"over := !coverage.Before(deadline) && (mutant.On == \"PresentRoot\" || !now.Before(deadline))"},
	{"FeedShown", "the feed's cursor moves only as far as a page has shown, however far the root says that Horizon is", "watch/feed.go",
		"\t\t\t\t\tread.Ledger++ // a",
		"\t\t\t\t\tread.Ledger++\n\t\t\t\t\tif mutant.On == \"FeedShown\" {\n\t\t\t\t\t\tread.Ledger = max(read.Ledger, f.root.LatestLedger)\n\t\t\t\t\t} //"},
	{"FeedWholeLedgers", "a part of the feed ends with a ledger", "watch/feed.go",
		"read = store.Checkpoint{Ledger: page.Last>>32 - 1,",
		"read = store.Checkpoint{Ledger: page.Last>>32 - map[bool]int64{true: 0, false: 1}[mutant.On == \"FeedWholeLedgers\"],"},
	{"FeedRemembers", "what the last passes found of a checkout is known, whatever the store shows", "watch/feed.go",
		"\t\tif parts[i], err = f.note(ctx, found[i].Operations); err != nil {\n\t\t\treturn err\n\t\t}\n",
		"\t\tif parts[i], err = f.note(ctx, found[i].Operations); err != nil {\n\t\t\treturn err\n\t\t}\n" +
			"\t\tif mutant.On == \"FeedRemembers\" {\n\t\t\tclear(f.found)\n\t\t\tclear(f.muxed)\n\t\t}\n"},
	{"FeedErrors", "a feed that could not be read to its end covers nothing", "watch/feed.go",
		"\tcase err != nil:\n\t\treturn time.Time{}, fmt.Errorf(\"the feed",
		"\tcase err != nil:\n\t\tif mutant.On == \"FeedErrors\" {\n\t\t\treturn f.root.ClosedAt, nil\n\t\t}\n\t\treturn time.Time{}, fmt.Errorf(\"the feed"},
	{"FeedCoverage", "a feed that was read in part covers that part", "watch/feed.go",
		"return through.ClosedAt.Add(-time.Second), nil",
		"if mutant.On == \"FeedCoverage\" {\n\t\t\treturn f.root.ClosedAt, nil\n\t\t}\n\t\treturn through.ClosedAt.Add(-time.Second), nil"},
	{"FeedRested", "what was found is settled again until everything written is visible", "watch/feed.go",
		"if part.Found && (rested ||",
		"if part.Found && mutant.On != \"FeedRested\" && (rested ||"},
	{"FeedCatchUp", "what came to an idle account before the feed was read is found", "watch/feed.go",
		"case marked && mark.Ledger < since:",
		"case marked && mark.Ledger < since && mutant.On != \"FeedCatchUp\":"},
	{"IdleMark", "an account that was idle is read again from where it was left", "watch/sweep.go",
		"if mark, ok := marks[account]; ok && mark.Ledger <=",
		"if mark, ok := marks[account]; ok && mutant.On != \"IdleMark\" && mark.Ledger <="},
	{"EventWritten", "an event is written before the fact that it tells of is stored", "watch/settle.go",
		"w.Tell(ctx, d.facts, d.before, d.out); err != nil {",
		"w.Tell(ctx, d.facts, d.before, d.out); err != nil && mutant.On != \"EventWritten\" {"},
	{"EventIDs", "a fact has the same id, whoever notices it", "tell.go",
		"\t\trecord, err := recordOf(e, c.Merchant, c.Mode, data)\n",
		"\t\trecord, err := recordOf(e, c.Merchant, c.Mode, data)\n\t\tif mutant.On == \"EventIDs\" {\n" +
			"\t\t\trecord.ID, err = checkout.NewID(checkout.KindEvent, s.platform.Now(), s.platform.Entropy)\n\t\t}\n"},
	{"RefundOverlap", "at least ten minutes of what an account paid are read again", "watch/refund.go",
		"\tbefore := root.ClosedAt.Add(-Overlap)\n",
		"\tbefore := root.ClosedAt.Add(-Overlap)\n\tif mutant.On == \"RefundOverlap\" {\n\t\treturn w.Store.PutSentThrough(ctx, q.Mode, q.Account, store.SentThrough{From: r.after, Through: newestOf(root)}, w.Now())\n\t}\n"},
	{"RefundLeft", "what was paid back already is not paid back again", "refund_create.go",
		"left := min(read.Returned.Left(payment.Asset), payment.Amount)\n",
		"left := min(read.Returned.Left(payment.Asset), payment.Amount)\n\tif mutant.On == \"RefundLeft\" {\n\t\tleft = payment.Amount\n\t}\n"},
	{"RefundByHash", "a refund with a memo of its own is known by its transaction", "watch/refund.go",
		"if s.Returns != \"\" || slices.Contains(",
		"if s.Returns != \"\" || mutant.On != \"RefundByHash\" && slices.Contains("},
	{"DueUntilLogged", "an event is to be sent until it stands written what became of it", "store/event.go",
		"\tif len(sent.entries) > 0 {\n",
		"\tif mutant.On == \"DueUntilLogged\" {\n\t\tfor _, d := range done {\n\t\t\tif err := s.delete(ctx, \"an event\", d.key()); err != nil {\n\t\t\t\treturn err\n\t\t\t}\n\t\t}\n\t}\n" +
			"\tif len(sent.entries) > 0 {\n"},
	{"Retry", "an event that was not taken is sent again", "deliver.go",
		"\tif one.attempt.Succeeded() || one.to.Silent() {\n",
		"\tif one.attempt.Succeeded() || one.to.Silent() || mutant.On == \"Retry\" {\n"},
	{"Postponed", "an event whose endpoint failed before its turn came waits", "deliver.go",
		"\t\t\t\tsent.SendAgain(one.to.ID, store.Sending{Event: e, Position: at, Delivery: one.Delivery, Asked: one.Asked}, now.Add(one.to.pause(now)))\n",
		"\t\t\t\tif mutant.On != \"Postponed\" {\n\t\t\t\t\tsent.SendAgain(one.to.ID, store.Sending{Event: e, Position: at, Delivery: one.Delivery, Asked: one.Asked}, now.Add(one.to.pause(now)))\n\t\t\t\t}\n"},
	{"Pause", "an event waits no longer for an endpoint than that has failed", "deliver.go",
		"\tif !to.State.FailingSince.IsZero() {",
		"\tif !to.State.FailingSince.IsZero() || mutant.On == \"Pause\" {"},
	{"Outbox", "the cron sends what the queue loses", "deliver.go",
		"\t\tuntil = until.Add(-queueTime)\n",
		"\t\tif until = until.Add(-queueTime); mutant.On == \"Outbox\" {\n\t\t\treturn nil\n\t\t}\n"},
	{"Queued", "what a request tells is queued", "call.go",
		"\t\tc.enqueueEvents(c.ctx, c.news)\n",
		"\t\tif mutant.On != \"Queued\" {\n\t\t\tc.enqueueEvents(c.ctx, c.news)\n\t\t}\n"},
}

var only = flag.String("only", "", "try these mutants, separated by commas")

// most is how many simulations may pass before a mutant is found.
const most = 2500

func TestTheSimulatorFindsEveryMutant(t *testing.T) {
	worker, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	overlay, names := write(t, worker)
	command := exec.Command("go", "test", "-count=1", "-v", "-vet=off", "-overlay", overlay, "-run", "^TestMutants$", "-timeout", "20m", "./worker/sim", "-args", "-seeds", fmt.Sprint(most))
	command.Env = append(os.Environ(), "GOGC=400") // most of what is allocated is the simulations'
	command.Dir = filepath.Dir(worker)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	failed := command.Run()
	found := map[string]bool{}
	for lines := bufio.NewScanner(&output); lines.Scan(); {
		if name, line, ok := strings.Cut(lines.Text(), " found at "); ok {
			found[name] = true
			t.Logf("without %s: %s", name, line)
		} else if failed != nil {
			t.Log(lines.Text())
		}
	}
	if failed != nil {
		t.Errorf("%v", failed)
	}
	for _, name := range names {
		if !found[name] {
			t.Errorf("without %s nothing was violated in %d simulations", name, most)
		}
	}
}

// write makes the copies and the overlay that leads to them, and returns its path and the mutants'
// names.
func write(t *testing.T, worker string) (overlay string, names []string) {
	t.Helper()
	dir := t.TempDir()
	replace := map[string]string{}
	put := func(path, text string) {
		copied := filepath.Join(dir, strings.ReplaceAll(path, "/", "_"))
		if err := os.WriteFile(copied, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(worker, path)] = copied
	}
	texts := map[string]string{}
	for _, m := range mutants {
		text, read := texts[m.file]
		if !read {
			source, err := os.ReadFile(filepath.Join(worker, m.file))
			if err != nil {
				t.Fatal(err)
			}
			text = strings.Replace(string(source), "\nimport (\n", "\nimport (\n\t\"edgecheckout/worker/mutant\"\n", 1)
		}
		if n := strings.Count(text, m.old); n != 1 {
			t.Fatalf("mutant %s: worker/%s has %d times %q, want once", m.name, m.file, n, m.old)
		}
		texts[m.file] = strings.Replace(text, m.old, m.new, 1)
		if m.why != "" {
			names = append(names, m.name)
		}
	}
	for file, text := range texts {
		put(file, text)
	}
	put("mutant/mutant.go", "package mutant\n\nvar On string\n")
	if *only != "" {
		names = strings.Split(*only, ",")
	}
	put("sim/mutant_test.go", fmt.Sprintf(program, names))
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	overlay = filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return overlay, names
}

// program is the test that runs with the overlay. It has the simulator look for each mutant, and
// shows that without one it finds nothing.
const program = `package sim

import (
	"fmt"
	"strings"
	"testing"

	"edgecheckout/worker/mutant"
)

func TestMutants(t *testing.T) {
	for _, name := range strings.Fields(strings.Trim("%v", "[]")) {
		mutant.On = name
		if _, violation := RunMany(1, *seeds); violation != nil {
			reason, _, _ := strings.Cut(violation.Reason, "\n")
			fmt.Printf("%%s found at seed %%d: %%.160s\n", name, violation.Seed, reason)
		}
	}
	mutant.On = ""
	if _, violation := RunMany(1, 50); violation != nil {
		t.Errorf("without a mutant: %%v", violation)
	}
}
`
