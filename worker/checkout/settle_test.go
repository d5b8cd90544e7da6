package checkout_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

var (
	noon     = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	deadline = noon.Add(time.Hour)
	usdc     = stellar.Asset{Code: "USDC", Issuer: "GAQZGXGFMV2RA3DWZVIJA74Q4YWWOAHHJ6FPS65HB2ROEJ6S2AGBY5HC"}
	fakeUSDC = stellar.Asset{Code: "USDC", Issuer: "GDOFF23JTFX32SR6SUEQCT32WUPFNW5YTW52OY7BROVXMYGKJLQZQW7U"}
)

// pay returns a payment of so many units, in the ledger that closed that many minutes after noon.
func pay(minutes int, units int64, asset stellar.Asset) checkout.Payment {
	return checkout.Payment{
		Operation: int64(1000+minutes)<<32 + 4097, ClosedAt: noon.Add(time.Duration(minutes) * time.Minute),
		Asset: asset, Amount: stellar.Amount(units * stellar.StroopsPerUnit),
	}
}

func TestSettle(t *testing.T) {
	const (
		before = 59 * time.Minute
		at     = 60 * time.Minute
	)
	second := pay(10, 30, usdc)
	second.Operation += 4096
	cases := []struct {
		name     string
		payments []checkout.Payment
		coverage time.Duration // after noon
		status   checkout.Status
		exc      checkout.Exception
		received int64
		reasons  []checkout.Reason
	}{
		{"nothing, time left", nil, before, checkout.Open, "", 0, nil},
		{"nothing, ledger read to the deadline", nil, at, checkout.Expired, "", 0, nil},
		{"exact", []checkout.Payment{pay(10, 50, usdc)}, 0, checkout.Completed, "", 50, []checkout.Reason{""}},
		{"too much", []checkout.Payment{pay(10, 51, usdc)}, 0, checkout.Completed, checkout.Overpaid, 51, []checkout.Reason{""}},
		{"half", []checkout.Payment{pay(10, 25, usdc)}, before, checkout.Open, checkout.Underpaid, 25, []checkout.Reason{""}},
		{"half, and over", []checkout.Payment{pay(10, 25, usdc)}, at, checkout.Failed, checkout.Underpaid, 25, []checkout.Reason{""}},
		{"two halves", []checkout.Payment{pay(10, 25, usdc), pay(20, 25, usdc)}, 0, checkout.Completed, "", 50, []checkout.Reason{"", ""}},
		{"two in one ledger", []checkout.Payment{pay(10, 30, usdc), second}, 0, checkout.Completed, checkout.Overpaid, 60, []checkout.Reason{"", ""}},
		{"twice", []checkout.Payment{pay(10, 50, usdc), pay(11, 50, usdc)}, 0, checkout.Completed, "", 50, []checkout.Reason{"", checkout.ReasonDuplicate}},
		{"again after the deadline", []checkout.Payment{pay(10, 50, usdc), pay(70, 50, usdc)}, at, checkout.Completed, "", 50, []checkout.Reason{"", checkout.ReasonDuplicate}},
		{"at the deadline", []checkout.Payment{pay(60, 50, usdc)}, at, checkout.Expired, "", 0, []checkout.Reason{checkout.ReasonLate}},
		{"in the last ledger before it", []checkout.Payment{pay(59, 50, usdc)}, at, checkout.Completed, "", 50, []checkout.Reason{""}},
		{"half in time, half late", []checkout.Payment{pay(10, 25, usdc), pay(61, 25, usdc)}, at, checkout.Failed, checkout.Underpaid, 25, []checkout.Reason{"", checkout.ReasonLate}},
		{"another issuer", []checkout.Payment{pay(10, 50, fakeUSDC)}, at, checkout.Failed, checkout.WrongAsset, 0, []checkout.Reason{checkout.ReasonWrongAsset}},
		{"another code", []checkout.Payment{pay(10, 50, stellar.XLM)}, before, checkout.Open, "", 0, []checkout.Reason{checkout.ReasonWrongAsset}},
		{"another asset, then too little", []checkout.Payment{pay(10, 50, fakeUSDC), pay(11, 1, usdc)}, at, checkout.Failed, checkout.Underpaid, 1, []checkout.Reason{checkout.ReasonWrongAsset, ""}},
		{"another asset, then the right one", []checkout.Payment{pay(10, 50, fakeUSDC), pay(11, 50, usdc)}, at, checkout.Completed, "", 50, []checkout.Reason{checkout.ReasonWrongAsset, ""}},
		{"another asset, too late", []checkout.Payment{pay(60, 50, fakeUSDC)}, at, checkout.Expired, "", 0, []checkout.Reason{checkout.ReasonWrongAsset}},
		{"paid in full, seen late", []checkout.Payment{pay(10, 50, usdc)}, 3 * time.Hour, checkout.Completed, "", 50, []checkout.Reason{""}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			out := checkout.Settle(50*stellar.StroopsPerUnit, usdc, deadline, c.payments, noon.Add(c.coverage), noon.Add(4*time.Hour))
			var reasons []checkout.Reason
			for _, j := range out.Payments {
				reasons = append(reasons, j.Reason)
			}
			type result struct {
				Status   checkout.Status
				Exc      checkout.Exception
				Received int64
				Reasons  []checkout.Reason
			}
			want := result{c.status, c.exc, c.received, c.reasons}
			got := result{out.Status, out.Exception, int64(out.Received / stellar.StroopsPerUnit), reasons}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if (out.Status == checkout.Completed) == out.CompletedAt.IsZero() {
				t.Errorf("status %s with completed_at %v", out.Status, out.CompletedAt)
			}
		})
	}
}

