package store

import (
	"context"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

// Merchant is who gets the money. Only the operator writes it.
type Merchant struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	AccountTest stellar.Address `json:"account_test,omitempty"`
	AccountLive stellar.Address `json:"account_live,omitempty"`
	// Salt keeps ids that are derived from what a merchant sent from being guessed. It is never shown.
	Salt      []byte    `json:"salt"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Account is where the merchant is paid in a mode; empty if nowhere.
func (m Merchant) Account(mode stellar.Mode) stellar.Address {
	if mode == stellar.Live {
		return m.AccountLive
	}
	return m.AccountTest
}

// MerchantKeys are the keys of merchants, none for what is no id.
func MerchantKeys(ids ...string) []Key { return keysOf(checkout.KindMerchant, MerchantKey, ids) }

// MerchantKey names a [Merchant].
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

// CreateMerchant adds a merchant that is made now. Two that race under one Idempotency-Key write one merchant, whose
// salt is that of the later one: nothing is derived from it before there is an API key.
func (v *View) CreateMerchant(m Merchant) {
	v.records = append(v.records, entry{key: MerchantKey(m.ID), value: Encode(m), derived: true})
}

// UpdateMerchant adds a merchant that has changed.
func (v *View) UpdateMerchant(m Merchant) {
	v.records = append(v.records, entry{key: MerchantKey(m.ID), value: Encode(m)})
}
