package horizon

import (
	"net/url"
	"testing"
	"time"

	"edgecheckout/sandbox/ledger"

	"github.com/stellar/go/xdr"
)

// The recorded envelopes are applied, and the recorded requests repeated. Hashes, ids, results and
// links must equal the recorded ones exactly.
func TestPaymentsEqualHorizons(t *testing.T) {
	for name, except := range map[string][]string{
		"payment-create-account":      nil,
		"payment-native-memo-text":    nil,
		"payment-native-memo-id":      nil,
		"payment-native-memo-hash":    nil,
		"payment-native-memo-return":  nil,
		"payment-native-memo-none":    nil,
		"payment-credit-alphanum4":    nil,
		"payment-credit-alphanum12":   nil,
		"payment-to-muxed":            nil,
		"payment-from-muxed":          nil,
		"payment-account-merge":       nil,
		"payment-outgoing":            nil,
		"payment-two-operations":      nil,
		"payment-fee-bump":            nil,
		"payment-failed-underfunded":  nil,
		"payment-path-strict-receive": {"transaction.result_xdr"}, // names the seller
		"payment-path-strict-send":    {"transaction.result_xdr"},
	} {
		t.Run(name, func(t *testing.T) {
			want := load(t, name)
			first := want.Body["_embedded"].(map[string]any)["records"].([]any)[0].(map[string]any)
			h := replayed(t, first["transaction"].(map[string]any))
			same(t, want, perform(h, want), except...)
		})
	}
}

func TestTransactionsEqualHorizons(t *testing.T) {
	for _, name := range []string{
		"transaction-by-hash", "transaction-fee-bump-by-outer-hash", "transaction-fee-bump-by-inner-hash",
	} {
		t.Run(name, func(t *testing.T) {
			want := load(t, name)
			same(t, want, perform(replayed(t, want.Body), want))
		})
	}
}

func TestListsOfATransactionEqualHorizons(t *testing.T) {
	for name, source := range map[string]string{
		"transaction-two-operations-payments": "payment-two-operations",
		"operation-account-merge-effects":     "payment-account-merge",
		"payments-cursor-beyond-end":          "payment-native-memo-text",
	} {
		t.Run(name, func(t *testing.T) {
			first := load(t, source).Body["_embedded"].(map[string]any)["records"].([]any)[0].(map[string]any)
			want := load(t, name)
			same(t, want, perform(replayed(t, first["transaction"].(map[string]any)), want))
		})
	}
}

func TestSubmissionsAreAnsweredAsByHorizon(t *testing.T) {
	poor := func(a *ledger.Account) { a.Balance = 1000_0000000 }
	for name, s := range map[string]replay{
		"submit-success":            {sequence: 1200032, closedAt: at("11:16:53")},
		"submit-failed-underfunded": {sequence: 1200033, closedAt: at("11:16:56"), alter: poor},
		"submit-no-destination":     {sequence: 1200034, closedAt: at("11:17:00"), without: destinationOf(t, "submit-no-destination")},
		"submit-bad-seq":            {sequence: 1200033, closedAt: at("11:16:56"), alter: func(a *ledger.Account) { a.Sequence++ }},
		"submit-bad-auth":           {sequence: 1200035, closedAt: at("11:17:02")},
		"submit-insufficient-fee":   {sequence: 1200035, closedAt: at("11:17:02")},
		"submit-too-late":           {sequence: 1200035, closedAt: at("23:17:02")},
	} {
		t.Run(name, func(t *testing.T) {
			want := load(t, name)
			form, err := url.ParseQuery(want.Request.Body)
			if err != nil {
				t.Fatal(err)
			}
			s.envelope = form.Get("tx")
			l := s.build(t)
			stop := closeWhenSubmitted(t, l, s.closedAt)
			defer stop()
			same(t, want, perform(New(l, Options{}), want))
			if name == "submit-success" {
				same(t, load(t, "submit-again"), perform(New(l, Options{}), load(t, "submit-again")))
			}
		})
	}
}

func TestSubmissionThatTakesTooLongIsAnsweredWithItsHash(t *testing.T) {
	want := load(t, "submit-timeout")
	form, err := url.ParseQuery(want.Request.Body)
	if err != nil {
		t.Fatal(err)
	}
	l := replay{sequence: 1200036, closedAt: at("11:17:02"), envelope: form.Get("tx")}.build(t)
	same(t, want, perform(New(l, Options{SubmitTimeout: time.Millisecond}), want))
}

func TestUndecodableEnvelopeIsMalformed(t *testing.T) {
	want := load(t, "submit-malformed")
	same(t, want, perform(New(ledger.New(ledger.Options{}), Options{}), want))
}

// closeWhenSubmitted closes one ledger as soon as a transaction is pending.
func closeWhenSubmitted(t *testing.T, l *ledger.Ledger, when time.Time) (stop func()) {
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
				if l.Pending() > 0 {
					if _, err := l.Close(when); err != nil {
						t.Error(err)
					}
					return
				}
			}
		}
	}()
	return func() { close(done) }
}

func at(clock string) time.Time {
	parsed, err := time.Parse(time.RFC3339, "2026-11-22T"+clock+"Z")
	if err != nil {
		panic(err)
	}
	return parsed
}

func destinationOf(t *testing.T, name string) string {
	t.Helper()
	form, err := url.ParseQuery(load(t, name).Request.Body)
	if err != nil {
		t.Fatal(err)
	}
	var envelope xdr.TransactionEnvelope
	if err := xdr.SafeUnmarshalBase64(form.Get("tx"), &envelope); err != nil {
		t.Fatal(err)
	}
	address, _, _ := account(envelope.Operations()[0].Body.PaymentOp.Destination)
	return address
}
