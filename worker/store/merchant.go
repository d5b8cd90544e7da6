package store

import (
	"context"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

// Merchant is the recipient of payments. Only the operator writes it.
type Merchant struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	AccountTest stellar.Address `json:"account_test,omitempty"`
	AccountLive stellar.Address `json:"account_live,omitempty"`
	// Salt keeps derived ids unguessable for anyone who knows what a merchant sent. It is never
	// shown.
	Salt []byte `json:"salt"`
	// Suspended merchants cannot create checkouts. Those that exist are settled.
	Suspended bool      `json:"suspended,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Account is the account to which the merchant is paid in a mode; empty if there is none.
func (m Merchant) Account(mode stellar.Mode) stellar.Address {
	if mode == stellar.Live {
		return m.AccountLive
	}
	return m.AccountTest
}

// MerchantKeys returns the keys of merchants; none for a malformed id.
func MerchantKeys(ids ...string) []Key { return keysOf(checkout.KindMerchant, MerchantKey, ids) }

// MerchantKey is the key of a [Merchant].
func MerchantKey(id string) Key { return Key{"merchant/" + id} }

// Merchant reads a merchant; nil if there is none.
func (v *View) Merchant(ctx context.Context, id string) (*Merchant, error) {
	if _, err := checkout.ParseID(checkout.KindMerchant, id); err != nil {
		return nil, nil
	}
	m, ok, err := view[Merchant](ctx, v, "a merchant", MerchantKey(id))
	if err != nil || !ok {
		return nil, err
	}
	return &m, nil
}

// CreateMerchant adds a new merchant. Two requests that race under one Idempotency-Key write one
// merchant, with the salt of the later write. That is safe: before the first API key, nothing is
// derived from the salt.
func (v *View) CreateMerchant(m Merchant) {
	v.records = append(v.records, entry{key: MerchantKey(m.ID), value: Encode(m), derived: true})
}

// UpdateMerchant adds a changed merchant.
func (v *View) UpdateMerchant(m Merchant) {
	v.records = append(v.records, entry{key: MerchantKey(m.ID), value: Encode(m)})
}
