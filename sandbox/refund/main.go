// Command refund pays a payment of the service that `make dev` runs back. Like any merchant's
// wallet, the demo merchant's signs the transaction that the service has written, and submits it.
//
//	make refund PAYMENT=pay_… [AMOUNT=5] [DESTINATION=G…] [MEMO=…] [REASON=…]
//	make refund CHECKOUT=chk_… [AMOUNT=5] …   # its last payment
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"edgecheckout/sandbox/stack"
)

// watchFor is how long the refund is polled after it was submitted.
const watchFor = 20 * time.Second

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := run(ctx, os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// refund is what is read of a refund.
type refund struct {
	ID          string `json:"id"`
	Amount      string `json:"amount_decimal"`
	AssetCode   string `json:"asset_code"`
	Destination string `json:"destination"`
	Status      string `json:"status"`
	Transaction string `json:"transaction"`
	Hash        string `json:"transaction_hash"`
	Warnings    []struct {
		Message string `json:"message"`
	} `json:"warnings"`
}

func run(ctx context.Context, getenv func(string) string) error {
	root, err := stack.FindRoot()
	if err != nil {
		return err
	}
	dev, err := stack.ReadDev(root)
	if err != nil {
		return err
	}
	return payBack(ctx, dev, getenv)
}

func payBack(ctx context.Context, dev stack.Dev, getenv func(string) string) error {
	client := stack.Client{BaseURL: dev.BaseURL, Key: dev.APIKey}
	payment, err := paymentOf(ctx, client, getenv)
	if err != nil {
		return err
	}
	var r refund
	if err := ask(ctx, client, http.MethodPost, "/refunds", body(payment, getenv), &r); err != nil {
		return err
	}
	fmt.Printf("%s: %s %s to %s\n", r.ID, r.Amount, r.AssetCode, r.Destination)
	for _, w := range r.Warnings {
		fmt.Println("warning:", w.Message)
	}
	if r.Transaction == "" {
		return fmt.Errorf("%s is %s already", r.ID, r.Status)
	}
	var signed struct{ Hash string }
	wallet := stack.Client{BaseURL: dev.HorizonURL}
	if err := ask(ctx, wallet, http.MethodPost, "/sandbox/sign", map[string]string{"transaction": r.Transaction, "merchant": "demo"}, &signed); err != nil {
		return fmt.Errorf("the demo merchant's wallet could not pay: %w", err)
	}
	fmt.Println("transaction", signed.Hash)
	for deadline := time.Now().Add(watchFor); time.Now().Before(deadline); time.Sleep(time.Second) {
		if err := ask(ctx, client, http.MethodGet, "/refunds/"+r.ID, nil, &r); err != nil {
			return err
		}
		if r.Status == "succeeded" {
			fmt.Println("succeeded")
			return nil
		}
	}
	fmt.Println("not seen yet; the cron looks again every minute")
	return nil
}

// paymentOf returns the payment that is refunded: PAYMENT, or the last one of CHECKOUT.
func paymentOf(ctx context.Context, client stack.Client, getenv func(string) string) (string, error) {
	if payment := getenv("PAYMENT"); payment != "" {
		return payment, nil
	}
	id := getenv("CHECKOUT")
	if id == "" {
		return "", errors.New("say what to pay back: make refund PAYMENT=pay_… or CHECKOUT=chk_…")
	}
	var list struct {
		Data []struct{ ID string } `json:"data"`
	}
	if err := ask(ctx, client, http.MethodGet, "/payment?checkout_id="+url.QueryEscape(id), nil, &list); err != nil {
		return "", err
	}
	if len(list.Data) == 0 {
		return "", fmt.Errorf("nothing was paid for %s", id)
	}
	return list.Data[0].ID, nil
}

// body is the body of POST /refunds.
func body(payment string, getenv func(string) string) map[string]string {
	params := map[string]string{"payment_id": payment}
	for name, variable := range map[string]string{"amount": "AMOUNT", "destination": "DESTINATION", "memo": "MEMO", "reason": "REASON"} {
		if value := getenv(variable); value != "" {
			params[name] = value
		}
	}
	return params
}

// ask makes a request and decodes the answer.
func ask(ctx context.Context, client stack.Client, method, path string, params, into any) error {
	var sent []byte
	if params != nil {
		var err error
		if sent, err = json.Marshal(params); err != nil {
			return err
		}
	}
	reply, err := client.Do(ctx, method, path, sent)
	if err != nil {
		return fmt.Errorf("nothing answers at %s: run `make dev` in another terminal first (%w)", client.BaseURL, err)
	}
	if reply.Status != http.StatusOK {
		return fmt.Errorf("status %d: %s", reply.Status, reply.Body)
	}
	return json.Unmarshal(reply.Body, into)
}
