package store

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
)

// KeepRefunds is how long refunds are kept: as long as a payment can be refunded here.
const KeepRefunds = checkout.MemoLifetime

// Refund is a refund that a merchant asked for, or that was made without this service and found on
// the ledger. It is written once: whether it was paid is a [checkout.Refund].
type Refund struct {
	ID          string            `json:"id"`
	Merchant    string            `json:"merchant"`
	Mode        stellar.Mode      `json:"mode"`
	Account     stellar.Address   `json:"account"` // that pays
	Payment     string            `json:"payment"` // the id of the payment that is refunded
	Transaction string            `json:"transaction"`
	Checkout    string            `json:"checkout,omitempty"`
	Customer    string            `json:"customer,omitempty"`
	Amount      stellar.Amount    `json:"amount"`
	Asset       stellar.Asset     `json:"asset"`
	Destination string            `json:"destination"` // G…, or C… of one that was found
	Memo        string            `json:"memo,omitempty"`
	Reason      string            `json:"reason,omitempty"`
	Metadata    checkout.Metadata `json:"metadata,omitempty"`
	Warnings    []string          `json:"warnings,omitempty"` // their codes
	Creates     bool              `json:"creates,omitempty"`  // the destination's account
	Sequence    int64             `json:"sequence,omitempty"` // of the transaction; zero for a refund that was found
	ValidUntil  time.Time         `json:"valid_until,omitzero"`
	CreatedAt   time.Time         `json:"created_at"`
	// Paid is what the ledger shows of it; nil until then. It has a record of its own.
	Paid *checkout.Refund `json:"-"`
}

func refundKey(id string) Key     { return Key{"refund/" + id} }
func refundPaidKey(id string) Key { return Key{"refund-paid/" + id} }

// ReturnedKey is the key of what was paid back of a transaction.
func ReturnedKey(mode stellar.Mode, account stellar.Address, transaction string) Key {
	return Key{"returned/" + string(mode) + "/" + string(account) + "/" + transaction}
}

// RefundKeys returns the keys of refunds; none for a malformed id.
func RefundKeys(ids ...string) []Key {
	return slices.Concat(keysOf(checkout.KindRefund, refundKey, ids), keysOf(checkout.KindRefund, refundPaidKey, ids))
}

func decodeRefund(record, paid []byte) (*Refund, error) {
	r, ok, err := Decode[Refund](record)
	if err != nil || !ok {
		return nil, err
	}
	fact, seen, err := Decode[checkout.Refund](paid)
	if seen {
		r.Paid = &fact
	}
	return &r, err
}

// Refunds are the refunds of an owner.
type Refunds struct {
	view  *View
	owner Owner
}

// Refunds returns the refunds of an owner.
func (v *View) Refunds(o Owner) Refunds { return Refunds{v, o} }

// Get reads a refund; nil if the owner has none with that id.
func (rs Refunds) Get(ctx context.Context, id string) (*Refund, error) {
	if _, err := checkout.ParseID(checkout.KindRefund, id); err != nil {
		return nil, nil
	}
	values, err := rs.view.get(ctx, "a refund", refundKey(id), refundPaidKey(id))
	if err != nil {
		return nil, err
	}
	r, err := decodeRefund(values[0], values[1])
	if err != nil || r == nil || !rs.owner.owns(r.Merchant, r.Mode) {
		return nil, err
	}
	return r, nil
}

// Listed reads the refunds of list entries; nil for one that is not visible here yet or was created
// at another time than the entry says.
func (rs Refunds) Listed(ctx context.Context, entries []Listed) ([]*Refund, error) {
	keys := make([]Key, 0, 2*len(entries))
	for _, e := range entries {
		keys = append(keys, refundKey(e.ID), refundPaidKey(e.ID))
	}
	values, err := rs.view.get(ctx, "refunds", keys...)
	if err != nil {
		return nil, err
	}
	refunds := make([]*Refund, len(entries))
	for i, e := range entries {
		r, err := decodeRefund(values[2*i], values[2*i+1])
		if err != nil {
			return nil, err
		}
		if r != nil && rs.owner.owns(r.Merchant, r.Mode) && r.CreatedAt.Equal(e.Created) {
			refunds[i] = r
		}
	}
	return refunds, nil
}

// Create adds a refund that is to be paid, with its entries in the owner's list and in the index of
// those for which the ledger is watched. What keeps that index from being listed in vain is written
// once a day: KV takes one write a second of a key.
func (rs Refunds) Create(ctx context.Context, r Refund) error {
	expiry := r.CreatedAt.Add(KeepRefunds)
	rs.view.list(rs.owner, checkout.KindRefund, Listed{Created: r.CreatedAt, ID: r.ID, Customer: r.Payment}, expiry)
	p := r.pending()
	until := p.Until.Add(pendingMargin)
	rs.view.indexes = append(rs.view.indexes, entry{key: p.key(), expiresAt: until, derived: true})
	rs.view.records = append(rs.view.records, entry{key: refundKey(r.ID), value: Encode(r), expiresAt: expiry})
	values, err := rs.view.get(ctx, "whether refunds are pending", PendingRefundsKey)
	if last, _, err := Decode[time.Time](values[0]); err == nil && last.Before(until) {
		rs.view.indexes = append(rs.view.indexes, entry{key: PendingRefundsKey, value: Encode(until), expiresAt: until, derived: true})
	}
	return err
}

