package stack

import (
	"strings"
	"testing"
	"time"
)

func TestTimelinePrintsEachChangeOnce(t *testing.T) {
	var out strings.Builder
	line := NewTimeline(&out)
	clock := line.start
	line.now = func() time.Time { return clock }

	paid, late, underpaid := Payment{
		ID: "pay_1", TransactionHash: "3ab1c0ffee00112233", Amount: "5", AssetCode: "XLM", Ledger: 1200042, Counted: true,
	}, "late", "underpaid"
	ignored := Payment{ID: "pay_2", TransactionHash: "deadbeef99", Amount: "0.5", AssetCode: "XLM", Ledger: 1200050, Reason: &late}
	states := []Checkout{
		{ID: "chk_1", Status: "open"},
		{ID: "chk_1", Status: "open"},
		{ID: "chk_1", Status: "open", Exception: &underpaid, Payments: []Payment{paid}},
		{ID: "chk_1", Status: "open", Exception: &underpaid, Payments: []Payment{paid}},
		{ID: "chk_1", Status: "failed", Exception: &underpaid, Payments: []Payment{paid}},
		{ID: "chk_1", Status: "failed", Exception: &underpaid, Payments: []Payment{paid, ignored}},
	}
	for _, state := range states {
		line.Saw(state)
		clock = clock.Add(1200 * time.Millisecond)
	}
	line.Note("done in %d steps", len(states))
	want := strings.Join([]string{
		"   +0.0s  chk_1  open",
		"   +2.4s  chk_1  open → payment 3ab1c0ff… of 5 XLM in ledger 1200042 → open (underpaid)",
		"   +4.8s  chk_1  open → failed (underpaid)",
		"   +6.0s  chk_1  failed → payment deadbeef… of 0.5 XLM in ledger 1200050 that does not count (late) → failed (underpaid)",
		"   +7.2s  done in 6 steps",
		"",
	}, "\n")
	if out.String() != want {
		t.Errorf("time line:\n%s\nwant:\n%s", out.String(), want)
	}
}
