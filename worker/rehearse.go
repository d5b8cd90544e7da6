package worker

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"edgecheckout/worker/horizon"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
	"edgecheckout/worker/web"
)

// Rehearse lets a service answer the most frequent requests against in-memory stubs, without I/O,
// and discards the results. An isolate that does so as it starts has compiled the functions that
// the first real request needs. Entropy need not be secure, because nobody sees the results.
func Rehearse(config Config, entropy io.Reader) error {
	const key = testKeyPrefix + "0000000000000000000000000000000000000000000000000000000000000000"
	const merchant = "mer_00000000000000000000000000"
	// The account whose public key is 32 zero bytes, for which nobody has the secret key.
	const account = "GAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAWHF"
	kept := stub{}
	kept[store.APIKeyKey(key).String()] = store.Encode(store.APIKey{Merchant: merchant, Mode: stellar.Test})
	kept[store.MerchantKey(merchant).String()] = store.Encode(store.Merchant{ID: merchant, Name: "Rehearsal", AccountTest: account})
	if _, ok := config.Networks[stellar.Test]; !ok {
		config.Networks = map[stellar.Mode]Network{stellar.Test: {Assets: map[string]stellar.Asset{"XLM": stellar.XLM}}}
	}
	service := New(config, Platform{
		Store: kept, Horizon: horizonStub{}, Recent: stub{}, Cache: stub{}, Log: io.Discard, Entropy: entropy,
		// The clock is at zero while an isolate starts.
		Now: func() time.Time { return time.Unix(1_800_000_000, 0) },
	})

	const order = `{"amount": "12.50", "asset_code": "XLM", "description": "A \"rehearsal\"", "redirect_url": "https://shop.example/", ` +
		`"cancel_url": "https://shop.example/", "metadata": {"a": "b"}, "expires_in": 3600}`
	made, err := ask(service, http.MethodPost, "/checkout?type=direct", key, order)
	if err != nil {
		return err
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(made, `{"id":"`), `"`)
	for _, path := range []string{"/checkout/" + id, "/pay/" + id, "/pay/" + id + "/status"} {
		if _, err := ask(service, http.MethodGet, path, key, ""); err != nil {
			return err
		}
	}
	return nil
}

// stub is an in-memory store, and a cache that keeps nothing.
type stub map[string][]byte

func ask(service *Service, method, path, key, body string) (string, error) {
	u, err := url.Parse("https://boot.invalid" + path)
	if err != nil {
		return "", err
	}
	header := web.Header{{Name: "X-Api-Key", Value: key}, {Name: "Content-Type", Value: "application/json"}}
	response := service.Respond(context.Background(), &web.Request{Method: method, URL: u, Header: header, Body: []byte(body)})
	if response.Status != http.StatusOK {
		return "", errors.New(method + " " + path + " failed: " + string(response.Body))
	}
	return string(response.Body), nil
}

func (s stub) Get(_ context.Context, keys ...string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	for i, key := range keys {
		values[i] = s[key]
	}
	return values, nil
}

func (s stub) Put(_ context.Context, entries ...kv.Entry) error {
	for _, e := range entries {
		s[e.Key] = e.Value
	}
	return nil
}

var errStub = errors.New("worker: the stub has no such operation")

func (stub) Delete(context.Context, ...string) error                    { return errStub }
func (stub) List(context.Context, string, string, int) (kv.Page, error) { return kv.Page{}, errStub }
func (stub) Recall(context.Context, string) []byte                      { return nil }
func (stub) Keep(context.Context, string, []byte, time.Duration)        {}
func (stub) Claim(string, time.Duration) bool                           { return true }
func (stub) Purge(context.Context, ...string)                           {}

// horizonStub is a Horizon that never answers.
type horizonStub struct{}

func (horizonStub) Get(context.Context, string, time.Duration) (horizon.Response, error) {
	return horizon.Response{}, errStub
}

func (horizonStub) GetAll(_ context.Context, urls []string, _ time.Duration) []horizon.Result {
	return horizon.InTurn(urls, func(string) (horizon.Response, error) { return horizon.Response{}, errStub })
}

func (horizonStub) Rest(context.Context) {}
