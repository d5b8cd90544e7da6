package worker_test

import (
	"net/http"
	"testing"
	"time"

	"edgecheckout/worker"
	"edgecheckout/worker/kv/kvtest"
	"edgecheckout/worker/watch"
)

// An isolate that has told the status of an open checkout reads two keys to tell it again, and
// misses nothing that may have changed.
func TestAStatusThatIsAskedAgainTellsWhatHasChanged(t *testing.T) {
	s := deploy(t)
	shop, _ := s.merchant(s.edge())
	payer := s.Person()
	s.Advance(time.Hour)
	platform := s.platform()
	counter := &tripCounter{Store: platform.Store}
	platform.Store = counter
	here := worker.New(s.config(), platform)
	page := client{t, here, http.Header{}}
	status := func(order reply) reply { return page.ok(page.get("/pay/" + order.text("id") + "/status")) }
	again := func(order reply, want ...string) {
		t.Helper()
		s.Sleep(2 * watch.LookWindow)
		*counter = tripCounter{Store: counter.Store}
		r := status(order)
		for i := 0; i < len(want); i += 2 {
			if got := r.text(want[i]); got != want[i+1] {
				t.Errorf("%s is %s, want %s", want[i], got, want[i+1])
			}
		}
	}
	order := func() reply {
		return shop.post("/checkout?type=direct", `{"amount":50,"asset_code":"USDC","redirect_url":"https://shop.example/old"}`)
	}
	cheap := func() {
		t.Helper()
		if counter.read > 2 || counter.trips > 1 || counter.written > 0 {
			t.Errorf("%d keys read in %d trips, %d written", counter.read, counter.trips, counter.written)
		}
	}

	paid, cancelled := order(), order()
	s.Advance(2 * time.Minute)
	for _, o := range []reply{paid, cancelled} {
		status(o)
		again(o, "status", "open", "amount_received", "0")
		cheap()
	}

	shop.at(s.edge()).ok(shop.at(s.edge()).post("/checkout/"+cancelled.text("id")+"/expire", ""))
	shop.at(s.edge()).ok(shop.at(s.edge()).do("PUT", "/checkout/"+paid.text("id"), `{"redirect_url":"https://shop.example/new"}`))
	s.Pay(payer, addr(paid.text("destination")), "20", s.USDC(), paid.text("memo"))
	s.Advance(time.Minute)
	again(paid, "status", "open", "amount_received", "20")
	again(paid, "status", "open", "amount_received", "20")
	again(cancelled, "status", "open", "cancelled", "true")

	// Somebody else ends it.
	s.Pay(payer, addr(paid.text("destination")), "30", s.USDC(), paid.text("memo"))
	s.Advance(time.Minute)
	s.sweep(s.edge())
	s.Sleep(time.Minute)
	again(paid, "status", "completed", "amount_received", "50", "redirect_url", "https://shop.example/new")

	// Where it leads to cannot be read again.
	lost := order()
	s.Advance(2 * time.Minute)
	status(lost)
	s.Pay(payer, addr(lost.text("destination")), "50", s.USDC(), lost.text("memo"))
	s.Advance(10 * time.Second)
	s.Store.SetFault(func(op, key string) kvtest.Fault {
		if op == "get" && key == "checkout/"+lost.text("id") {
			return kvtest.FaultBefore
		}
		return kvtest.FaultNone
	})
	again(lost, "status", "completed", "redirect_url", "https://shop.example/old")
}