// Update adds a refund with another reason or other metadata.
func (rs Refunds) Update(r Refund) {
	rs.view.records = append(rs.view.records, entry{key: refundKey(r.ID), value: Encode(r), expiresAt: r.CreatedAt.Add(KeepRefunds)})
}

// PendingRefund is a refund in the index of those for which the ledger is watched. Its key holds
// all that is needed for that.
type PendingRefund struct {
	Mode     stellar.Mode
	Account  stellar.Address
	Merchant string
	Until    time.Time // whole minutes: when its transaction is not valid any more
	Created  time.Time // whole minutes, not after its creation
	ID       string
}

func (r Refund) pending() PendingRefund {
	return PendingRefund{r.Mode, r.Account, r.Merchant, r.ValidUntil.Add(time.Minute - time.Nanosecond).Truncate(time.Minute),
		r.CreatedAt.Truncate(time.Minute), r.ID}
}

// pendingMargin is for how long after its time a refund stays in the index, in case no sweep sees
// to it.
const pendingMargin = 7 * 24 * time.Hour

const pendingRefundPrefix = "refunding/"

// PendingRefundsKey exists while the index of pending refunds may have entries: a minute in which
// there are none costs no list call. Its value is until when.
var PendingRefundsKey = Key{"refunding"}

func (p PendingRefund) key() Key {
	return Key{pendingRefundPrefix + string(p.Mode) + "/" + string(p.Account) + "/" + p.Merchant + "/" +
		padded(p.Until.Unix()/60, 8) + "/" + padded(p.Created.Unix()/60, 8) + "/" + p.ID}
}

var errPendingRefundKey = errors.New("not the key of a pending refund")

func parsePendingRefundKey(key string) (PendingRefund, error) {
	parts := strings.Split(key, "/")
	if len(parts) != 7 {
		return PendingRefund{}, errPendingRefundKey
	}
	account, err1 := stellar.ParseAddress(parts[2])
	until, err2 := strconv.ParseInt(parts[4], 10, 64)
	created, err3 := strconv.ParseInt(parts[5], 10, 64)
	p := PendingRefund{stellar.Mode(parts[1]), account, parts[3], time.Unix(until*60, 0).UTC(), time.Unix(created*60, 0).UTC(), parts[6]}
	if err := errors.Join(err1, err2, err3); err != nil || p.key().name != key {
		return PendingRefund{}, errPendingRefundKey
	}
	return p, nil
}

// PendingRefunds lists refunds that are to be paid, at most a thousand, those of an account next to
// each other.
func (s Store) PendingRefunds(ctx context.Context) ([]PendingRefund, error) {
	keys, err := s.first(ctx, "pending refunds", pendingRefundPrefix, maxListKeys)
	if err != nil {
		return nil, err
	}
	var pending []PendingRefund
	for _, key := range keys {
		p, err := parsePendingRefundKey(key)
		if err != nil {
			return nil, err
		}
		pending = append(pending, p)
	}
	return pending, nil
}

// Refunding reads what must be known to look for an account's refunds: the ids of those that are to
// be paid, at most a thousand, and how much was read.
func (s Store) Refunding(ctx context.Context, mode stellar.Mode, account stellar.Address) ([]string, SentThrough, error) {
	lists, sent := RefundingAhead(mode, account)
	if a := aheadOf(ctx); a == nil || !a.has(sent) {
		v := s.View()
		if err := v.FetchLists(ctx, lists, sent); err != nil {
			return nil, SentThrough{}, err
		}
		ctx = v.With(ctx)
	}
	through, err := s.SentThrough(ctx, mode, account)
	if err != nil {
		return nil, through, err
	}
	pending, err := s.pendingRefundsOf(ctx, mode, account)
	return pending, through, err
}

// RefundingAhead is what [Store.Refunding] reads, to be read ahead.
func RefundingAhead(mode stellar.Mode, account stellar.Address) ([]kv.Query, Key) {
	return []kv.Query{{Prefix: pendingRefundsPrefixOf(mode, account), Limit: maxListKeys}}, sentThroughKey(mode, account)
}

func pendingRefundsPrefixOf(mode stellar.Mode, account stellar.Address) string {
	return pendingRefundPrefix + string(mode) + "/" + string(account) + "/"
}

func (s Store) pendingRefundsOf(ctx context.Context, mode stellar.Mode, account stellar.Address) ([]string, error) {
	keys, err := s.first(ctx, "pending refunds", pendingRefundsPrefixOf(mode, account), maxListKeys)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, key := range keys {
		p, err := parsePendingRefundKey(key)
		if err != nil {
			return nil, err
		}
		ids = append(ids, p.ID)
	}
	return ids, nil
}

