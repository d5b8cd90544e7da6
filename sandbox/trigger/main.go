// Command trigger makes an event really happen at the service that `make dev` runs: it creates a
// checkout and pays it, wrongly if that is asked for, from a test wallet of the sandbox.
//
//	make trigger EVENT=checkout.completed
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"edgecheckout/sandbox/stack"
	"edgecheckout/sandbox/wallet"
)

// patience is how long a change may take. The end of a cancelled checkout takes longest: two
// minutes until the cancellation takes effect, and then two runs of the cron must agree.
const patience = 8 * time.Minute

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := run(ctx, os.Getenv("EVENT"), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, event string, out io.Writer) error {
	steps, ok := events[event]
	if !ok {
		return fmt.Errorf("EVENT is one of %s, not %q", strings.Join(slices.Sorted(maps.Keys(events)), ", "), event)
	}
	root, err := stack.FindRoot()
	if err != nil {
		return err
	}
	dev, err := stack.ReadDev(root)
	if err != nil {
		return err
	}
	s := &shop{
		ctx: ctx, api: stack.Client{BaseURL: dev.BaseURL, Key: dev.APIKey}, sandbox: stack.Client{BaseURL: dev.HorizonURL},
		line: stack.NewTimeline(out), began: time.Now(), every: time.Second,
	}
	return s.run(steps)
}

// price is what the checkouts ask for, and half and twice of it.
const (
	price = "5"
	half  = "2.5"
	twice = "10"
)

// step is a part of making something happen.
type step func(*shop) error

// events has the steps for everything that can be triggered: types of events, and what may go
// wrong.
var events = map[string][]step{
	"checkout.created":   {create},
	"checkout.completed": {create, pay(price, "native"), await("completed", 1)},
	"checkout.expired":   {create, cancel, await("expired", 0)},
	"checkout.failed":    {create, pay(half, "native"), await("open", 1), cancel, await("failed", 1)},
	"payment.confirmed":  {create, pay(half, "native"), await("open", 1)},
	"payment.unexpected": {create, pay(twice, "native"), await("completed", 1)},
	"underpaid":          {create, pay(half, "native"), await("open", 1)},
	"overpaid":           {create, pay(twice, "native"), await("completed", 1)},
	"wrong_asset":        {create, pay(price, wallet.USDC), await("open", 1)},
	"duplicate":          {create, pay(price, "native"), await("completed", 1), pay(price, "native"), createAnother, await("completed", 2)},
	"late":               {create, cancel, await("expired", 0), pay(price, "native"), createAnother, await("expired", 1)},
	"expired":            {create, cancel, await("expired", 0)},
	"customer.created":   {customer},
	"customer.updated":   {customer, rename},
	"customer.deleted":   {customer, remove},
}

// shop is the merchant of `make dev`.
type shop struct {
	ctx      context.Context
	api      stack.Client
	sandbox  stack.Client
	line     *stack.Timeline
	began    time.Time
	every    time.Duration // between two questions
	checkout stack.Checkout
	other    stack.Checkout // another one of the same account
	customer string
}

func (s *shop) run(steps []step) error {
	for _, do := range steps {
		if err := do(s); err != nil {
			return err
		}
	}
	return s.told()
}

func create(s *shop) (err error) {
	s.checkout, err = s.charge()
	if err == nil {
		s.line.Saw(s.checkout)
	}
	return err
}

// createAnother has the account read again: what arrives after the end of its last open checkout is
// found with the next one.
func createAnother(s *shop) (err error) {
	if s.other, err = s.charge(); err == nil {
		s.line.Note("another checkout, with which the account is read: %s", s.other.ID)
	}
	return err
}

func (s *shop) charge() (stack.Checkout, error) {
	reply, err := s.api.CreateCheckout(s.ctx, "direct", map[string]any{"amount": price, "asset_code": "XLM", "description": "make trigger"})
	var refused *stack.StatusError
	if err != nil && !errors.As(err, &refused) {
		return stack.Checkout{}, fmt.Errorf("nothing answers at %s: run `make dev` in another terminal first (%w)", s.api.BaseURL, err)
	}
	return reply.Object, err
}

