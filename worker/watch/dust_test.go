//go:build !race

// Nothing here runs at the same time as anything else, and the race detector would take minutes
// over it.

package watch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stellar/go/txnbuild"

	"edgecheckout/worker/watch"
	"edgecheckout/worker/watch/watchtest"
)

// TestTenThousandGrainsOfDust has a stranger send the smallest payments there are, with the right
// memo, to the merchant's account. The honest payment among them settles, and what it costs to find
// out stays bounded.
func TestTenThousandGrainsOfDust(t *testing.T) {
	s := open(t)
	c := s.checkout()
	other, over := s.checkout(), s.checkoutUnlisted()
	for i := range 100 {
		var dust []txnbuild.Operation
		for range 100 {
			dust = append(dust, &txnbuild.Payment{Destination: string(c.Account), Amount: "0.0000001", Asset: watchtest.Asset(c.Asset)})
		}
		s.Submit(s.customer, c.Memo, dust...)
		if i == 60 {
			s.Advance(time.Second)
			s.pay(other, "50")
		}
		s.Advance(time.Second)
	}
	s.pay(c, "50")
	s.Advance(watchtest.LedgerTime)

	before := s.Requests
	if got := s.look(s.here, c); strings.HasPrefix(got, "completed") {
		t.Errorf("the flood is not as long as it should be: %s", got)
	}
	if n := s.Requests - before; n > 8 {
		t.Errorf("one look made %d requests", n)
	}
	// Somebody asks for a checkout whose time is over.
	over.ExpiresAt = s.Now()
	s.put(over)
	s.Advance(watch.LookWindow + time.Minute)
	before = s.Requests
	if got := s.look(s.edge(), over); got != "open 0" {
		t.Errorf("a look that did not come to the end says %s", got)
	}
	if n := s.Requests - before; n > 8 {
		t.Errorf("one look for a checkout whose time is over made %d requests", n)
	}
	writes := s.Store.Counts().Writes
	for range 12 {
		s.minute()
		if strings.HasPrefix(s.outcome(c), "completed") && strings.HasPrefix(s.outcome(other), "completed") {
			break
		}
	}
	if got := s.outcome(c); !strings.HasPrefix(got, "completed 50") {
		t.Errorf("%.80s", got)
	}
	expect(t, s.outcome(other), "completed 50")
	if n := s.Store.Counts().Writes - writes; n > 40 {
		t.Errorf("%d writes", n)
	}
	stored := s.Store.Peek("outcome/" + c.ID.String())
	if len(stored) == 0 || len(stored) > 100<<10 {
		t.Errorf("the outcome has %d bytes", len(stored))
	}
}
