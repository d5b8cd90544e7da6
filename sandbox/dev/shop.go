package main

import (
	"context"
	"fmt"

	"edgecheckout/sandbox/stack"
)

// shop is a merchant to try things with, and an open checkout.
type shop struct {
	dev   stack.Dev
	fresh stack.Checkout
}

const (
	shopName = "demo" // of the account on the sandbox
	price    = "12.5"
)

// openShop reuses the merchant, product and key of the last start if they still exist here, and
// creates new ones otherwise.
func openShop(ctx context.Context, s *stack.Stack, root string, set settings) (shop, error) {
	account := string(set.Account)
	if account == "" {
		var err error
		if account, err = s.OpenAccount(ctx, shopName); err != nil {
			return shop{}, err
		}
	}
	last, err := stack.ReadDev(root)
	if err == nil && last.MerchantAccount == account {
		last.BaseURL, last.HorizonURL, last.AdminToken = s.BaseURL, s.HorizonURL, s.Secrets.AdminToken
		fresh, err := s.Merchant(last.APIKey).CreateCheckout(ctx, "product", order(s, last.ProductID))
		if err == nil && fresh.Object.Destination == account {
			return shop{last, fresh.Object}, nil
		}
	}
	dev, err := newMerchant(ctx, s, account)
	if err != nil {
		return shop{}, err
	}
	fresh, err := s.Merchant(dev.APIKey).CreateCheckout(ctx, "product", order(s, dev.ProductID))
	if err != nil {
		return shop{}, fmt.Errorf("make a checkout: %w", err)
	}
	return shop{dev, fresh.Object}, nil
}

// newMerchant creates a merchant with an account, a test key and a product.
func newMerchant(ctx context.Context, s *stack.Stack, account string) (stack.Dev, error) {
	merchant, err := s.Operator().CreateMerchant(ctx, map[string]string{"name": "Demo Shop", "account_test": account})
	if err != nil {
		return stack.Dev{}, fmt.Errorf("make a merchant: %w", err)
	}
	key, err := s.Operator().CreateKey(ctx, merchant.Object.ID, false)
	if err != nil {
		return stack.Dev{}, fmt.Errorf("make an API key: %w", err)
	}
	product, err := s.Merchant(key.Object.Secret).CreateProduct(ctx, map[string]any{
		"name": "Bag of coffee", "description": "250 g, whole beans", "asset_code": "XLM", "price_amount": price,
	})
	if err != nil {
		return stack.Dev{}, fmt.Errorf("make a product: %w", err)
	}
	return stack.Dev{
		BaseURL: s.BaseURL, HorizonURL: s.HorizonURL,
		APIKey: key.Object.Secret, AdminToken: s.Secrets.AdminToken,
		MerchantAccount: account, ProductID: product.Object.ID,
	}, nil
}

// order returns the parameters of a product checkout. On the sandbox it redirects to an existing
// page.
func order(s *stack.Stack, product string) map[string]any {
	params := map[string]any{"product_id": product, "customer_email": "alice@example.com"}
	if page := thanks(s); page != "" {
		params["redirect_url"] = page
	}
	return params
}

// thanks is the URL to which the demo shop redirects after a payment; empty without a sandbox.
func thanks(s *stack.Stack) string {
	if s.Sandbox() == nil {
		return ""
	}
	return fmt.Sprintf("http://localhost:%s/sandbox/thanks?checkout={CHECKOUT_ID}", portOf(s.HorizonURL))
}
