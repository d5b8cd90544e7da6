package store

import (
	"context"
	"slices"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

// Merchant is the recipient of payments. The operator writes it, and its owner in the console.
type Merchant struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	AccountTest stellar.Address `json:"account_test,omitempty"`
	AccountLive stellar.Address `json:"account_live,omitempty"`
	checkout.Brand
	// Salt keeps derived ids unguessable for anyone who knows what a merchant sent. It is never
	// shown.
	Salt []byte `json:"salt"`
	// Suspended merchants cannot create checkouts. Those that exist are settled.
	Suspended bool `json:"suspended,omitempty"`
	// Former are accounts that the merchant was paid to before, the newest first: their checkouts
	// may still be open, and money may still arrive there.
	Former    []FormerAccount `json:"former,omitempty"`
	CreatedAt time.Time       `json:"created_at"`
	UpdatedAt time.Time       `json:"updated_at"`
}

// FormerAccount is an account that another one replaced.
type FormerAccount struct {
	Account stellar.Address `json:"account"`
	Mode    stellar.Mode    `json:"mode"`
	Until   time.Time       `json:"until"`
}

// maxFormer is how many former accounts of a merchant are remembered in both modes together. Each
// costs reads from Horizon when unmatched payments are listed.
const maxFormer = 8

// SetAccount changes the account to which the merchant is paid in a mode, or removes it.
func (m *Merchant) SetAccount(mode stellar.Mode, account stellar.Address, now time.Time) {
	current := &m.AccountTest
	if mode == stellar.Live {
		current = &m.AccountLive
	}
	was := *current
	if was == account {
		return
	}
	*current = account
	former := m.FormerAccounts(now)
	if was != "" {
		former = slices.Insert(former, 0, FormerAccount{was, mode, now})
	}
	m.Former = slices.DeleteFunc(former, func(f FormerAccount) bool { return f.Account == account && f.Mode == mode })
	m.Former = m.Former[:min(len(m.Former), maxFormer)]
}

// FormerAccounts returns the accounts of which checkouts can still be known, the newest first.
func (m Merchant) FormerAccounts(now time.Time) []FormerAccount {
	return slices.DeleteFunc(slices.Clone(m.Former), func(f FormerAccount) bool {
		return now.Sub(f.Until) > checkout.MemoLifetime
	})
}

// Accounts returns all accounts of which the merchant's money in a mode can be: the present one, if
// there is one, and former ones.
func (m Merchant) Accounts(mode stellar.Mode, now time.Time) []stellar.Address {
	var accounts []stellar.Address
	if account := m.Account(mode); account != "" {
		accounts = append(accounts, account)
	}
	for _, f := range m.FormerAccounts(now) {
		if f.Mode == mode {
			accounts = append(accounts, f.Account)
		}
	}
	return accounts
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
	v.index(m)
}

// UpdateMerchant adds a changed merchant.
func (v *View) UpdateMerchant(m Merchant) {
	v.records = append(v.records, entry{key: MerchantKey(m.ID), value: Encode(m)})
	v.index(m)
}
