// Command pay pays a checkout of the service that `make dev` runs. Like any wallet, the test wallet
// signs a transaction and submits it.
//
//	make pay CHECKOUT=chk_… [AMOUNT=5] [ASSET=USDC] [MEMO=none] [FROM=alice]
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"edgecheckout/sandbox/stack"
	"edgecheckout/sandbox/wallet"
	"edgecheckout/worker/stellar"
)

// watchFor is how long the checkout is polled after the payment. A poll updates the status within
// seconds; the cron would take up to a minute.
const watchFor = 10 * time.Second

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := run(ctx, os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, getenv func(string) string) error {
	r, err := parseRequest(getenv)
	if err != nil {
		return err
	}
	root, err := stack.FindRoot()
	if err != nil {
		return err
	}
	dev, err := stack.ReadDev(root)
	if err != nil {
		return err
	}
	client := stack.Client{BaseURL: dev.BaseURL, Key: dev.APIKey}
	found, err := client.Checkout(ctx, r.Checkout)
	if err != nil {
		return explain(err, dev)
	}
	standing, err := client.Standing(ctx, r.Checkout)
	if err != nil {
		return explain(err, dev)
	}
	due, err := stellar.ParseAmount(standing.Object.AmountDue.String())
	if err != nil {
		return fmt.Errorf("amount_due %q: %w", standing.Object.AmountDue, err)
	}
	payment, err := r.payment(found.Object, due)
	if err != nil {
		return err
	}
	passphrase, err := sandboxPassphrase(ctx, dev.HorizonURL)
	if errors.Is(err, errNoSandbox) {
		return fmt.Errorf("%w: send %s %s to %s with the memo %s from a wallet of that network",
			err, stellar.Amount(payment.Amount), asset(payment), payment.Destination, payment.Memo)
	}
	if err != nil {
		return err
	}

	line := stack.NewTimeline(os.Stdout)
	line.Saw(found.Object)
	hash, err := wallet.Pay(ctx, dev.HorizonURL, passphrase, r.From, payment)
	if err != nil {
		return fmt.Errorf("the payment was refused: %w", err)
	}
	line.Note("%s sent %s %s, memo %s", r.From, stellar.Amount(payment.Amount), asset(payment), memo(payment))
	line.Note("transaction %s", hash)
	if payment.Memo != found.Object.Memo {
		return seek(ctx, client, line, hash)
	}
	return watch(ctx, client, line, found.Object.ID)
}

// seek says where money shows that has no memo of a checkout.
func seek(ctx context.Context, client stack.Client, line *stack.Timeline, hash string) error {
	const where = "/payment?unmatched=true"
	for deadline := time.Now().Add(watchFor); ; {
		reply, err := client.Do(ctx, http.MethodGet, where, nil)
		if err != nil {
			return err
		}
		shown := reply.Status == http.StatusOK && strings.Contains(string(reply.Body), hash)
		if shown || time.Now().After(deadline) {
			if shown {
				line.Note("it belongs to no checkout, and shows in GET %s:", where)
			} else {
				line.Note("it belongs to no checkout, and will show in GET %s:", where)
			}
			line.Note("  curl -s '%s%s' -H 'x-api-key: %s'", client.BaseURL, where, client.Key)
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// watch prints the checkout's changes until it is finished or the time is over.
func watch(ctx context.Context, client stack.Client, line *stack.Timeline, id string) error {
	for deadline := time.Now().Add(watchFor); time.Now().Before(deadline); {
		now, err := client.Checkout(ctx, id)
		if err != nil {
			return err
		}
		line.Saw(now.Object)
		if now.Object.Status == "completed" {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(500 * time.Millisecond):
		}
	}
	line.Note("no more news within %s; the cron looks again every minute", watchFor)
	return nil
}

// explain says what to do if the service does not answer or does not know the checkout.
func explain(err error, dev stack.Dev) error {
	var refused *stack.StatusError
	switch {
	case !errors.As(err, &refused):
		return fmt.Errorf("nothing answers at %s: run `make dev` in another terminal first (%w)", dev.BaseURL, err)
	case refused.Status == http.StatusNotFound:
		return fmt.Errorf("%s: is it a checkout of the demo merchant?", refused.Message)
	case refused.Status == http.StatusUnauthorized:
		return fmt.Errorf("%s knows no such API key: build/dev.json is of another start, run `make dev` again", dev.BaseURL)
	}
	return err
}

// errNoSandbox is returned because the keys of test wallets follow from their names, so they may be
// used only on the sandbox.
var errNoSandbox = errors.New("test wallets are for the sandbox, and this is another Horizon")

// sandboxPassphrase is the passphrase of the sandbox's network. The error is errNoSandbox if the
// Horizon is not a sandbox.
func sandboxPassphrase(ctx context.Context, horizon string) (string, error) {
	reply, err := stack.Client{BaseURL: horizon}.Do(ctx, http.MethodGet, "/sandbox/", nil)
	if err != nil {
		return "", fmt.Errorf("the sandbox does not answer at %s, is `make dev` running? (%w)", horizon, err)
	}
	var about struct {
		Passphrase string `json:"network_passphrase"`
	}
	if reply.Status != http.StatusOK || json.Unmarshal(reply.Body, &about) != nil || about.Passphrase == "" {
		return "", errNoSandbox
	}
	return about.Passphrase, nil
}

func asset(p wallet.Payment) string {
	if p.Asset == "native" {
		return "XLM"
	}
	code, _, _ := strings.Cut(p.Asset, ":")
	return code
}

func memo(p wallet.Payment) string {
	if p.Memo == "" {
		return "none"
	}
	return p.Memo
}
