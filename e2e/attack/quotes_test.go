package attack

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"edgecheckout/sandbox/stack"
	"edgecheckout/sandbox/wallet"

	"github.com/stellar/go/amount"
)

// kind is a kind of request that anybody can send to a page, and how it may be answered.
type kind struct {
	about, path string
	body        func() string
	statuses    []int
}

// kinds are what strangers send about wallets. The hashes are of transactions that pay for none of
// the pages.
func kinds(hashes []string) []kind {
	const quotes, hint = "/quotes", "/hint"
	var turn atomic.Int64
	busy := []int{http.StatusOK, http.StatusTooManyRequests, http.StatusServiceUnavailable}
	large := func() string { return `{"account":"` + strings.Repeat("G", 100<<10) + `"}` }
	return []kind{
		{"quotes for a made-up account", quotes, func() string { return fmt.Sprintf(`{"account":%q}`, account()) }, busy},
		{"a made-up hint", hint, func() string { return fmt.Sprintf(`{"hash":"%064x"}`, turn.Add(1)) }, busy[:1]},
		{"a stranger's transaction", hint, func() string { return fmt.Sprintf(`{"hash":%q}`, hashes[int(turn.Add(1))%len(hashes)]) }, busy[:1]},
		{"quotes for 100 KiB", quotes, large, []int{http.StatusRequestEntityTooLarge}},
		{"a hint of 100 KiB", hint, large, []int{http.StatusRequestEntityTooLarge}},
		{"quotes for nothing", quotes, func() string { return "" }, []int{http.StatusBadRequest}},
		{"half a hint", hint, func() string { return `{"hash":` }, []int{http.StatusBadRequest}},
	}
}

// flood sends requests of all kinds to all pages, each from another address, until stop is called.
func flood(t *testing.T, on *service, kinds []kind, pages []string) (stop func()) {
	t.Helper()
	const callers = 24
	over := make(chan struct{})
	var all sync.WaitGroup
	var sent atomic.Int64
	for range callers {
		all.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				n := int(sent.Add(1))
				k, page := kinds[n%len(kinds)], pages[n/len(kinds)%len(pages)]
				reply, err := anybody(on).Do(t.Context(), "POST", page+k.path, []byte(k.body()), from(fmt.Sprintf("2001:db8:%x:%x::1", n>>16, n&0xffff))...)
				switch {
				case err != nil: // it refused the body, and did not read all of it
				case !slices.Contains(k.statuses, reply.Status):
					t.Errorf("%s: %d %.200s", k.about, reply.Status, reply.Body)
				case (reply.Status == http.StatusTooManyRequests || reply.Status == http.StatusServiceUnavailable) && reply.Header.Get("Retry-After") == "":
					t.Errorf("%s: %d without Retry-After", k.about, reply.Status)
				}
			}
		})
	}
	return sync.OnceFunc(func() {
		close(over)
		all.Wait()
		t.Logf("%d requests", sent.Load())
	})
}

// strange has somebody pay somebody else, also with the memos of pages, and returns the hashes.
func strange(t *testing.T, on *service, memos ...string) (hashes []string) {
	t.Helper()
	elsewhere, err := on.OpenAccount(t.Context(), "elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	for _, memo := range append(memos, "") {
		hash, err := on.Pay(t.Context(), "stranger", wallet.Payment{Destination: elsewhere, Amount: int64(amount.MustParse("5")), Memo: memo})
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, hash)
	}
	return hashes
}

// Strangers with many addresses flood pages of one merchant and of many. Horizon grants no more
// than it grants an address.
func TestAFloodOfQuotesAndHintsStopsNobodyElse(t *testing.T) {
	on := unlimited
	victim := open(t, on, "victim", false)
	var attacked []*merchant
	var pages, memos []string
	for i, checkouts := range []int{24, 1, 1, 1, 1, 1, 1, 1} {
		m := enrol(t, on, fmt.Sprintf("shop %d of %s", i, t.Name()), account(), false)
		attacked = append(attacked, m)
		for range checkouts {
			c := m.charge(nil)
			pages, memos = append(pages, "/pay/"+c.ID), append(memos, c.Memo)
		}
	}
	hashes := strange(t, on, memos[0], memos[len(memos)-1])
	awaitHorizon(t, victim)

	on.meter.restrict(true)
	defer func() {
		on.meter.restrict(false)
		if err := on.Cron(t.Context()); err != nil { // it learns that there is more left again
			t.Error(err)
		}
	}()
	stop := flood(t, on, kinds(hashes), pages)
	defer stop()
	eventually(t, "visitors have used up what they may", time.Minute, func() bool {
		_, _, left, _ := on.meter.read()
		return left <= sweepShare
	})
	begun := time.Now()
	due := victim.charge(nil)
	if took := time.Since(begun); took > 8*time.Second {
		t.Errorf("a checkout was made after %s", took)
	}
	page := func() stack.Reply[json.RawMessage] { return do(t, anybody(on), "GET", "/pay/"+due.ID, "") }
	want(t, "the victim's page", page(), http.StatusOK)
	victim.pay(due)
	if err := on.Cron(t.Context()); err != nil {
		t.Error(err)
	}
	if html := string(page().Body); !strings.Contains(html, `data-status="completed"`) {
		t.Errorf("the victim's payment is not settled:\n%s", html)
	}
	if took := time.Since(begun); took > 2*time.Minute {
		t.Errorf("it was settled after %s", took)
	}
	stop()
	asked, least, _, refused := on.meter.read()
	t.Logf("Horizon was asked %d times, and had %d left at least", asked, least)
	if refused > 0 || least == 0 {
		t.Errorf("Horizon was asked %d times, refused %d, and had %d left at least", asked, refused, least)
	}
	for i, m := range attacked {
		if body := string(do(t, m.Client, "GET", "/checkout?status=completed", "").Body); strings.Contains(body, "chk_") {
			t.Errorf("shop %d has completed checkouts: %s", i, body)
		}
	}
}
