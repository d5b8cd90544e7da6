//go:build !race

// The race detector would take minutes over this; other tests run the same code under it.

package worker_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"edgecheckout/sandbox/ledger"
	"edgecheckout/worker"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/web"
)

// errTooMany is how KV refuses an invocation that has used up its operations.
var errTooMany = errors.New("too many API requests by single Worker invocation")

// invocation is the store of one invocation, which has 1,000 operations; reading up to a hundred
// keys at once is one (https://developers.cloudflare.com/kv/platform/limits/).
type invocation struct {
	kv.Store
	used int
}

// use returns how many of n operations are possible, and the error for the others.
func (i *invocation) use(n int) (int, error) {
	possible := min(n, 1000-i.used)
	i.used += possible
	if possible < n {
		return possible, errTooMany
	}
	return n, nil
}

func (i *invocation) Get(ctx context.Context, keys ...string) ([][]byte, error) {
	if _, err := i.use((len(keys) + 99) / 100); err != nil {
		return nil, err
	}
	return i.Store.Get(ctx, keys...)
}

func (i *invocation) Put(ctx context.Context, entries ...kv.Entry) error {
	n, err := i.use(len(entries))
	return errors.Join(i.Store.Put(ctx, entries[:n]...), err)
}

func (i *invocation) Delete(ctx context.Context, keys ...string) error {
	n, err := i.use(len(keys))
	return errors.Join(i.Store.Delete(ctx, keys[:n]...), err)
}

func (i *invocation) List(ctx context.Context, prefix, cursor string, limit int) (kv.Page, error) {
	if _, err := i.use(1); err != nil {
		return kv.Page{}, err
	}
	return i.Store.List(ctx, prefix, cursor, limit)
}

func TestUnpaidTestCheckoutsOfOneMerchantDelayNobody(t *testing.T) {
	for _, count := range []int{300, 3_000, 50_000} {
		t.Run(fmt.Sprint(count), func(t *testing.T) {
			t.Parallel()
			s := deploy(t)
			both := []string{"LIVE_PASSPHRASE", ledger.Passphrase, "LIVE_HORIZON_URLS", "https://horizon.example", "LIVE_ASSETS", s.USDC().String(),
				"TEST_CRON", "*/1 * * * *", "LIVE_CRON", "* * * * *"}
			here := s.edge(both...)
			attacker, _ := s.merchant(here)
			made := s.operator(here).post("/merchants", fmt.Sprintf(`{"name":"Victim","account_live":%q}`, s.Merchant().Address()))
			key := s.operator(here).post("/merchants/"+made.text("id")+"/keys", `{"livemode":true}`)
			live := client{t, here, http.Header{"X-Api-Key": {key.text("secret")}}}
			test, _ := s.merchant(here)
			payer := s.Person()
			order := &web.Request{
				Method: "POST", URL: &url.URL{Scheme: "https", Host: "pay.example", Path: "/checkout", RawQuery: "type=direct"},
				Header: web.Header{{Name: "X-Api-Key", Value: attacker.header.Get("X-Api-Key")}, {Name: "Content-Type", Value: "application/json"}},
				Body:   []byte(`{"amount":5,"asset_code":"USDC","expires_in":300}`),
			}
			for range count {
				if r := here.Respond(t.Context(), order); r.Status != 200 {
					t.Fatalf("%d %s", r.Status, r.Body)
				}
			}
			s.Advance(time.Minute) // the others' are behind
			paid := []reply{live.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`), test.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC"}`)}
			unpaid := test.post("/checkout?type=direct", `{"amount":5,"asset_code":"USDC","expires_in":300}`)
			s.Advance(7 * time.Minute)
			ended := func() int { return len(s.Store.Keys("outcome/")) }
			sweep := func() {
				s.Advance(time.Minute)
				for _, cron := range []string{"*/1 * * * *", "* * * * *"} {
					platform := s.platform()
					platform.Store = &invocation{Store: platform.Store}
					if err := worker.New(s.config(both...), platform).Sweep(t.Context(), cron); err != nil {
						t.Error(err)
					}
				}
			}
			sweep() // from now on the unpaid ones may end
			for _, due := range paid {
				s.Pay(payer, addr(due.text("destination")), "5", s.USDC(), due.text("memo"))
				s.Advance(time.Second * 5)
			}
			for range 2 {
				sweep()
			}
			for _, due := range append(paid, unpaid) {
				if s.Store.Peek("outcome/"+due.text("id")) == nil {
					t.Errorf("after two minutes this one is not settled: %s", due.body)
				}
			}
			// However many there are, they end in their turn.
			before, sweeps := ended(), min(count/100, 15)
			for range sweeps {
				sweep()
			}
			if now := ended(); now < count+3 && now-before < sweeps*100 {
				t.Errorf("in %d minutes %d of %d ended", sweeps, now-before, count)
			}
		})
	}
}