func TestHorizonWithAFastClockEndsNoCheckoutEarly(t *testing.T) {
	out := checkout.Settle(1, stellar.XLM, deadline, nil, deadline.AddDate(1, 0, 0), deadline.Add(-time.Second))
	if out.Status != checkout.Open {
		t.Errorf("status %s before the deadline by our own clock", out.Status)
	}
}

func TestCancellingOnlyMovesTheDeadlineForward(t *testing.T) {
	for _, c := range []struct{ cancelled, want time.Time }{
		{time.Time{}, deadline}, {noon, noon}, {deadline.Add(time.Hour), deadline},
	} {
		if got := checkout.Deadline(deadline, c.cancelled); !got.Equal(c.want) {
			t.Errorf("cancelled at %v: deadline %v, want %v", c.cancelled, got, c.want)
		}
	}
}

// history draws the payments to one checkout: a few in each ledger, some of them in other assets.
func history(t *rapid.T) []checkout.Payment {
	var payments []checkout.Payment
	for i := range rapid.IntRange(0, 12).Draw(t, "payments") {
		p := pay(rapid.IntRange(0, 90).Draw(t, "minute"), 0, rapid.SampledFrom([]stellar.Asset{usdc, usdc, usdc, fakeUSDC, stellar.XLM}).Draw(t, "asset"))
		p.Operation += int64(i) << 12
		p.Amount = stellar.Amount(rapid.Int64Range(1, 40*stellar.StroopsPerUnit).Draw(t, "amount"))
		payments = append(payments, p)
	}
	return checkout.Union(payments, nil)
}

func settle(payments []checkout.Payment, coverage time.Time) checkout.Outcome {
	return checkout.Settle(50*stellar.StroopsPerUnit, usdc, deadline, payments, coverage, noon.AddDate(0, 0, 1))
}

func TestOrderAndRepetitionDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payments := history(t)
		want := settle(payments, deadline)
		shuffled := slices.Concat(payments, payments)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := cmp.Diff(want, settle(shuffled, deadline)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Each later read sees a longer prefix of the ledger, and must not revoke a terminal status.
func TestATerminalStatusNeverChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payments := history(t)
		var last checkout.Outcome
		for minute := 0; minute <= 95; minute++ {
			coverage := noon.Add(time.Duration(minute) * time.Minute)
			var seen []checkout.Payment
			for _, p := range payments {
				if !p.ClosedAt.After(coverage) {
					seen = append(seen, p)
				}
			}
			out := settle(seen, coverage)
			if last.Status.Terminal() && last.Status != "" {
				if out.Status != last.Status || out.Exception != last.Exception || out.Received != last.Received || !out.CompletedAt.Equal(last.CompletedAt) {
					t.Fatalf("%s %s %s became %s %s %s at minute %d", last.Status, last.Exception, last.Received, out.Status, out.Exception, out.Received, minute)
				}
				if diff := cmp.Diff(out, last.Extend(seen, usdc)); diff != "" {
					t.Fatalf("an outcome that is extended differs from one computed anew: %s", diff)
				}
			}
			if out.Status == checkout.Expired && coverage.Before(deadline) {
				t.Fatalf("expired at %v", coverage)
			}
			last = out
		}
		if last.Status == checkout.Open {
			t.Fatal("still open after the ledger was read past the deadline")
		}
	})
}

func TestReceivedIsTheSumOfCountingPayments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		out := settle(history(t), deadline)
		var sum stellar.Amount
		for _, j := range out.Payments {
			if j.Counted() {
				if j.Asset != usdc || !j.ClosedAt.Before(deadline) {
					t.Fatalf("counted: %+v", j)
				}
				sum += j.Amount
			}
		}
		if sum != out.Received || (out.Status == checkout.Completed) != (sum >= 50*stellar.StroopsPerUnit) {
			t.Fatalf("%s with %s received, %s counted", out.Status, out.Received, sum)
		}
	})
}

func TestSumsDoNotOverflow(t *testing.T) {
	a, b := pay(1, 0, usdc), pay(2, 0, usdc)
	a.Amount, b.Amount = stellar.MaxAmount-1, stellar.MaxAmount-1
	out := checkout.Settle(stellar.MaxAmount, usdc, deadline, []checkout.Payment{a, b}, noon, noon)
	if out.Status != checkout.Completed || out.Received != stellar.MaxAmount {
		t.Errorf("%s, %s", out.Status, out.Received)
	}
}
