package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"edgecheckout/sandbox/horizon"
	"edgecheckout/sandbox/stack"
)

// Whatever happens to Horizon, no payment is lost and no status is claimed without proof; the rest
// of the service keeps working.
func TestOutagesOfHorizon(t *testing.T) {
	t.Parallel()
	on := ownService(t, options(t.TempDir()))
	s := openShopOn(t, on)
	spoil := spoilerOf(on)
	s.customerKeys() // created before the checkout, which expires soon
	golden(t, "health/reachable.json", normaliseHealth(get(t, on, "/health").Body))

	for _, fault := range []horizon.Fault{
		{Mode: horizon.Down},
		{Mode: horizon.RateLimited, RetryAfter: 1},
		{Mode: horizon.Garbage},
		{Mode: horizon.Truncated},
		{Mode: horizon.StaleHistory},
		{Mode: horizon.Slow, DelayMS: 6000},
	} {
		t.Run(fault.Mode, func(t *testing.T) {
			c := s.charge(fields{"amount": 5, "asset_code": "XLM", "expires_in": 6})
			s.pay(c, "5")
			spoil(t, fault)
			defer spoil(t, horizon.Fault{Mode: horizon.Off})
			if err := on.Cron(t.Context()); err == nil {
				t.Error("the cron did not fail although Horizon cannot be read")
			}
			sleepUntil(t.Context(), c.ExpiresAt.Add(time.Second))
			if err := on.Cron(t.Context()); err == nil {
				t.Error("the cron did not fail although Horizon cannot be read")
			}
			// Whether money has arrived is unknown, so the checkout is neither completed nor
			// expired.
			wantVerdict(t, s.read(c.ID), verdict{Status: "open", Received: "0"})
			page := get(t, on, pagePath(c))
			if page.Status != http.StatusOK || !strings.Contains(string(page.Body), "Please do not pay any more.") {
				t.Errorf("the page: %d %s", page.Status, page.Body)
			}
			spoil(t, horizon.Fault{Mode: horizon.Off})
			wantVerdict(t, s.awaitStatus(c.ID, "completed"), paidOnce("5"))
		})
	}

}

// spoilerOf returns a function that injects faults into a service's Horizon.
func spoilerOf(on *stack.Stack) func(*testing.T, horizon.Fault) {
	return func(t *testing.T, fault horizon.Fault) {
		t.Helper()
		if err := on.Sandbox().Faults().Set(fault); err != nil {
			t.Fatal(err)
		}
	}
}

func TestServiceKeepsWorkingWhileHorizonIsDown(t *testing.T) {
	t.Parallel()
	on := ownService(t, options(t.TempDir()))
	s := openShopOn(t, on)
	spoil := spoilerOf(on)

	t.Run("checkouts are made", func(t *testing.T) {
		spoil(t, horizon.Fault{Mode: horizon.Down})
		defer spoil(t, horizon.Fault{Mode: horizon.Off})
		c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
		if page := get(t, on, pagePath(c)); page.Status != http.StatusOK || !strings.Contains(string(page.Body), c.Memo) {
			t.Errorf("the page: %d %s", page.Status, page.Body)
		}
		golden(t, "status/horizon-down.json", normaliseSeconds(get(t, on, pagePath(c)+"/status").Body))
		s.eventually("/health notices", func() bool {
			return !strings.Contains(string(get(t, on, "/health").Body), `"reachable"`)
		})
		golden(t, "health/unreachable.json", normaliseHealth(get(t, on, "/health").Body))

		spoil(t, horizon.Fault{Mode: horizon.Off})
		s.pay(c, "5")
		wantVerdict(t, s.awaitStatus(c.ID, "completed"), paidOnce("5"))
		s.eventually("/health notices", func() bool {
			return strings.Contains(string(get(t, on, "/health").Body), `"reachable"`)
		})
	})

	t.Run("the customer's page lives through it", func(t *testing.T) {
		c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
		b := openTab(t)
		b.visit(c)
		s.pay(c, "2")
		b.await(heading, "Part of it has arrived")
		spoil(t, horizon.Fault{Mode: horizon.Down})
		defer spoil(t, horizon.Fault{Mode: horizon.Off})
		payInside(t, on, c, "3")
		time.Sleep(5 * time.Second) // several polls fail
		b.await(heading, "Part of it has arrived")
		spoil(t, horizon.Fault{Mode: horizon.Off})
		b.await(`document.querySelector('[data-standing]').dataset.status`, "completed")
		b.stillTheSame()
	})
}

// A power failure right after a payment loses nothing: the stored records are enough to complete
// the checkout.
func TestPaymentSurvivesAPowerCut(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	on := ownService(t, o)
	s := openShopOn(t, on)
	paid := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	unpaid := s.charge(fields{"amount": 5, "asset_code": "XLM"})
	s.pay(paid, "5")
	on.Kill()
	on.Stop()

	o.Secrets = on.Secrets
	again := ownService(t, o)
	s.on, s.BaseURL = again, again.BaseURL
	s.cron()
	if html := string(get(t, again, pagePath(paid)).Body); !strings.Contains(html, `data-status="completed"`) {
		t.Errorf("after the power cut and the cron the page does not say completed:\n%s", html)
	}
	wantVerdict(t, s.read(paid.ID), paidOnce("5"))
	s.pay(unpaid, "5")
	wantVerdict(t, s.awaitStatus(unpaid.ID, "completed"), paidOnce("5"))
}

// payInside pays by the sandbox's own wallet, which Horizon's faults do not affect.
func payInside(t *testing.T, on *stack.Stack, c stack.Checkout, units string) {
	t.Helper()
	body := encode(fields{"destination": c.Destination, "amount": units, "memo": c.Memo, "asset": "native", "wallet": "alice"})
	reply, err := stack.Client{BaseURL: on.HorizonURL}.Do(t.Context(), http.MethodPost, "/sandbox/pay", []byte(body))
	if err != nil || reply.Status != http.StatusOK {
		t.Fatalf("%d %s, %v", reply.Status, reply.Body, err)
	}
}
