package attack

import (
	"strings"
	"sync"
	"testing"
	"time"
)

func TestThreeHundredUnpaidTestCheckoutsDoNotDelayALivePayment(t *testing.T) {
	on := unlimited
	attacker, victim := open(t, on, "attacker", false), open(t, on, "victim", true)
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
	time.Sleep(5 * time.Second) // the last of them is due
	for range 2 {               // the cron runs every minute
		if err := on.Cron(t.Context()); err != nil {
			t.Log(err) // what it did not come to is for the next one
		}
	}
	// A list shows what is stored, and reads nothing from the ledger.
	eventually(t, "the live payment is settled", time.Minute, func() bool {
		list := string(do(t, victim.Client, "GET", "/checkout", "").Body)
		return strings.Contains(list, due.ID) && strings.Contains(list, `"status":"completed"`)
	})
}
