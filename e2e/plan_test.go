package e2e

import (
	"os"
	"strings"
	"testing"

	"github.com/stellar/go/keypair"
)

// The Free plan has 50 subrequests an invocation: enough for API requests, and for a sweep of any
// number of accounts.
func TestFreePlanSufficesForSixtyAccounts(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	o.ExtraVars["PLATFORM_PLAN"] = "Free"
	s := openShopOn(t, ownService(t, o))
	open := func(accounts int) {
		for range accounts {
			register(t, s.on, keypair.MustRandom().Address()).charge(fields{"amount": 5, "asset_code": "XLM"})
		}
	}
	reached := func() bool {
		text, err := os.ReadFile(s.on.Log)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(string(text), "Too many")
	}
	open(19)
	swept, looked := s.charge(fields{"amount": 5, "asset_code": "XLM"}), s.charge(fields{"amount": 6, "asset_code": "XLM"})
	s.pay(swept, "5")
	s.cron()
	if html := string(get(t, s.on, pagePath(swept)).Body); !strings.Contains(html, `data-status="completed"`) {
		t.Errorf("after the cron the page does not say completed:\n%s", html)
	}
	s.pay(looked, "6")
	s.awaitStanding(looked, "completed")
	wantVerdict(t, s.read(swept.ID), paidOnce("5"))
	wantVerdict(t, s.read(looked.ID), paidOnce("6"))
	open(40)
	last := s.charge(fields{"amount": 7, "asset_code": "XLM"})
	s.pay(last, "7")
	s.cron()
	if html := string(get(t, s.on, pagePath(last)).Body); !strings.Contains(html, `data-status="completed"`) {
		t.Errorf("after a sweep of sixty accounts the page does not say completed:\n%s", html)
	}
	if reached() {
		t.Error("a limit of the plan was reached")
	}
}
