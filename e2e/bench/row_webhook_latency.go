package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"edgecheckout/e2e/workerd"
	"edgecheckout/sandbox/stack"
	"edgecheckout/sandbox/wallet"
	"edgecheckout/worker/stellar"
)

// webhookPatience is how many minutes the row waits for an event.
const webhookPatience = 4

// webhookLatencies has the latencies of the last round: of payments that nobody looks for, and of
// checkouts that are created.
var webhookLatencies struct{ paid, created latencies }

var webhookLatencyRow = row{
	name: "webhook_latency", unit: "ms", aim: "at most 10000", fewer: true, once: true, without: []string{stock, js},
	what: "95th percentile of the time from when Horizon shows a payment (it answers its submission) to when the merchant's endpoint has " +
		"`checkout.completed`, while nobody looks, the cron runs every minute and another checkout is open",
	measure: func(ctx context.Context, b *bench, p *peer) (float64, error) {
		if err := b.webhookLatencies(ctx, p); err != nil {
			return 0, err
		}
		return webhookLatencies.paid.at(0.95), nil
	},
	note: func(b *bench) string {
		return fmt.Sprintf("%s, for %d payments spread over a minute. From the answer to `POST /checkout` to the endpoint having `checkout.created`: %s.",
			webhookLatencies.paid, b.customers, webhookLatencies.created)
	},
}

// endpoint is a merchant's endpoint, and when it was told of checkouts, by type and id.
type endpoint struct {
	mu   sync.Mutex
	told map[string]time.Time
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var event struct {
		Type string
		Data struct{ Object struct{ ID string } }
	}
	if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if name := event.Type + " " + event.Data.Object.ID; e.told[name].IsZero() {
		e.told[name] = time.Now()
	}
}

// await returns when the endpoint was told of something.
func (e *endpoint) await(ctx context.Context, event, id string) (time.Time, error) {
	for {
		e.mu.Lock()
		at := e.told[event+" "+id]
		e.mu.Unlock()
		if !at.IsZero() {
			return at, nil
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return at, fmt.Errorf("the endpoint was not told %s of %s: %w", event, id, context.Cause(ctx))
		}
	}
}

// webhookLatencies lets customers pay at different times of the cron's minute.
func (b *bench) webhookLatencies(ctx context.Context, p *peer) error {
	ctx, cancel := context.WithTimeout(ctx, webhookPatience*b.minute+time.Minute)
	defer cancel()
	fresh := *p
	fresh.config.Queues = true
	fresh.config.Vars = maps.Clone(b.world.vars)
	fresh.config.Vars["TEST_WALLET_URL"] = b.horizon.url // endpoints may be on this machine
	// The cron stays as long as wrangler.toml says, 55 seconds of each minute.
	fresh.config.Vars["SWEEP_STAY"] = strconv.Itoa(int(b.minute.Seconds() * 55 / 60))
	d, err := fresh.start(ctx, b.world)
	if err != nil {
		return err
	}
	defer d.Stop()
	told := &endpoint{told: map[string]time.Time{}}
	server := httptest.NewServer(told)
	defer server.Close()
	hook := map[string]any{"name": "Orders", "url": strings.Replace(server.URL, "127.0.0.1", "localhost", 1), "events": []string{"*"}}
	if err := b.ask(ctx, d, "/webhooks", hook, &struct{}{}); err != nil {
		return err
	}
	// The cron stays only while a checkout is open.
	if err := b.ask(ctx, d, "/checkout?type=direct", map[string]any{"amount": "1", "asset_code": "XLM"}, &struct{}{}); err != nil {
		return err
	}

	var cron sync.WaitGroup
	defer cron.Wait()
	ticking, stop := context.WithCancel(ctx)
	defer stop()
	ticks := time.NewTicker(b.minute)
	defer ticks.Stop()
	failed := make(chan error, 1)
	cron.Go(func() {
		for {
			cron.Go(func() { // it may stay for longer than until the next one
				if err := d.Store.Cron(ticking, "ok"); err != nil && ticking.Err() == nil {
					select {
					case failed <- fmt.Errorf("%w\n%s", err, d.Log):
					default:
					}
				}
			})
			select {
			case <-ticks.C:
			case <-ticking.Done():
				return
			}
		}
	})

	var mu sync.Mutex
	var paid, created latencies
	var problems []error
	var all sync.WaitGroup
	for n := range b.customers {
		all.Go(func() {
			toEnd, toCreated, err := b.paysUnseen(ctx, d, told, n)
			mu.Lock()
			defer mu.Unlock()
			problems = append(problems, err)
			if err == nil {
				paid, created = append(paid, milliseconds(toEnd)), append(created, milliseconds(toCreated))
			}
		})
	}
	all.Wait()
	select {
	case err := <-failed:
		problems = append(problems, err)
	default:
	}
	slices.Sort(paid)
	slices.Sort(created)
	webhookLatencies.paid, webhookLatencies.created = paid, created
	return errors.Join(problems...)
}

// paysUnseen creates a checkout and pays it in the customer's part of the minute. It returns how
// long the endpoint then took to be told of the end, and of the creation before.
func (b *bench) paysUnseen(ctx context.Context, d *workerd.Process, told *endpoint, number int) (toEnd, toCreated time.Duration, err error) {
	name := fmt.Sprintf("webhook %d", number)
	ledger := &wallet.Client{Horizon: b.horizon.url, Passphrase: b.horizon.passphrase}
	if err := ledger.EnsureWallet(ctx, name); err != nil {
		return 0, 0, err
	}
	select {
	case <-time.After(b.minute * time.Duration(number) / time.Duration(b.customers)):
	case <-ctx.Done():
		return 0, 0, context.Cause(ctx)
	}
	var c stack.Checkout
	if err := b.ask(ctx, d, "/checkout?type=direct", map[string]any{"amount": "12.5", "asset_code": "XLM"}, &c); err != nil {
		return 0, 0, err
	}
	made := time.Now()
	noticed, err := told.await(ctx, "checkout.created", c.ID)
	if err != nil {
		return 0, 0, err
	}
	payment := wallet.Payment{Destination: c.Destination, Amount: 12.5 * stellar.StroopsPerUnit, Asset: "native", Memo: c.Memo}
	if _, err := ledger.Pay(ctx, name, payment); err != nil {
		return 0, 0, err
	}
	shown := time.Now()
	ended, err := told.await(ctx, "checkout.completed", c.ID)
	return ended.Sub(shown), max(noticed.Sub(made), 0), err
}

// ask sends a merchant's request with a JSON body, and decodes the answer.
func (b *bench) ask(ctx context.Context, d *workerd.Process, path string, params, into any) error {
	body, err := json.Marshal(params)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+d.Address+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Api-Key", b.world.key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("POST %s: status %d: %.300s", path, response.StatusCode, answer)
	}
	return json.Unmarshal(answer, into)
}
