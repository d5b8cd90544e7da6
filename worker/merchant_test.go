package worker_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"edgecheckout/worker"

	"github.com/google/go-cmp/cmp"
)

func TestOperatorsRetriesAreIdempotent(t *testing.T) {
	s := deploy(t)
	edges := []*worker.Service{s.edge(), s.edge(), s.edge()}
	account := s.Merchant().Address()
	body := fmt.Sprintf(`{"name":"Corner Shop","account_test":%q}`, account)
	operator := s.operator(edges[0]).with("Idempotency-Key", "corner-shop")

	// The same request, many times concurrently.
	var mu sync.Mutex
	var wait sync.WaitGroup
	merchants, secrets := map[string]int{}, map[string]int{}
	atOnce := func(path, body, field string, count map[string]int) {
		for i := range 12 {
			wait.Go(func() {
				r := operator.at(edges[i%len(edges)]).do("POST", path, body)
				mu.Lock()
				defer mu.Unlock()
				if r.status != 200 {
					t.Errorf("%d %s", r.status, r.body)
				}
				count[r.text(field)]++
			})
		}
		wait.Wait()
	}
	atOnce("/merchants", body, "id", merchants)
	if len(merchants) != 1 || len(s.Store.Keys("merchant/")) != 1 {
		t.Fatalf("merchants %v", merchants)
	}
	s.Sleep(2 * time.Minute)
	merchant := operator.post("/merchants", body)
	keys := "/merchants/" + merchant.text("id") + "/keys"
	atOnce(keys, `{"livemode":false}`, "secret", secrets)
	if len(secrets) != 1 || len(s.Store.Keys("apikey/")) != 1 {
		t.Fatalf("keys %v", secrets)
	}
	s.Sleep(20 * time.Hour)
	key := operator.at(edges[1]).post(keys, `{"livemode":false}`)
	if secrets[key.text("secret")] == 0 {
		t.Errorf("on the next day: %s", key.body)
	}
	if r := s.operator(edges[2]).post("/merchants", body); merchants[r.text("id")] != 0 {
		t.Error("without an Idempotency-Key there was no second merchant")
	}
	if r := s.operator(edges[2]).post(keys, `{"livemode":false}`); secrets[r.text("secret")] != 0 || len(r.text("secret")) != len(key.text("secret")) {
		t.Errorf("without an Idempotency-Key: %s", r.body)
	}

	reused := func(what string, r reply) {
		t.Helper()
		if r.status != 409 || r.text("error.code") != "idempotency_key_reused" {
			t.Errorf("%s: %d %s", what, r.status, r.body)
		}
	}
	reused("another name", operator.do("POST", "/merchants", `{"name":"Another Shop"}`))
	reused("another mode", operator.do("POST", keys, `{"livemode":true}`))
	// A merchant's Idempotency-Keys are separate from the operator's.
	shop := client{t, edges[0], http.Header{}}.with("X-Api-Key", key.text("secret")).with("Idempotency-Key", "corner-shop")
	if r := shop.post("/product", `{"name":"Sidamo","asset_code":"XLM","price_amount":5}`); r.text("object") != "product" {
		t.Errorf("%s", r.body)
	}

	// A revoked key must not come back.
	if r := operator.do("DELETE", keys+"/"+key.text("id"), ""); r.status != 200 {
		t.Fatal(r.body)
	}
	s.Sleep(2 * time.Minute)
	reused("a revoked key", operator.do("POST", keys, `{"livemode":false}`))
	if r := shop.at(edges[1]).do("GET", "/product", ""); r.status != 401 {
		t.Errorf("with the revoked key: %d %s", r.status, r.body)
	}
}

// API keys cannot be computed from the store without the operator's token.
func TestSecretsOfRetriesCannotBeDerivedFromTheStore(t *testing.T) {
	s := deploy(t)
	operator := s.operator(s.edge()).with("Idempotency-Key", "corner-shop")
	merchant := operator.post("/merchants", `{"name":"Corner Shop"}`)
	keys := "/merchants/" + merchant.text("id") + "/keys"
	key := operator.post(keys, `{"livemode":true}`)
	secret := strings.TrimPrefix(key.text("secret"), "sk_live_")
	if len(secret) != 64 || secret == key.text("secret") {
		t.Fatalf("%s", key.body)
	}
	for _, name := range s.Store.Keys("") {
		values, err := s.Store.Edge().Get(context.Background(), name)
		if err != nil || strings.Contains(name+string(values[0]), secret) {
			t.Errorf("%s holds the secret, or cannot be read: %v", name, err)
		}
	}
	const another = "another-token-of-the-operator"
	rotated := operator.at(s.edge("ADMIN_TOKEN", another)).with("Authorization", "Bearer "+another)
	if r := rotated.do("POST", keys, `{"livemode":true}`); r.status != 409 || strings.Contains(r.body, "sk_") {
		t.Errorf("under another token: %d %s", r.status, r.body)
	}
	if diff := cmp.Diff(key.body, operator.post(keys, `{"livemode":true}`).body); diff != "" {
		t.Errorf("under the same (-first +again):\n%s", diff)
	}
}
