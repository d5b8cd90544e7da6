package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"github.com/stellar/go/strkey"

	"edgecheckout/worker/stellar"
)

// call sends a request to the service at an edge, decodes a successful answer into into and returns
// the status.
func (w *world) call(e *edge, method, path, body string, header http.Header, into any) int {
	request := httptest.NewRequest(method, "https://pay.example"+path, strings.NewReader(body))
	request.Header = header.Clone()
	if request.Header == nil {
		request.Header = http.Header{}
	}
	request.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	e.service.ServeHTTP(recorder, request)
	if recorder.Code == 200 && into != nil {
		if err := json.Unmarshal(recorder.Body.Bytes(), into); err != nil {
			w.fail("%s %s answered %q", method, path, recorder.Body)
		}
	}
	return recorder.Code
}

func (w *world) openShop(account stellar.Address) *shop {
	operator := http.Header{"Authorization": {"Bearer " + adminToken}}
	var merchant struct{ ID string }
	var key struct{ Secret string }
	e := w.edges[0]
	if w.call(e, "POST", "/merchants", fmt.Sprintf(`{"name":"Shop","account_test":%q}`, account), operator, &merchant) != 200 ||
		w.call(e, "POST", "/merchants/"+merchant.ID+"/keys", `{"livemode":false}`, operator, &key) != 200 {
		panic("the simulation has no merchant")
	}
	if w.call(e, "POST", "/webhooks", `{"name":"Orders","url":"https://shop.example/","events":["*"]}`, http.Header{"X-Api-Key": {key.Secret}}, nil) != 200 {
		panic("the merchant has no endpoint")
	}
	return &shop{account, key.Secret}
}

type object struct {
	ID             string
	Memo           string
	Muxed          string `json:"destination_muxed"`
	Status         string
	Exception      *string
	AmountReceived stellar.Amount `json:"amount_received"`
	CreatedAt      time.Time      `json:"created_at"`
	ExpiresAt      time.Time      `json:"expires_at"`
	Payments       []struct {
		ID              string
		Amount          stellar.Amount
		TransactionHash string `json:"transaction_hash"`
		Counted         bool
	}
}

// numberIn returns the number in a muxed address.
func numberIn(muxed string) string {
	m, err := strkey.DecodeMuxedAccount(muxed)
	if err != nil {
		return ""
	}
	return strconv.FormatUint(m.ID(), 10)
}

// observation converts the object to the oracle's terms.
func (o object) observation() observation {
	seen := observation{verdict: verdict{status: o.Status, received: int64(o.AmountReceived)}, payments: map[string]fact{}}
	if o.Exception != nil {
		seen.exception = *o.Exception
	}
	for _, p := range o.Payments {
		seen.payments[p.ID] = fact{p.TransactionHash, p.Amount.String(), p.Counted}
	}
	return seen
}

