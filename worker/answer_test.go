package worker

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

// What is written must decode into the documented fields, none missing and none unknown, and encode
// to the same JSON again.
func TestAnswersAreEncodedLikeEncodingJSON(t *testing.T) {
	at := time.Date(2026, 11, 22, 17, 0, 0, 120e6, time.UTC)
	paid := checkout.Payment{Operation: 7<<32 + 1, Hash: "ab", ClosedAt: at, From: "G1", Asset: stellar.XLM, Amount: 1}
	foreign := checkout.Payment{Operation: 8 << 32, Index: 2, Hash: "cd", ClosedAt: at, Asset: stellar.Asset{Code: "USDC", Issuer: "G2"}, Amount: stellar.MaxAmount}
	c := &call{Service: &Service{config: Config{BaseURL: "https://pay.example", Networks: map[stellar.Mode]Network{}}}}
	for name, of := range map[string]struct {
		checkout checkout.Checkout
		out      checkout.Outcome
	}{
		"the least": {checkout.Checkout{Asset: stellar.XLM, Amount: 1}, checkout.Outcome{Status: checkout.Open}},
		"the most": {
			checkout.Checkout{
				ID: checkout.ID{1, 2, 3}, CustomerID: "cus_1", ProductID: "prod_1", Amount: 12_5000000, Asset: stellar.Asset{Code: "USDC", Issuer: "G2"},
				Account: "G3", Memo: "abc", RedirectURL: "https://a.example/?a&b=<{CHECKOUT_ID}>", CancelURL: "https://b.example", Mode: stellar.Live,
				Description: "„ü“ & \"\\\n\u2028\x01 <b>", Metadata: checkout.Metadata{"a": "<1>", "b": "2", "ü": ""}, CreatedAt: at, ExpiresAt: at.Add(time.Hour),
			},
			checkout.Outcome{
				Status: checkout.Completed, Exception: checkout.Overpaid, Received: 13_0000001, CompletedAt: at,
				Payments: []checkout.Judged{{Payment: paid}, {Payment: foreign, Reason: checkout.ReasonWrongAsset}},
			},
		},
	} {
		a, err := c.checkoutAnswer(&checkout.Facts{Checkout: of.checkout}, of.out)
		if err != nil {
			t.Fatal(err)
		}
		type plain checkoutObject // without its methods
		again[plain](t, name, a.Body)
	}
	type plain paymentObject
	again[plain](t, "payment", append(paymentItem(checkout.Judged{Payment: paid}, &checkout.Checkout{CustomerID: "cus_1"}, stellar.Live), '\n'))
}

func again[T any](t *testing.T, name string, body []byte) {
	t.Helper()
	var document T
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&document); err != nil {
		t.Fatalf("%s: %v in %s", name, err, body)
	}
	want, err := encode(document)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(body)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// The fast parser of bodies must agree with the slow one.
func FuzzFastBodyParserAgreesWithTheSlowOne(f *testing.F) {
	for _, body := range []string{`{"a":"b"}`, ` {"a":{"b":null}} `, `{"a":1,"a":2}`, `{"a":"\ud800"}`, `{"a":"\u00e9"}`, `{}`, `{"a":true,"b":-1}`, `{"a":{"b":{}}}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, gotErr := parseObject(body)
		want, wantErr := parseUnusualObject(body)
		if len(got) != len(want) {
			t.Errorf("%q has %d members, want %d", body, len(got), len(want))
		}
		for _, m := range got {
			if string(want[m.Name]) != m.Value {
				t.Errorf("%q: %q is %s, want %s", body, m.Name, m.Value, want[m.Name])
			}
			var text string
			if m.Plain && (json.Unmarshal([]byte(m.Value), &text) != nil || m.Text() != text) {
				t.Errorf("%q: %q is the text %q, want %q", body, m.Name, m.Text(), text)
			}
		}
		if diff := cmp.Diff(wantErr, gotErr); diff != "" {
			t.Errorf("%q (-want +got):\n%s", body, diff)
		}
	})
}