// DeletePendingRefunds removes refunds from the index of those for which the ledger is watched.
func (s Store) DeletePendingRefunds(ctx context.Context, pending ...PendingRefund) error {
	if len(pending) == 0 {
		return nil
	}
	keys := make([]Key, len(pending))
	for i, p := range pending {
		keys[i] = p.key()
	}
	return s.delete(ctx, "pending refunds", keys...)
}

// SentThrough says how much of an account's outgoing payments was read for refunds: what lies in
// the ledgers after From and up to Through is stored. It lags, as a [Cursor] does.
type SentThrough struct {
	From    int64      `json:"from"`
	Through Checkpoint `json:"through"`
}

func sentThroughKey(mode stellar.Mode, account stellar.Address) Key {
	return Key{"sent/" + string(mode) + "/" + string(account)}
}

// SentThrough reads how much of an account's outgoing payments was read; zero if nothing was.
func (s Store) SentThrough(ctx context.Context, mode stellar.Mode, account stellar.Address) (SentThrough, error) {
	values, err := s.get(ctx, "how far refunds were read", sentThroughKey(mode, account))
	if err != nil {
		return SentThrough{}, err
	}
	t, _, err := Decode[SentThrough](values[0])
	return t, err
}

// PutSentThrough writes how much of an account's outgoing payments was read.
func (s Store) PutSentThrough(ctx context.Context, mode stellar.Mode, account stellar.Address, t SentThrough, now time.Time) error {
	return s.put(ctx, "how far refunds were read",
		entry{key: sentThroughKey(mode, account), value: Encode(t), expiresAt: now.Add(KeepRefunds)})
}

// RefundsByID reads refunds, whoever they belong to; nil for one that nobody asked for here.
func (s Store) RefundsByID(ctx context.Context, ids ...string) ([]*Refund, error) {
	keys := make([]Key, 0, 2*len(ids))
	for _, id := range ids {
		keys = append(keys, refundKey(id), refundPaidKey(id))
	}
	values, err := s.get(ctx, "refunds", keys...)
	if err != nil {
		return nil, err
	}
	refunds := make([]*Refund, len(ids))
	for i := range ids {
		if refunds[i], err = decodeRefund(values[2*i], values[2*i+1]); err != nil {
			return nil, err
		}
	}
	return refunds, nil
}

// Returned reads what was paid back of a transaction, as far as that is stored.
func (s Store) Returned(ctx context.Context, mode stellar.Mode, account stellar.Address, transaction string) (checkout.Returned, error) {
	values, err := s.get(ctx, "what was paid back", ReturnedKey(mode, account, transaction))
	if err != nil {
		return checkout.Returned{}, err
	}
	r, _, err := Decode[checkout.Returned](values[0])
	return r, err
}

// PaidRefunds is what is new of the refunds of one transaction.
type PaidRefunds struct {
	Mode        stellar.Mode
	Account     stellar.Address
	Transaction string // that is refunded
	Returned    checkout.Returned
	Found       []Refund // that nobody asked for here
	Checkout    *checkout.Checkout
	OfCheckout  checkout.Refunds // all refunds of the checkout
}

// PutPaidRefunds writes refunds that the ledger shows. Whoever finds the same ones writes the same.
// The entries in the owner's list are written before the records, since whoever finds a record takes
// its refund for listed. That a refund was paid is written last: whoever dies before that is followed
// by who finds it again.
func (s Store) PutPaidRefunds(ctx context.Context, p PaidRefunds, now time.Time) error {
	expiry := now.Add(KeepRefunds)
	var listed, entries []entry
	for _, r := range p.Found {
		listed = append(listed, entry{key: listKey(OwnerOf(r.Merchant, r.Mode), checkout.KindRefund,
			Listed{Created: r.CreatedAt, ID: r.ID, Customer: r.Payment}), expiresAt: expiry, derived: true})
		entries = append(entries, entry{key: refundKey(r.ID), value: Encode(r), expiresAt: expiry})
	}
	if len(listed) > 0 {
		if err := s.put(ctx, "refunds", listed...); err != nil {
			return err
		}
	}
	if p.Checkout != nil {
		entries = append(entries, entry{key: RefundedKey(p.Checkout.ID), value: Encode(p.OfCheckout), expiresAt: p.Checkout.ExpiresAt.Add(KeepAfterExpiry)})
	}
	entries = append(entries, entry{key: ReturnedKey(p.Mode, p.Account, p.Transaction), value: Encode(p.Returned), expiresAt: expiry})
	if err := s.put(ctx, "refunds", entries...); err != nil {
		return err
	}
	var paid []entry
	for _, f := range p.Returned.Refunds {
		paid = append(paid, entry{key: refundPaidKey(f.ID), value: Encode(f), expiresAt: expiry})
	}
	return s.put(ctx, "refunds", paid...)
}