// sell lets a merchant create a checkout, sometimes with concurrent retries at several edges under
// one Idempotency-Key. then is called with the new checkout and the edge that created it.
func (w *world) sell(s *shop, then func(*sale, *edge)) {
	asset := usdc
	if w.chance(40) {
		asset = stellar.XLM
	}
	amount := stellar.Amount(1 + w.rand.Int64N(100*stellar.StroopsPerUnit))
	if w.chance(5) {
		amount = stellar.MaxAmount - stellar.Amount(w.rand.IntN(100)) // exceeds a float's precision
	}
	lifetime := 300 + w.rand.IntN(900)
	body := fmt.Sprintf(`{"amount":%s,"asset_code":%q,"expires_in":%d,"metadata":{"order":"%d"}}`, amount, asset.Code, lifetime, w.rand.Int64())
	header := http.Header{"X-Api-Key": {s.key}}
	tries := 1
	if w.chance(60) {
		header.Set("Idempotency-Key", fmt.Sprintf("order-%d", w.rand.Int64()))
		tries = 1 + w.rand.IntN(4)
	}
	made := map[string]*sale{}
	for range tries {
		w.creates++
		e := w.anyEdge()
		w.spawn("sell at "+e.name, 15, func() {
			var o object
			if w.call(e, "POST", "/checkout?type=direct", body, header, &o) != 200 {
				return // a real merchant would retry
			}
			if first := made[o.ID]; first != nil {
				return
			}
			if len(made) > 0 {
				w.fail("one Idempotency-Key made two checkouts: %s and others", o.ID)
			}
			w.stats.Checkouts++
			made[o.ID] = &sale{id: o.ID, memo: o.Memo, muxed: numberIn(o.Muxed), account: s.account, amount: amount, asset: asset, shop: s,
				createdAt: o.CreatedAt, expiresAt: o.ExpiresAt, facts: map[string]fact{}, events: map[string]string{}}
			w.people = append(w.people, made[o.ID])
			if w.chance(10) { // the customer pays before every edge can know of the checkout
				s := made[o.ID]
				w.stats.Payments++
				s.later(w, time.Duration(w.rand.IntN(30))*time.Second, "at once", w.inFull(s))
			}
			if then != nil {
				defer then(made[o.ID], e)
			}
			w.trace("%s is made at %s: %s %s for %d s", o.ID, e.name, amount, asset.Code, lifetime)
		})
	}
}

// ask lets the merchant or a payment page ask for the state of a checkout.
func (w *world) ask(s *sale, e *edge) {
	merchant := w.chance(50)
	w.spawn("ask at "+e.name, 0, func() {
		asked := w.now
		if !merchant {
			var o object
			if w.call(e, "GET", "/pay/"+s.id+"/status", "", nil, &o) == 200 {
				w.check(s, "a page at "+e.name, asked, o.observation())
			}
			return
		}
		var o object
		switch code := w.call(e, "GET", "/checkout/"+s.id, "", http.Header{"X-Api-Key": {s.shop.key}}, &o); {
		case code == 200:
			w.check(s, "the merchant at "+e.name, asked, o.observation())
		case w.calm && w.now.Sub(s.createdAt) > 2*time.Minute:
			w.fail("%s: the merchant at %s got %d", s.id, e.name, code)
		}
	})
}

// hint lets a page with a wallet tell which transaction pays a checkout. Anybody can send a hint, so
// it may name another transaction, or none.
func (w *world) hint(s *sale, e *edge) {
	hash := fmt.Sprintf("%064x", w.rand.Int64())
	var paid []operation
	for _, op := range w.ledger.accounts[s.account] {
		if w.names(op, s) {
			paid = append(paid, op)
		}
	}
	switch n := len(w.ledger.feed); {
	case n > 0 && w.chance(20):
		hash = w.ledger.feed[w.rand.IntN(n)].hash()
	case len(paid) > 0:
		hash = paid[len(paid)-1].hash()
	}
	w.spawn("hint at "+e.name, 0, func() {
		asked := w.now
		var o object
		if w.call(e, "POST", "/pay/"+s.id+"/hint", fmt.Sprintf(`{"hash":%q}`, hash), nil, &o) == 200 {
			w.check(s, "a wallet's page at "+e.name, asked, o.observation())
		}
	})
}

// cancel lets the merchant expire a checkout. Sometimes the customer pays before every edge can
// know of it, and asks at all of them.
func (w *world) cancel(s *sale, e *edge) {
	w.spawn("cancel at "+e.name, 15, func() {
		var o object
		if w.call(e, "POST", "/checkout/"+s.id+"/expire", `{}`, http.Header{"X-Api-Key": {s.shop.key}}, &o) == 200 {
			w.trace("%s is cancelled at %s: until %s", s.id, e.name, o.ExpiresAt.Sub(w.start))
		}
	})
	if w.chance(50) {
		w.stats.Payments++
		soon := time.Duration(2+w.rand.IntN(30)) * time.Second
		s.later(w, soon, "after it was cancelled", w.inFull(s))
		for _, other := range w.edges {
			w.timers = append(w.timers, timer{w.now.Add(soon + 2*ledgerTime), func() { w.ask(s, other) }})
		}
	}
}
