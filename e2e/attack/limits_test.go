package attack

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"edgecheckout/sandbox/stack"
)

// Without the limit of 30, none of 200 requests is refused: the limit of an address is 600.
func TestAMadeUpKeyDoesNotLiftTheLimitOfGuessesAndTransactions(t *testing.T) {
	t.Parallel()
	on := limited
	shop := open(t, on, "shop", false)
	c := shop.charge(nil)
	madeUp := func(i int) []string { return []string{"X-Api-Key", fmt.Sprintf("sk_test_%064x", i)} }
	for about, ask := range map[string]func(i int) stack.Reply[json.RawMessage]{
		"guesses at the operator's token": func(i int) stack.Reply[json.RawMessage] {
			guess := stack.Client{BaseURL: on.BaseURL, AdminToken: fmt.Sprintf("a guess at it, number %d", i)}
			return do(t, guess, "GET", "/merchants/"+shop.id, "", append(madeUp(i), from("192.0.2.1")...)...)
		},
		"transactions": func(i int) stack.Reply[json.RawMessage] {
			return do(t, anybody(on), "POST", "/pay/"+c.ID+"/transaction", `{"account":"G"}`, append(madeUp(i), from("192.0.2.2")...)...)
		},
		"quotes": func(i int) stack.Reply[json.RawMessage] {
			return do(t, anybody(on), "POST", "/pay/"+c.ID+"/quotes", `{"account":"G"}`, append(madeUp(i), from("192.0.2.3")...)...)
		},
		"hints": func(i int) stack.Reply[json.RawMessage] {
			return do(t, anybody(on), "POST", "/pay/"+c.ID+"/hint", `{"hash":"0"}`, append(madeUp(i), from("192.0.2.4")...)...)
		},
	} {
		refused := false
		for i := 0; i < 200 && !refused; i++ {
			reply := ask(i)
			if refused = reply.Status == http.StatusTooManyRequests; refused && reply.Header.Get("Retry-After") != "10" {
				t.Errorf("%s: %v", about, reply.Header)
			}
		}
		if !refused {
			t.Errorf("%s: none of 200 was refused", about)
		}
	}
}

// A limit counts the requests of ten seconds. A witness whose own limit is used up before the
// attack, and still is after the check, shows that both were in the same ten seconds.
func TestNobodyExhaustsTheLimitOfAnotherMerchantsKey(t *testing.T) {
	t.Parallel()
	on := limited
	shop, witness := open(t, on, "shop", false), open(t, on, "witness", false)
	shop.charge(nil) // its key is known from now on
	witness.charge(nil)
	isRefused := func(m *merchant) bool {
		return do(t, m.Client, "GET", "/product", "").Status == http.StatusTooManyRequests
	}
	similar := shop.Key[:24] + strings.Repeat("0", len(shop.Key)-24)
	for try := range 50 {
		for !isRefused(witness) {
		}
		for range limits["KEY_LIMIT"] {
			for i, path := range []string{"/health", "/product", "/%64ocs", "/.well-known/stellar%2Etoml"} {
				do(t, anybody(on), "GET", path, "", append(from(fmt.Sprintf("198.51.%d.%d", try, i)), "X-Api-Key", similar)...)
			}
		}
		if isRefused(shop) {
			t.Fatal("the merchant is refused")
		}
		if isRefused(witness) {
			return
		}
	}
	t.Error("the attack never took less than ten seconds")
}
