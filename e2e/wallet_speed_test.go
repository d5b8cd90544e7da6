package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"edgecheckout/sandbox/horizon"
)

// A wallet in the page knows its transaction, so that the page need not wait for anybody to find it.
// `go test ./e2e -v -run TestPageSaysPaidSoon` shows the times.
func TestPageSaysPaidSoonAfterAWalletPaid(t *testing.T) {
	s := openShop(t)
	s.wantPaidSoon(0, 6*time.Second) // usually less than a second; tests that compete for processors need more
}

// The same, with KV as far away as Cloudflare's, and Horizon as far as the public one.
func TestPageSaysPaidSoonThoughAllIsFar(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	o.ExtraVars["PLATFORM_FAR"] = "1"
	on := ownService(t, o)
	s := openShopOn(t, on)
	if err := on.Sandbox().Faults().Set(horizon.Fault{Mode: horizon.Slow, DelayMS: 225}); err != nil {
		t.Fatal(err)
	}
	s.wantPaidSoon(500*time.Millisecond, 8*time.Second) // two reads from Horizon and one write, at the least
}

// wantPaidSoon pays ten checkouts with a wallet in the page, each from another account. From the
// close of the ledger to "Paid" each page may take from least to limit.
func (s *shop) wantPaidSoon(least, limit time.Duration) {
	s.t.Helper()
	closings := watchClosings(s.t.Context(), s.on.Sandbox().Ledger())
	var took []time.Duration
	for n := range 10 {
		s.customer = fmt.Sprintf("customer %d of %s", n, s.t.Name())
		e := s.customerExtension()
		c := s.charge(fields{"amount": 5, "asset_code": "XLM"})
		b := openTab(s.t)
		b.install("freighter", e)
		b.visit(c)
		evaluate[chromedp.Void](b, noticePaid)
		b.await(element("wallet-freighter")+`?.innerText.includes("in this browser")`, "true")
		b.click("wallet-freighter")
		b.await(`!!window.paidAt`, "true")
		shown := closings.of(s.t, s.read(c.ID).Payments[0].TransactionHash)
		took = append(took, time.UnixMilli(evaluate[int64](b, `window.paidAt`)).Sub(shown))
	}
	slices.Sort(took)
	s.t.Logf("from the ledger's close to the page's Paid, the fastest first: %v", took)
	if took[0] < least || took[len(took)-1] > limit {
		s.t.Errorf("the pages took from %s to %s, want from %s to %s", took[0], took[len(took)-1], least, limit)
	}
}
