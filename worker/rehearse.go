package worker

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/record"
)

// Rehearse has a service of its own answer what most requests ask for, against a stage of cardboard: no I/O, and nothing of it is kept.
// An isolate that does so while it starts has compiled, when the first real request comes, what that one needs. Entropy need not
// be secure, since nobody ever sees what is made of it.
func Rehearse(config Config, entropy io.Reader) error {
	const key = testKeyPrefix + "0000000000000000000000000000000000000000000000000000000000000000"
	// The account that nobody has the key of: 32 zero bytes.
	const account = "GAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAWHF"
	store := stage{}
	store[record.APIKeyKey(key)] = record.Encode(record.APIKey{Merchant: "mer_"})
	store[record.MerchantKey("mer_")] = record.Encode(record.Merchant{ID: "mer_", Name: "Rehearsal", AccountTest: account})
	if _, ok := config.Networks[record.Test]; !ok {
		config.Networks = map[record.Mode]Network{record.Test: {Assets: map[string]checkout.Asset{"XLM": checkout.XLM}}}
	}
	service := New(config, Platform{
		Store: store, Horizon: horizonStage{}, Recent: stage{}, Cache: stage{}, Log: io.Discard, Entropy: entropy,
		Now: func() time.Time { return time.Unix(1_800_000_000, 0) }, // the clock stands at zero while an isolate starts
	})

	const order = `{"amount": "12.50", "asset_code": "XLM", "description": "A \"rehearsal\"", "redirect_url": "https://shop.example/", ` +
		`"cancel_url": "https://shop.example/", "metadata": {"a": "b"}, "expires_in": 3600}`
	made, err := store.ask(service, http.MethodPost, "/checkout?type=direct", key, order)
	if err != nil {
		return err
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(made, `{"id":"`), `"`)
	for _, path := range []string{"/checkout/" + id, "/pay/" + id, "/pay/" + id + "/status"} {
		if _, err := store.ask(service, http.MethodGet, path, key, ""); err != nil {
			return err
		}
	}
	return nil
}

// stage is a store in memory, a Horizon that is not there, and a memory that keeps nothing.
type stage map[string][]byte

func (s stage) ask(service *Service, method, path, key, body string) (string, error) {
	r, err := http.NewRequest(method, "https://boot.invalid"+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("X-Api-Key", key)
	r.Header.Set("Content-Type", "application/json")
	a := program{header: http.Header{}}
	service.ServeHTTP(&a, r)
	if a.status != http.StatusOK {
		return "", errors.New(method + " " + path + " failed: " + a.body.String())
	}
	return a.body.String(), nil
}

// program is what is played: a response that nobody gets.
type program struct {
	header http.Header
	status int
	body   strings.Builder
}

func (p *program) Header() http.Header         { return p.header }
func (p *program) WriteHeader(status int)      { p.status = status }
func (p *program) Write(b []byte) (int, error) { return p.body.Write(b) }

func (s stage) Get(_ context.Context, keys ...string) ([][]byte, error) {
	values := make([][]byte, len(keys))
	for i, key := range keys {
		values[i] = s[key]
	}
	return values, nil
}

func (s stage) Put(_ context.Context, entries ...kv.Entry) error {
	for _, e := range entries {
		s[e.Key] = e.Value
	}
	return nil
}

var errStage = errors.New("worker: there is no such thing on the stage")

func (stage) Delete(context.Context, ...string) error                    { return errStage }
func (stage) List(context.Context, string, string, int) (kv.Page, error) { return kv.Page{}, errStage }
func (stage) Recall(context.Context, string) []byte                      { return nil }
func (stage) Keep(context.Context, string, []byte, time.Duration)        {}
func (stage) Claim(string, time.Duration) bool                           { return true }
func (stage) Purge(context.Context, ...string)                           {}

// horizonStage is the Horizon that is not there.
type horizonStage struct{}

func (horizonStage) Get(context.Context, string, time.Duration) (horizon.Response, error) {
	return horizon.Response{}, errStage
}

func (horizonStage) GetAll(_ context.Context, urls []string, _ time.Duration) []horizon.Result {
	return horizon.InTurn(urls, func(string) (horizon.Response, error) { return horizon.Response{}, errStage })
}
