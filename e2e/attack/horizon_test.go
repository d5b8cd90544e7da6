package attack

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"edgecheckout/sandbox/horizon"
	"edgecheckout/sandbox/stack"
	"edgecheckout/worker/watch"

	"github.com/stellar/go/keypair"
)

// These tests run one after another: what one provokes, Horizon's answers to visitors, concerns
// all.

func TestOneMerchantCannotUseUpHorizonByListingPayments(t *testing.T) {
	on := unlimited
	attacker, victim := enrol(t, on, "attacker", account(), false), enrol(t, on, "victim", account(), false)
	refused := 0
	for range 100 {
		if do(t, attacker.Client, "GET", "/payment?unmatched=true", "").Status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused < 50 {
		t.Errorf("%d of 100 lists were refused", refused)
	}
	want(t, "the victim's list", do(t, victim.Client, "GET", "/payment?unmatched=true", ""), http.StatusOK)
}

// The shopper's request always comes just before the one for the older order, and has the account
// read. That one reading serves the older order, too, is seen only if both came within
// [watch.LookWindow]; else the older order had a reading of its own. And the newest ledger must
// have been read between the two orders, or any reading begins before both: for that, somebody
// looks at another shop's order whose time is over.
func TestAShopperWhoAsksOftenDoesNotHideOlderOrdersPayments(t *testing.T) {
	on := unlimited
	shop, other := open(t, on, "shop", false), enrol(t, on, "other", account(), false)
	type status struct {
		Status string
		ReadAt time.Time `json:"ledger_read_at"`
	}
	statusOf := func(c stack.Checkout) (s status) {
		if err := json.Unmarshal(do(t, anybody(on), "GET", "/pay/"+c.ID+"/status", "").Body, &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	for range 10 {
		past, older := other.charge(fields{"expires_in": 3}), shop.charge(nil)
		shop.pay(older)
		begun := time.Now()
		for paid := on.Sandbox().Ledger().Latest().Sequence; on.Sandbox().Ledger().Latest().Sequence < paid+4; {
			time.Sleep(100 * time.Millisecond) // until readings for a younger order begin after the payment
		}
		if statusOf(past).ReadAt.Before(begun) {
			continue
		}
		younger := shop.charge(nil)
		both := func() (s status, inOneWindow bool) {
			time.Sleep(watch.LookWindow + 100*time.Millisecond)
			begun := time.Now()
			statusOf(younger)
			s = statusOf(older)
			return s, time.Since(begun) < watch.LookWindow
		}
		_, first := both()
		last, second := both()
		if !first || !second {
			continue
		}
		if last.Status != "completed" {
			t.Errorf("the older order is %s", last.Status)
		}
		return
	}
	t.Error("two requests never took less than three seconds")
}

// awaitHorizon waits until visitors' requests read from Horizon, as before the attacks.
func awaitHorizon(t *testing.T, by *merchant) {
	t.Helper()
	eventually(t, "Horizon is read", time.Minute, func() bool {
		if do(t, by.Client, "GET", "/payment?unmatched=true", "").Status == http.StatusOK {
			return true
		}
		time.Sleep(2 * time.Second)
		return false
	})
}

// account is an account that need not exist.
func account() string { return keypair.MustRandom().Address() }

func TestAHangingHorizonTakesNothingElseDown(t *testing.T) {
	on := unlimited
	attacker, victim := enrol(t, on, "attacker", account(), false), enrol(t, on, "victim", account(), false)
	wallets := stack.Client{BaseURL: on.BaseURL, HTTP: &http.Client{Timeout: time.Minute}}
	var ids []string
	for range 30 {
		ids = append(ids, attacker.charge(nil).ID)
	}
	awaitHorizon(t, victim)
	on.meter.mostWaiting()
	spoil(t, on, horizon.Fault{Mode: horizon.Slow, DelayMS: 60_000})

	var longest atomic.Int64
	over := make(chan struct{})
	var callers sync.WaitGroup
	call := func(method, path, body string) {
		callers.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				begun := time.Now()
				_, _ = wallets.Do(t.Context(), method, path, []byte(body))
				longest.Store(max(longest.Load(), int64(time.Since(begun))))
				time.Sleep(500 * time.Millisecond)
			}
		})
	}
	for _, id := range ids {
		call("GET", "/pay/"+id+"/status", "")
		call("POST", "/pay/"+id+"/transaction", fmt.Sprintf(`{"account":%q}`, account()))
	}
	for i := range 10 {
		begun := time.Now()
		reply := do(t, victim.Client, "POST", "/checkout?type=direct", `{"amount": 5, "asset_code": "XLM"}`)
		if took := time.Since(begun); reply.Status != http.StatusOK || took > 8*time.Second {
			t.Errorf("checkout %d of the victim: %d after %s: %s", i, reply.Status, took, reply.Body)
		}
		time.Sleep(500 * time.Millisecond)
	}
	close(over)
	callers.Wait()
	// For a moment, those that were given up are counted beside those that follow.
	if most := on.meter.mostWaiting(); most > 2*maxWaitingAccount {
		t.Errorf("%d requests about one account waited for Horizon at the same time", most)
	}
	if took := time.Duration(longest.Load()); took > 15*time.Second {
		t.Errorf("a request waited for Horizon for %s", took)
	}
}

func TestA429ThatOneMerchantProvokedDoesNotStopTheCron(t *testing.T) {
	on := unlimited
	attacker, victim := enrol(t, on, "attacker", account(), false), open(t, on, "victim", false)
	c := victim.charge(nil)
	victim.pay(c)
	awaitHorizon(t, victim)
	mend := spoil(t, on, horizon.Fault{Mode: horizon.RateLimited, RetryAfter: 20})
	for range 20 {
		do(t, attacker.Client, "GET", "/payment?unmatched=true", "")
	}
	mend()
	time.Sleep(3 * time.Second) // Horizon grants a request a second again
	if err := on.Cron(t.Context()); err != nil {
		t.Error(err)
	}
	if html := string(do(t, anybody(on), "GET", "/pay/"+c.ID, "").Body); !strings.Contains(html, `data-status="completed"`) {
		t.Errorf("the cron did not settle the victim's payment:\n%s", html)
	}
}
