package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"edgecheckout/sandbox/stack"
	"edgecheckout/sandbox/wallet"
	"edgecheckout/worker/stellar"
)

// demoLimit is how long the checkouts may take from the first payment to the last status.
const demoLimit = 60 * time.Second

// runDemo creates a checkout of each type, pays both and returns when both are completed. Otherwise
// the error says which one is not.
func runDemo(ctx context.Context, root string, out io.Writer) error {
	build := filepath.Join(root, "build")
	if err := os.MkdirAll(build, 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(build, "demo-")
	if err != nil {
		return err
	}
	line := stack.NewTimeline(out)
	line.Note("starting a Stellar network and the Worker")
	s, err := stack.Start(ctx, stack.Options{Dir: dir, Root: root, Account: shopName})
	if err != nil {
		return err
	}
	err = demo(ctx, s, line)
	s.Stop()
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), os.RemoveAll(dir)) // interrupted by the user
	}
	if err != nil {
		return fmt.Errorf("%w; the Worker's output is in %s", err, s.Log)
	}
	line.Note("both are completed")
	return os.RemoveAll(dir)
}

func demo(ctx context.Context, s *stack.Stack, line *stack.Timeline) error {
	account, err := s.OpenAccount(ctx, shopName)
	if err != nil {
		return err
	}
	dev, err := newMerchant(ctx, s, account)
	if err != nil {
		return err
	}
	line.Note("the merchant is paid into %s", account)
	client := s.Merchant(dev.APIKey)

	product, err := client.CreateCheckout(ctx, "product", order(s, dev.ProductID))
	if err != nil {
		return fmt.Errorf("make a product checkout: %w", err)
	}
	direct, err := client.CreateCheckout(ctx, "direct", map[string]any{"amount": "20.25", "asset_code": "USDC", "description": "Order 1001"})
	if err != nil {
		return fmt.Errorf("make a direct checkout: %w", err)
	}
	open := []stack.Checkout{product.Object, direct.Object}
	for _, c := range open {
		line.Saw(c)
	}

	ctx, cancel := context.WithTimeoutCause(ctx, demoLimit, fmt.Errorf("not both were completed within %s", demoLimit))
	defer cancel()
	for i, c := range open {
		from := []string{"alice", "bob"}[i]
		hash, err := payExactly(ctx, s, from, c)
		if err != nil {
			return because(ctx, fmt.Errorf("pay %s: %w", c.ID, err))
		}
		line.Note("%s  %s sent %s %s in transaction %.8s…", c.ID, from, c.Amount, c.AssetCode, hash)
	}
	return follow(ctx, s, client, line, open)
}

// payExactly pays the amount that a checkout asks for, with its memo.
func payExactly(ctx context.Context, s *stack.Stack, from string, c stack.Checkout) (string, error) {
	amount, err := stellar.ParseAmount(c.Amount.String())
	if err != nil {
		return "", err
	}
	payment := wallet.Payment{Destination: c.Destination, Amount: int64(amount), Memo: c.Memo, MemoType: c.MemoType}
	if c.AssetIssuer != nil {
		payment.Asset = c.AssetCode + ":" + *c.AssetIssuer
	}
	return s.Pay(ctx, from, payment)
}

// follow runs the cron, at most once a second, until every checkout is completed.
func follow(ctx context.Context, s *stack.Stack, client stack.Client, line *stack.Timeline, open []stack.Checkout) error {
	for {
		if err := s.Cron(ctx); err != nil {
			return because(ctx, err)
		}
		completed := 0
		for _, c := range open {
			now, err := client.Checkout(ctx, c.ID)
			if err != nil {
				return because(ctx, fmt.Errorf("look at %s: %w", c.ID, err))
			}
			line.Saw(now.Object)
			switch now.Object.Status {
			case "completed":
				completed++
			case "open":
			default:
				return fmt.Errorf("%s is %s, which is no way to end a demo", c.ID, now.Object.Status)
			}
		}
		if completed == len(open) {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(time.Second):
		}
	}
}

// because adds the reason why ctx ended to an error that it caused.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w (%w)", cause, err)
	}
	return err
}
