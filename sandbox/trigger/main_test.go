package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"edgecheckout/sandbox/stack"
)

// service answers as the service and the sandbox do: a checkout is open until it is paid enough or
// cancelled.
type service struct {
	t        *testing.T
	checkout stack.Checkout
	amounts  []string
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	var answer any = s.checkout
	switch r.Method + " " + r.URL.Path {
	case "POST /sandbox/pay":
		var p struct{ Amount, Asset, Memo string }
		if err := json.Unmarshal(body, &p); err != nil || p.Memo != "m3m0" {
			s.t.Errorf("%v, %s", err, body)
		}
		s.amounts = append(s.amounts, p.Amount)
		s.checkout.Payments = append(s.checkout.Payments, stack.Payment{ID: fmt.Sprint("pay_", len(s.amounts)), TransactionHash: "0123456789"})
		if s.checkout.Status == "open" && (p.Amount == price || p.Amount == twice) {
			s.checkout.Status = "completed"
		}
		answer = struct{}{}
	case "POST /checkout/chk_1/expire":
		if s.checkout.Status = "expired"; len(s.checkout.Payments) > 0 {
			s.checkout.Status = "failed"
		}
	case "GET /webhooks":
		answer = map[string]any{"data": []int{1}}
	case "GET /events":
		answer = map[string]any{"data": []any{map[string]any{"id": "evt_1", "type": "checkout.created", "data": map[string]any{"object": s.checkout}}}}
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		s.t.Error(err)
	}
}

func TestTheStepsMakeItHappen(t *testing.T) {
	for event, want := range map[string]struct {
		status, amounts string
	}{
		"checkout.created": {"open", ""}, "checkout.completed": {"completed", "5"}, "checkout.expired": {"expired", ""}, "checkout.failed": {"failed", "2.5"},
		"underpaid": {"open", "2.5"}, "overpaid": {"completed", "10"}, "duplicate": {"completed", "5 5"}, "late": {"expired", "5"},
	} {
		fake := &service{t: t, checkout: stack.Checkout{ID: "chk_1", Status: "open", Memo: "m3m0"}}
		server := httptest.NewServer(fake)
		var out bytes.Buffer
		s := &shop{ctx: t.Context(), api: stack.Client{BaseURL: server.URL}, sandbox: stack.Client{BaseURL: server.URL}, line: stack.NewTimeline(&out), every: time.Millisecond}
		if err := s.run(events[event]); err != nil {
			t.Errorf("%s: %v", event, err)
		}
		server.Close()
		if got := strings.Join(fake.amounts, " "); fake.checkout.Status != want.status || got != want.amounts {
			t.Errorf("%s: paid %q, it is %s; want %q, %s", event, got, fake.checkout.Status, want.amounts, want.status)
		}
		if !strings.Contains(out.String(), "evt_1  checkout.created") {
			t.Errorf("%s: said %s", event, out.String())
		}
	}
}

func TestUnknownEventsAreRefused(t *testing.T) {
	err := run(t.Context(), "checkout.paid", io.Discard)
	if err == nil || !strings.HasPrefix(err.Error(), "EVENT is one of checkout.completed, ") {
		t.Errorf("%v", err)
	}
}