// pay pays the checkout an amount of an asset.
func pay(amount, asset string) step {
	return func(s *shop) error {
		body, err := json.Marshal(map[string]string{"destination": s.checkout.Destination, "amount": amount, "asset": asset, "memo": s.checkout.Memo, "wallet": "alice"})
		if err != nil {
			return err
		}
		reply, err := s.sandbox.Do(s.ctx, http.MethodPost, "/sandbox/pay", body)
		if err != nil {
			return fmt.Errorf("the sandbox does not answer: %w", err)
		}
		if reply.Status != http.StatusOK {
			return fmt.Errorf("%s is no sandbox, or refused the payment: status %d: %.200s", s.sandbox.BaseURL, reply.Status, reply.Body)
		}
		code, _, _ := strings.Cut(strings.Replace(asset, "native", "XLM", 1), ":")
		s.line.Note("paid %s %s", amount, code)
		return nil
	}
}

func cancel(s *shop) error {
	reply, err := s.api.Do(s.ctx, http.MethodPost, "/checkout/"+s.checkout.ID+"/expire", []byte("{}"))
	if err == nil && reply.Status != http.StatusOK {
		err = fmt.Errorf("the checkout was not cancelled: status %d: %.200s", reply.Status, reply.Body)
	}
	if err == nil {
		s.line.Note("cancelled; it ends in about four minutes, when the ledger proves it")
	}
	return err
}

// await waits until the checkout has a status and so many payments.
func await(status string, payments int) step {
	return func(s *shop) error {
		return s.until(func() (bool, error) {
			for _, c := range []stack.Checkout{s.other, s.checkout} {
				if c.ID == "" {
					continue
				}
				reply, err := s.api.Checkout(s.ctx, c.ID)
				var refused *stack.StatusError
				if err != nil && !errors.As(err, &refused) {
					return false, nil // it is being built again, or starts
				}
				if err != nil {
					return false, err
				}
				if c.ID == s.checkout.ID {
					s.checkout = reply.Object
				}
			}
			s.line.Saw(s.checkout)
			return s.checkout.Status == status && len(s.checkout.Payments) == payments, nil
		})
	}
}

// until asks until something is the case.
func (s *shop) until(is func() (bool, error)) error {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if ok, err := is(); err != nil || ok {
			return err
		}
		select {
		case <-s.ctx.Done():
			return s.ctx.Err()
		case <-time.After(s.every):
		}
	}
	return fmt.Errorf("it did not happen within %s", patience)
}

func customer(s *shop) error {
	reply, err := s.send(http.MethodPost, "/customers", `{"name":"Ada"}`)
	if err != nil {
		return err
	}
	var made struct{ ID string }
	if err := json.Unmarshal(reply, &made); err != nil {
		return err
	}
	s.customer = made.ID
	s.line.Note("created %s", s.customer)
	return nil
}

func rename(s *shop) error {
	_, err := s.send(http.MethodPut, "/customers/"+s.customer, `{"name":"Ada Lovelace"}`)
	return err
}

func remove(s *shop) error {
	_, err := s.send(http.MethodDelete, "/customers/"+s.customer, "")
	return err
}

func (s *shop) send(method, path, body string) ([]byte, error) {
	var sent []byte
	if body != "" {
		sent = []byte(body)
	}
	reply, err := s.api.Do(s.ctx, method, path, sent)
	if err != nil {
		return nil, fmt.Errorf("nothing answers at %s: run `make dev` in another terminal first (%w)", s.api.BaseURL, err)
	}
	if reply.Status != http.StatusOK {
		return nil, fmt.Errorf("%s %s: status %d: %.200s", method, path, reply.Status, reply.Body)
	}
	return reply.Body, nil
}

// told prints the events of what has happened. Without an endpoint there are none.
func (s *shop) told() error {
	body, err := s.send(http.MethodGet, "/webhooks?limit=1", "")
	if err != nil {
		return err
	}
	var webhooks struct{ Data []json.RawMessage }
	if err := json.Unmarshal(body, &webhooks); err != nil {
		return err
	}
	if len(webhooks.Data) == 0 {
		s.line.Note("nobody is told: there is no webhook endpoint (make listen FORWARD=… creates one)")
		return nil
	}
	about := s.checkout.ID + s.customer
	since := url.Values{"since": {s.began.UTC().Format(time.RFC3339)}, "limit": {"100"}}
	return s.until(func() (bool, error) {
		body, err := s.send(http.MethodGet, "/events?"+since.Encode(), "")
		if err != nil {
			return false, err
		}
		var page struct {
			Data []struct {
				ID, Type string
				Data     json.RawMessage
			}
		}
		if err := json.Unmarshal(body, &page); err != nil {
			return false, err
		}
		found := false
		for _, e := range page.Data {
			if strings.Contains(string(e.Data), about) {
				s.line.Note("%s  %s", e.ID, e.Type)
				found = true
			}
		}
		return found, nil
	})
}
