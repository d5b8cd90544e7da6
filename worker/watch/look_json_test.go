package watch

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
)

func TestALookIsReadAsItWasWritten(t *testing.T) {
	closed := time.Date(2026, 11, 22, 17, 0, 0, 123456789, time.UTC)
	at := closed.Truncate(time.Millisecond)
	payment := horizon.Incoming{Payment: checkout.Payment{Operation: 5 << 32, Index: 1, Hash: "ab", ClosedAt: closed, From: "G", Asset: stellar.XLM, Amount: 7}}
	full := look{
		At: at, Root: horizon.Root{Passphrase: "a & \"b\"", LatestLedger: 9, ClosedAt: at, ElderLedger: 1}, After: 3, Since: at, Floor: 2, Through: 8, Cursor: 9<<32 + 1, Long: true,
		Whole: true, Proven: at,
	}
	full.payments = full.payments.with([]found{{Incoming: payment, IDs: []checkout.ID{{1}, {2}}}}).with([]found{{Incoming: payment, IDs: []checkout.ID{{3}}}})
	got, ok := decodeLook(full.encode())
	if all := got.payments.all(); got.payments.count() != 2 || len(all) != 2 || len(all[0].IDs) != 2 || cmp.Diff(all[1], found{Incoming: payment, IDs: []checkout.ID{{3}}}) != "" {
		t.Errorf("%+v", all)
	}
	if diff := cmp.Diff(full, got, cmp.AllowUnexported(look{})); !ok || diff != "" {
		t.Errorf("%v (-want +got):\n%s", ok, diff)
	}
	if got, ok := decodeLook((&look{At: at}).encode()); !ok || !got.Proven.IsZero() {
		t.Errorf("a look that found nothing is read as %v", got)
	}
	for _, other := range []string{"", "{", `{"At":"yesterday"}`, `{"New":1}`, string(full.encode()) + " "} {
		if got, ok := decodeLook([]byte(other)); ok {
			t.Errorf("%q is read as %v", other, got)
		}
	}
	if _, ok := decodeLook(nil); ok {
		t.Error("nothing is read as a look")
	}
}
