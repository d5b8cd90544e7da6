package worker_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"testing"
	"time"

	"edgecheckout/sandbox/ledger"
)

// Each mode has an invocation of its own, if its setting names a cron trigger.
func TestModesAreSweptByTheirOwnCrons(t *testing.T) {
	const both = `[test live]`
	for cron, want := range map[string]string{"*/1 * * * *": `[test]`, "* * * * *": `[live]`, "*/2 * * * *": both, "": both} {
		s := deploy(t)
		here := s.edge("LIVE_PASSPHRASE", ledger.Passphrase, "LIVE_HORIZON_URLS", "https://horizon.example", "LIVE_ASSETS", s.USDC().String(),
			"TEST_CRON", "*/1 * * * *", "LIVE_CRON", "* * * * *")
		account := s.Merchant().Address()
		made := s.operator(here).post("/merchants", fmt.Sprintf(`{"name":"Corner Shop","account_test":%q,"account_live":%q}`, account, account))
		payer, orders := s.Person(), map[string]reply{}
		for mode, live := range map[string]bool{"test": false, "live": true} {
			key := s.operator(here).post("/merchants/"+made.text("id")+"/keys", fmt.Sprintf(`{"livemode":%t}`, live))
			orders[mode] = client{t, here, http.Header{"X-Api-Key": {key.text("secret")}}}.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
			s.Pay(payer, addr(account), "5", s.USDC(), orders[mode].text("memo"))
			s.Advance(time.Minute)
		}
		if err := here.Sweep(t.Context(), cron); err != nil {
			t.Fatal(err)
		}
		var swept []string
		for _, mode := range []string{"test", "live"} {
			if s.Store.Peek("outcome/"+orders[mode].text("id")) != nil {
				swept = append(swept, mode)
			}
		}
		if fmt.Sprint(swept) != want {
			t.Errorf("cron %q swept %v, want %s", cron, swept, want)
		}
	}
}

// A mode whose trigger is missing would not be swept.
func TestTheCronsOfModesAreTriggers(t *testing.T) {
	text, err := os.ReadFile("../wrangler.toml")
	if err != nil {
		t.Fatal(err)
	}
	triggers := regexp.MustCompile(`(?m)^crons = \["(.*)", "(.*)"\]$`).FindSubmatch(text)
	modes := regexp.MustCompile(`(?m)^(?:TEST|LIVE)_CRON = "(.*?)"`).FindAllSubmatch(text, -1)
	if len(triggers) != 3 || len(modes) != 2 || string(modes[0][1]) == string(modes[1][1]) {
		t.Fatalf("triggers %q, of modes %q", triggers, modes)
	}
	for _, mode := range modes {
		if !slices.ContainsFunc(triggers[1:], func(trigger []byte) bool { return string(trigger) == string(mode[1]) }) {
			t.Errorf("no trigger is %q", mode[1])
		}
	}
}
