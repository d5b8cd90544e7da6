package attack

import (
	"strings"
	"sync"
	"testing"
	"time"

	"edgecheckout/sandbox/stack"
)

func TestThreeHundredUnpaidTestCheckoutsDoNotDelayALivePayment(t *testing.T) {
	on := unlimited
	attacker, victim, other := enrol(t, on, "attacker", account(), false), open(t, on, "victim", true), open(t, on, "other", false)
	awaitHorizon(t, attacker)
	due := victim.charge(nil)
	victim.pay(due)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			for range 30 {
				if _, err := attacker.CreateCheckout(t.Context(), "direct", fields{"amount": 5, "asset_code": "XLM", "expires_in": 3}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	paid, unpaid := other.charge(nil), other.charge(fields{"expires_in": 3})
	other.pay(paid)
	time.Sleep(5 * time.Second) // the last of them is due
	for range 2 {               // the cron runs every minute
		if err := on.Cron(t.Context()); err != nil {
			t.Log(err) // what it did not come to is for the next one
		}
	}
	// A list shows what is stored, and reads nothing from the ledger.
	ended := func(by *merchant, c stack.Checkout, status string) func() bool {
		return func() bool {
			return strings.Contains(string(do(t, by.Client, "GET", "/checkout?status="+status, "").Body), c.ID)
		}
	}
	eventually(t, "the live payment is settled", time.Minute, ended(victim, due, "completed"))
	eventually(t, "the payment in test mode is settled", time.Minute, ended(other, paid, "completed"))
	eventually(t, "the other merchant's unpaid checkout ends", time.Minute, ended(other, unpaid, "expired"))
}
