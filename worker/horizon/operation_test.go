package horizon_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
)

// operationOf replays the only record of a page as the answer to a question for this one operation:
// Horizon shows both alike.
func operationOf(t *testing.T, name string) (horizon.Operation, *replay) {
	t.Helper()
	var body struct {
		Embedded struct{ Records []json.RawMessage } `json:"_embedded"`
	}
	if err := json.Unmarshal(load(t, name).Body, &body); err != nil {
		t.Fatal(err)
	}
	transport := &replay{recording: recording{Status: 200, Body: body.Embedded.Records[0]}}
	operation, err := (horizon.Client{Base: "https://h.example/x", Transport: transport}).Operation(context.Background(), 77)
	if err != nil {
		t.Fatal(err)
	}
	return operation, transport
}

func TestAnOperationIsReadLikeARecordOfAPage(t *testing.T) {
	for _, name := range []string{"payment-credit-alphanum4", "payment-native-memo-id", "payment-fee-bump", "payment-account-merge", "payment-sac-transfer", "payment-outgoing", "payment-failed-underfunded"} {
		want, err := page(t, name)
		if err != nil {
			t.Fatal(err)
		}
		operation, transport := operationOf(t, name)
		got, err := operation.Received(account)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Payments, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		memo, err := operation.Memo()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(got) > 0 && memo != got[0].Memo {
			t.Errorf("%s: memo %q, of the payment %q", name, memo, got[0].Memo)
		}
		if transport.url != "https://h.example/x/operations/77?join=transactions" {
			t.Errorf("asked %s", transport.url)
		}
	}
	operation, _ := operationOf(t, "payment-credit-alphanum4")
	if received, err := operation.Received(stellar.Address(payer)); err != nil || len(received) != 0 {
		t.Errorf("somebody else received %+v, %v", received, err)
	}
}

func TestNonsensicalOperationsAreRefused(t *testing.T) {
	for _, document := range []string{`[]`, `{"id":"x"}`, `{"id":"7","type":"payment"}`, `7`} {
		client := horizon.Client{Transport: &replay{recording: recording{Status: 200, Body: json.RawMessage(document)}}}
		operation, err := client.Operation(context.Background(), 7)
		if err == nil {
			_, err = operation.Memo()
		}
		if !errors.Is(err, horizon.ErrAnswer) {
			t.Errorf("%s: memo: %v", document, err)
		}
	}
	client := horizon.Client{Transport: &replay{recording: load(t, "transaction-not-found")}}
	if _, err := client.Operation(context.Background(), 7); !horizon.IsNotFound(err) {
		t.Errorf("an operation that is not there: %v", err)
	}
}

// descending turns a recorded page around.
func descending(t *testing.T, name string) recording {
	t.Helper()
	r := load(t, name)
	var body struct {
		Embedded struct{ Records []json.RawMessage } `json:"_embedded"`
	}
	if err := json.Unmarshal(r.Body, &body); err != nil {
		t.Fatal(err)
	}
	var records []json.RawMessage
	for _, record := range body.Embedded.Records {
		records = append([]json.RawMessage{record}, records...)
	}
	text, err := json.Marshal(records)
	if err != nil {
		t.Fatal(err)
	}
	r.Body = json.RawMessage(fmt.Sprintf(`{"_embedded":{"records":%s}}`, text))
	return r
}

func TestPaymentsAreReadBackwards(t *testing.T) {
	all, err := page(t, "payments-all")
	if err != nil {
		t.Fatal(err)
	}
	transport := &replay{recording: descending(t, "payments-all")}
	client := horizon.Client{Base: "https://h.example/x", Transport: transport}
	cursor := all.Payments[6].Operation
	got, err := client.PaymentsBefore(context.Background(), account, cursor)
	if err != nil {
		t.Fatal(err)
	}
	var want []horizon.Incoming
	for _, p := range all.Payments[:6] { // those from the cursor on, which Horizon repeats, are dropped
		want = append([]horizon.Incoming{p}, want...)
	}
	if diff := cmp.Diff(want, got.Payments); diff != "" {
		t.Error(diff)
	}
	if got.Records != all.Records || got.Last > want[len(want)-1].Operation {
		t.Errorf("%d records, the last is %d", got.Records, got.Last)
	}
	if want := fmt.Sprintf("https://h.example/x/accounts/%s/payments?cursor=%d&join=transactions&limit=200&order=desc", account, cursor); transport.url != want {
		t.Errorf("asked %s", transport.url)
	}
	transport.recording = load(t, "payments-before-history-desc")
	if got, err := client.PaymentsBefore(context.Background(), account, cursor); err != nil || got.Records != 0 {
		t.Errorf("before the history: %+v, %v", got, err)
	}
	if _, err := client.Payments(context.Background(), account, cursor); err == nil {
		t.Error("an ascending page may not be missing")
	}
}
