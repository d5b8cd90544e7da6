package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"edgecheckout/sandbox/stack"

	"github.com/google/go-cmp/cmp"
)

// Values at their limits are accepted and returned exactly. The transcripts of errors show values
// just beyond the limits.
func TestValuesAtTheirLimitsAreAccepted(t *testing.T) {
	s := openShop(t)
	// A character outside the Basic Multilingual Plane counts as one.
	text := strings.Repeat("👋", 500)
	metadata := map[string]string{}
	for i := range 50 {
		metadata[fmt.Sprintf("%040d", i)] = strings.Repeat("v", 500)
	}
	address := "https://shop.example/"
	long := address + strings.Repeat("x", 2048-len(address))
	for name, value := range map[string]any{
		"amount": "922337203685.4775807", "asset_code": "USDC", "description": text, "metadata": metadata,
		"redirect_url": long, "cancel_url": long, "expires_in": 86400,
	} {
		if _, err := s.CreateCheckout(t.Context(), "direct", fields{"amount": 5, "asset_code": "XLM", name: value}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	reply, err := s.CreateCheckout(t.Context(), "direct", fields{
		"amount": "0.0000001", "asset_code": "LONGASSET012", "asset_issuer": s.account, "description": text, "metadata": metadata,
		"redirect_url": "http://localhost:3000/{CHECKOUT_ID}", "cancel_url": long, "expires_in": 3,
	}, "Idempotency-Key", strings.Repeat("k", 255))
	if err != nil {
		t.Fatal(err)
	}
	got := reply.Object
	redirect := "http://localhost:3000/{CHECKOUT_ID}"
	want := stack.Checkout{
		ID: got.ID, Object: "checkout", Amount: "0.0000001", AssetCode: "LONGASSET012", AssetIssuer: &s.account, Status: "open",
		AmountReceived: "0", Payments: []stack.Payment{}, PaymentURL: got.PaymentURL, PaymentURI: got.PaymentURI, Destination: s.account,
		Memo: got.Memo, MemoType: "text", RedirectURL: &redirect, CancelURL: &long, Description: &text, Metadata: metadata,
		ExpiresAt: got.CreatedAt.Add(3 * time.Second), CreatedAt: got.CreatedAt,
	}
	// The expiry is rounded up to a whole second.
	if d := got.ExpiresAt.Sub(want.ExpiresAt); d < 0 || d >= time.Second {
		t.Errorf("it expires %v after what was asked for", d)
	}
	want.ExpiresAt = got.ExpiresAt
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the checkout (-want +got):\n%s", diff)
	}
	if len(got.Memo) != 26 || !strings.Contains(got.PaymentURI, "&amount=0.0000001&") {
		t.Errorf("memo %q, payment URI %s", got.Memo, got.PaymentURI)
	}
}

func TestAmountsAreAcceptedAsNumbersAndStrings(t *testing.T) {
	s := openShop(t)
	for asked, want := range map[string]string{
		`5`: "5", `"5"`: "5", `5.0`: "5", `"5.0000000"`: "5", `0.0000001`: "0.0000001", `922337203685.4775807`: "922337203685.4775807",
		`"007.50"`: "7.5", `123456789.1234567`: "123456789.1234567",
	} {
		reply, err := s.Do(t.Context(), http.MethodPost, direct, []byte(`{"amount": `+asked+`, "asset_code": "XLM"}`))
		if err != nil || reply.Status != http.StatusOK {
			t.Errorf("%s: %d %s, %v", asked, reply.Status, reply.Body, err)
			continue
		}
		if !strings.Contains(string(reply.Body), `"amount":`+want+`,`) {
			t.Errorf("%s came back in %s, want %s", asked, reply.Body, want)
		}
	}
}
