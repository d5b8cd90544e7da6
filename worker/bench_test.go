package worker

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
	"edgecheckout/worker/web"
)

// shelf is a store that costs next to nothing.
type shelf map[string][]byte

func (s shelf) Get(_ context.Context, keys ...string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	for i, key := range keys {
		values[i] = s[key]
	}
	return values, nil
}

func (s shelf) Put(_ context.Context, entries ...kv.Entry) error {
	for _, e := range entries {
		if len(s) < 100 {
			s[e.Key] = e.Value
		}
	}
	return nil
}

func (s shelf) Delete(context.Context, ...string) error { return nil }

func (s shelf) List(context.Context, string, string, int) (kv.Page, error) { return kv.Page{}, nil }

// silence is a Horizon that does not answer, and a cache that keeps nothing.
type silence struct{}

func (silence) Get(context.Context, string, time.Duration) (horizon.Response, error) {
	return horizon.Response{}, errors.New("silence")
}

func (s silence) GetAll(ctx context.Context, urls []string, timeout time.Duration) []horizon.Result {
	return horizon.InTurn(urls, func(url string) (horizon.Response, error) { return s.Get(ctx, url, timeout) })
}
func (silence) Rest(context.Context)                                {}
func (silence) Recall(context.Context, string) []byte               { return nil }
func (silence) Keep(context.Context, string, []byte, time.Duration) {}
func (silence) Claim(string, time.Duration) bool                    { return false }
func (silence) Purge(context.Context, ...string)                    {}

// BenchmarkRequests measures what a request costs in Go alone.
func BenchmarkRequests(b *testing.B) {
	const merchant = "mer_00000000000000000000000000"
	const key, account = "sk_test_0000000000000000000000000000000000000000000000000000000000000000", "GBBD47IF6LWK7P7MDEVSCWR7DPUWV3NY3DTQEVFL4NAT4AQH3ZLLFLA5"
	now := time.Now() // reading the clock costs a runtime next to nothing
	memos, err := checkout.ParseMemoKeys(strings.Repeat("0123456789fedcab", 4))
	if err != nil {
		b.Fatal(err)
	}
	kept := shelf{
		store.APIKeyKey(key).String():        store.Encode(store.APIKey{ID: "key_1", Merchant: merchant, Mode: stellar.Test}),
		store.MerchantKey(merchant).String(): store.Encode(store.Merchant{ID: merchant, Name: "Books", AccountTest: account}),
	}
	network := Network{Network: horizon.Network{Passphrase: "Standalone Network ; February 2017"}, Assets: map[string]stellar.Asset{"USDC": {Code: "USDC", Issuer: account}}}
	service := New(Config{BaseURL: "https://pay.example", Memos: memos, ExpiresInMin: 300 * time.Second, Networks: map[stellar.Mode]Network{stellar.Test: network}},
		Platform{Store: kept, Horizon: silence{}, Recent: silence{}, Cache: silence{}, Now: func() time.Time { return now }, Entropy: rand.Reader, Log: io.Discard})
	// This is what a runtime passes on. The URL is parsed for each request, as it is there.
	send := func(b *testing.B, method, path, body string) string {
		u, err := url.Parse("https://pay.example" + path)
		if err != nil {
			b.Fatal(err)
		}
		r := web.Request{Method: method, URL: u, Header: web.Header{{Name: "X-Api-Key", Value: key}}, Body: []byte(body)}
		if body != "" {
			r.Header = append(r.Header, web.Field{Name: "Content-Type", Value: "application/json"})
		}
		answered := service.Respond(b.Context(), &r)
		if answered.Status != http.StatusOK {
			b.Fatalf("%s %s: %s", method, path, answered.Body)
		}
		return string(answered.Body)
	}
	const order = `{"amount": "12.50", "asset_code": "USDC", "description": "Three books & a bookmark", ` +
		`"redirect_url": "https://shop.example/thanks?checkout={CHECKOUT_ID}", "cancel_url": "https://shop.example/cart", ` +
		`"metadata": {"cart": "1042", "customer": "ada"}, "expires_in": 3600}`
	id := send(b, "POST", "/checkout?type=direct", order)[len(`{"id":"`):][:30]
	for _, of := range []struct{ name, method, path, body string }{
		{"create", "POST", "/checkout?type=direct", order},
		{"retrieve", "GET", "/checkout/" + id, ""},
		{"page", "GET", "/pay/" + id, ""},
		{"status", "GET", "/pay/" + id + "/status", ""},
	} {
		b.Run(of.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				send(b, of.method, of.path, of.body)
			}
		})
	}
}
