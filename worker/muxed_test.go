package worker_test

import (
	"testing"
	"time"

	"github.com/stellar/go/txnbuild"

	"edgecheckout/worker/watch/watchtest"
)

// Smart wallets cannot send a memo.
func TestAPaymentToTheMuxedAddressNeedsNoMemo(t *testing.T) {
	for way, limit := range map[string]string{"by account": "16", "by feed": "0"} {
		t.Run(way, func(t *testing.T) {
			s := deploy(t)
			here, cron := s.edge("SWEEP_ACCOUNTS", limit), s.edge("SWEEP_ACCOUNTS", limit)
			shop, _ := s.merchant(here)
			c := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
			other := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
			if c.text("destination_muxed") == other.text("destination_muxed") || c.text("destination_muxed")[1:56] == c.text("destination")[1:] {
				t.Fatalf("muxed addresses %s and %s", c.text("destination_muxed"), other.text("destination_muxed"))
			}
			pay := func(to, amount, memo string) {
				s.Submit(s.Person(), memo, &txnbuild.Payment{Destination: to, Amount: amount, Asset: watchtest.Asset(s.USDC())})
			}
			pay(c.text("destination_muxed"), "2", "")
			pay(c.text("destination_muxed"), "1.5", "order 7")
			pay(c.text("destination"), "1.5", c.text("memo"))
			pay(c.text("destination_muxed"), "3", other.text("memo")) // the memo counts
			for range 3 {
				s.Advance(time.Minute)
				s.sweep(cron)
			}
			for object, want := range map[string][3]string{
				c.text("id"):     {"completed", "5", "null"},
				other.text("id"): {"open", "3", "underpaid"},
			} {
				got := shop.get("/checkout/" + object)
				if have := [3]string{got.text("status"), got.text("amount_received"), got.text("exception")}; have != want {
					t.Errorf("%v, want %v", have, want)
				}
			}
			if unmatched := shop.get("/payment?unmatched=true"); len(unmatched.fields["data"].([]any)) != 1 { // the account was created
				t.Errorf("money that is for a checkout is listed as unmatched: %s", unmatched.body)
			}
			late := shop.get("/payment?checkout_id=" + c.text("id"))
			for _, p := range late.fields["data"].([]any) {
				id := p.(map[string]any)["id"].(string)
				if one := shop.get("/payment/" + id); one.text("checkout_id") != c.text("id") {
					t.Errorf("payment %s: %s", id, one.body)
				}
			}
		})
	}
}

func TestAMuxedAddressThatLeadsNowhereIsUnmatchedMoney(t *testing.T) {
	s := deploy(t)
	here := s.edge()
	shop, _ := s.merchant(here)
	c := shop.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)
	account := addr(c.text("destination"))
	for _, number := range []string{"0", "7", "18446744073709551615"} {
		s.Submit(s.Person(), "", &txnbuild.Payment{Destination: account.Muxed(number), Amount: "5", Asset: watchtest.Asset(s.USDC())})
	}
	s.Advance(3 * time.Minute)
	s.sweep(here)
	if got := shop.get("/checkout/" + c.text("id")); got.text("status") != "open" {
		t.Errorf("%s", got.body)
	}
	if unmatched := shop.get("/payment?unmatched=true"); len(unmatched.fields["data"].([]any)) != 4 { // the account was created, too
		t.Errorf("%s", unmatched.body)
	}
}
