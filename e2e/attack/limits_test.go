package attack

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"edgecheckout/sandbox/stack"
)

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
	} {
		begun := time.Now()
		refused := refusals(200, ask)
		// Each window of ten seconds, begun ones included, allows 30.
		if allowed := 30 * (2 + int(time.Since(begun)/(10*time.Second))); 200-refused > allowed {
			t.Errorf("%s: %d of 200 were not refused, want at most %d", about, 200-refused, allowed)
		}
	}
}

func TestNobodyExhaustsTheLimitOfAnotherMerchantsKey(t *testing.T) {
	t.Parallel()
	on := limited
	shop := open(t, on, "shop", false)
	shop.charge(nil) // its key is known from now on
	similar := shop.Key[:24] + strings.Repeat("0", len(shop.Key)-24)
	for i, path := range []string{"/product", "/%64ocs", "/.well-known/stellar%2Etoml", "/health"} {
		headers := append([]string{"X-Api-Key", similar}, from(fmt.Sprintf("198.51.100.%d", i))...)
		for range limits["KEY_LIMIT"] * 3 / 4 {
			do(t, anybody(on), "GET", path, "", headers...)
		}
	}
	want(t, "the merchant", do(t, shop.Client, "GET", "/product", ""), http.StatusOK)
}
