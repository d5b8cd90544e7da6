package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"edgecheckout/sandbox/wallet"
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// world has a merchant with an API key, and the settings under which every peer serves it.
type world struct {
	vars     map[string]string
	key      string // API key
	merchant store.Merchant
	memos    checkout.MemoKeys
	entries  []kv.Entry // merchant and key
}

func newWorld(h *horizonServer) (world, error) {
	w := world{vars: map[string]string{
		"BASE_URL":          "http://pay.example",
		"EXPIRES_IN_MIN":    "300",
		"TEST_NETWORK_NAME": "Local sandbox",
		"TEST_PASSPHRASE":   h.passphrase,
		"TEST_HORIZON_URLS": h.url,
		"TEST_ASSETS":       wallet.USDC + " " + wallet.EURC,
		"ADMIN_TOKEN":       random(),
		"MEMO_KEYS":         random(),
	}}
	var err error
	if w.memos, err = checkout.ParseMemoKeys(w.vars["MEMO_KEYS"]); err != nil {
		return w, err
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	w.merchant, err = newMerchant(h.account, now)
	if err != nil {
		return w, err
	}
	w.key = "sk_test_" + random()
	key := store.APIKey{Merchant: w.merchant.ID, Mode: stellar.Test, CreatedAt: now}
	if key.ID, err = checkout.NewID(checkout.KindKey, now, rand.Reader); err != nil {
		return w, err
	}
	w.entries = []kv.Entry{
		{Key: store.APIKeyKey(w.key).String(), Value: store.Encode(key)},
		{Key: store.MerchantKey(w.merchant.ID).String(), Value: store.Encode(w.merchant)},
	}
	return w, nil
}

func newMerchant(account string, now time.Time) (store.Merchant, error) {
	id, err := checkout.NewID(checkout.KindMerchant, now, rand.Reader)
	return store.Merchant{
		ID: id, Name: "Björn’s Bücher & Söhne", AccountTest: stellar.Address(account), Salt: []byte(random()), CreatedAt: now, UpdatedAt: now,
	}, err
}

// random returns 32 random bytes in hexadecimal.
func random() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// checkout returns an open checkout with the given creation time.
func (w world) checkout(account stellar.Address, created time.Time) (checkout.Checkout, error) {
	id, err := checkout.NewID(checkout.KindCheckout, created, rand.Reader)
	if err != nil {
		return checkout.Checkout{}, err
	}
	s := checkout.Checkout{
		Mode:     stellar.Test,
		Merchant: w.merchant.ID, MerchantName: w.merchant.Name, Account: account,
		Amount: 12_5000000, Asset: stellar.Asset{Code: "USDC", Issuer: wallet.IssuerAddress},
		RedirectURL: "https://shop.example/thanks?checkout={CHECKOUT_ID}", CancelURL: "https://shop.example/cart",
		Description: "Three books & a bookmark", Metadata: checkout.Metadata{"cart": "1042", "customer": "ada"},
		CreatedAt: created.UTC().Truncate(time.Millisecond),
	}
	s.ExpiresAt = s.CreatedAt.Add(24 * time.Hour)
	if s.ID, err = checkout.ParseCheckoutID(id); err != nil {
		return s, err
	}
	s.Memo, s.Muxed = w.memos.Seal(s.ID), w.memos.Mux(s.ID)
	return s, nil
}

// checkouts returns n open checkouts as entries of KV.
func (w world) checkouts(n int, created time.Time) (ids []string, entries []kv.Entry, err error) {
	for range n {
		s, err := w.checkout(w.merchant.AccountTest, created)
		if err != nil {
			return nil, nil, err
		}
		ids = append(ids, s.ID.String())
		entries = append(entries, kv.Entry{Key: store.CheckoutKey(s.ID).String(), Value: store.Encode(&s), ExpiresAt: s.ExpiresAt.Add(store.KeepAfterExpiry)})
	}
	return ids, entries, nil
}

// order returns the body of a request that creates a checkout.
func order(n int) string {
	return fmt.Sprintf(`{"amount": "12.50", "asset_code": "USDC", "description": "Three books & a bookmark", `+
		`"redirect_url": "https://shop.example/thanks?checkout={CHECKOUT_ID}", "cancel_url": "https://shop.example/cart", `+
		`"metadata": {"cart": "%d", "customer": "ada"}, "expires_in": 3600}`, n)
}
