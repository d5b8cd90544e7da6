package store

import (
	"context"
	"fmt"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
)

// KeepAfterExpiry is how long a checkout is kept after its expiry. The merchant can read how it
// ended, and late money can be matched to it.
const KeepAfterExpiry = 90 * 24 * time.Hour

// Cancellation ends a checkout early. It is written once.
type Cancellation struct {
	// Deadline replaces the checkout's expiry.
	Deadline time.Time `json:"deadline"`
}

const (
	checkoutPrefix = "checkout/"
	outcomePrefix  = "outcome/"
	seenPrefix     = "seen/"
	cancelPrefix   = "cancel/"
	refundedPrefix = "refunded/"
)

// CheckoutKey is the key of a [checkout.Checkout], which is written once.
func CheckoutKey(id checkout.ID) Key { return Key{checkoutPrefix + id.String()} }

// OutcomeKey is the key of a terminal [checkout.Outcome], which is written once.
func OutcomeKey(id checkout.ID) Key { return Key{outcomePrefix + id.String()} }

// CancelKey is the key of a [Cancellation].
func CancelKey(id checkout.ID) Key { return Key{cancelPrefix + id.String()} }

// SeenKey is the key of the payments that have been seen of an open checkout. They only grow: every
// writer writes the union of what was stored and what it has seen.
func SeenKey(id checkout.ID) Key { return Key{seenPrefix + id.String()} }

// RefundedKey is the key of what was paid back of a checkout. Like the payments that have been seen
// it only grows.
func RefundedKey(id checkout.ID) Key { return Key{refundedPrefix + id.String()} }

// factsPerID is the number of keys that hold the facts of one checkout. The last one is that of its
// refunds, which concern neither its status nor its page.
const factsPerID = 5

// FactsKeys returns the keys of the facts of checkouts; none for a malformed id.
func FactsKeys(ids ...string) []Key {
	var keys []Key
	for _, text := range ids {
		if id, err := checkout.ParseCheckoutID(text); err == nil {
			keys = append(keys, factsKeys(id)...)
		}
	}
	return keys
}

// NewFactsKeys is like [FactsKeys], for checkouts that may have been made a moment ago, and without
// their refunds.
func NewFactsKeys(ids ...string) []Key {
	var keys []Key
	for _, text := range ids {
		if id, err := checkout.ParseCheckoutID(text); err == nil {
			keys = append(keys, factsKeys(id)[:factsPerID-1]...)
		}
	}
	return keys
}

func factsKeys(id checkout.ID) []Key {
	text := id.String() // once for all five
	return []Key{
		{checkoutPrefix + text}, {outcomePrefix + text}, {seenPrefix + text}, {cancelPrefix + text}, {refundedPrefix + text},
	}
}

// Facts reads what is known about checkouts, without their refunds, which [Store.RefundsOf] reads;
// nil for one that does not exist or is not visible here yet.
func (s Store) Facts(ctx context.Context, ids ...checkout.ID) ([]*checkout.Facts, error) {
	return s.facts(ctx, factsPerID-1, ids)
}

// facts reads the first keys of each checkout.
func (s Store) facts(ctx context.Context, perID int, ids []checkout.ID) ([]*checkout.Facts, error) {
	keys := make([]Key, 0, perID*len(ids))
	for _, id := range ids {
		keys = append(keys, factsKeys(id)[:perID]...)
	}
	values, err := s.get(ctx, "checkouts", keys...)
	if err != nil {
		return nil, err
	}
	all := make([]*checkout.Facts, len(ids))
	for i := range ids {
		if all[i], err = decodeFacts(values[perID*i : perID*(i+1)]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Facts reads what is known about a checkout; nil if it does not exist or is not visible here yet.
func (v *View) Facts(ctx context.Context, id checkout.ID) (*checkout.Facts, error) {
	values, err := v.get(ctx, "a checkout", factsKeys(id)...)
	if err != nil {
		return nil, err
	}
	return decodeFacts(values)
}

// PageFacts is like [View.Facts], without the refunds: no page shows them. [Store.RefundsOf] reads
// them.
func (v *View) PageFacts(ctx context.Context, id checkout.ID) (*checkout.Facts, error) {
	values, err := v.get(ctx, "a checkout", factsKeys(id)[:factsPerID-1]...)
	if err != nil {
		return nil, err
	}
	return decodeFacts(values)
}

// Changed reads again what may have changed of an open checkout but for the payments that were seen
// of it, and but for what its merchant can change: whether it was cancelled, and whether it has
// ended, which then stands in Recorded.
func (s Store) Changed(ctx context.Context, f checkout.Facts) (*checkout.Facts, error) {
	values, err := s.get(ctx, "a checkout", OutcomeKey(f.Checkout.ID), CancelKey(f.Checkout.ID))
	if err != nil {
		return nil, err
	}
	switch out, ended, err := Decode[checkout.Outcome](values[0]); {
	case err != nil:
		return nil, err
	case ended:
		f.Recorded = &out
	}
	cancelled, _, err := Decode[Cancellation](values[1])
	f.CancelledBy = cancelled.Deadline
	return &f, err
}

// RefundsOf reads what was paid back of a checkout. The result is not nil.
func (s Store) RefundsOf(ctx context.Context, id checkout.ID) (checkout.Refunds, error) {
	values, err := s.get(ctx, "what was paid back", RefundedKey(id))
	if err != nil {
		return nil, err
	}
	return decodeRefunds(values[0])
}

func decodeRefunds(value []byte) (checkout.Refunds, error) {
	refunds, ok, err := Decode[checkout.Refunds](value)
	if !ok {
		refunds = checkout.Refunds{}
	}
	return refunds, err
}

func decodeFacts(values [][]byte) (*checkout.Facts, error) {
	if values[0] == nil {
		return nil, nil
	}
	co, _, err := Decode[checkout.Checkout](values[0])
	if err != nil {
		return nil, err
	}
	out, ended, err := Decode[checkout.Outcome](values[1])
	if err != nil {
		return nil, err
	}
	seen, _, err := Decode[checkout.Payments](values[2])
	if err != nil {
		return nil, err
	}
	cancelled, _, err := Decode[Cancellation](values[3])
	if err != nil {
		return nil, err
	}
	f := &checkout.Facts{Checkout: co, Seen: seen, CancelledBy: cancelled.Deadline}
	if len(values) == factsPerID {
		if f.Refunds, err = decodeRefunds(values[factsPerID-1]); err != nil {
			return nil, err
		}
	}
	if ended {
		f.Recorded = &out
	}
	return f, nil
}

// Checkouts reads checkouts without their outcomes and payments. Those that do not exist, or are
// not visible here yet, are missing from the map.
func (s Store) Checkouts(ctx context.Context, ids ...checkout.ID) (map[checkout.ID]checkout.Checkout, error) {
	keys := make([]Key, len(ids))
	for i, id := range ids {
		keys[i] = CheckoutKey(id)
	}
	values, err := s.get(ctx, "checkouts", keys...)
	if err != nil {
		return nil, err
	}
	found := map[checkout.ID]checkout.Checkout{}
	for _, value := range values {
		c, ok, err := Decode[checkout.Checkout](value)
		if err != nil {
			return nil, err
		}
		if ok {
			found[c.ID] = c
		}
	}
	return found, nil
}

// Settled is what is new of a checkout: its terminal outcome, or the payments that have been seen
// of it so far.
type Settled struct {
	Checkout *checkout.Checkout
	Outcome  *checkout.Outcome // nil while the checkout is open, or if the outcome is stored
	Seen     checkout.Payments
}

// PutSettled writes what is new of checkouts. Whoever settles a checkout at the same time writes
// the same outcome. If it fails, any part may have been written; it may be repeated.
func (s Store) PutSettled(ctx context.Context, settled ...Settled) error {
	entries := make([]entry, len(settled))
	for i, n := range settled {
		entries[i].expiresAt = n.Checkout.ExpiresAt.Add(KeepAfterExpiry)
		if n.Outcome != nil {
			entries[i].key, entries[i].value, entries[i].derived = OutcomeKey(n.Checkout.ID), Encode(*n.Outcome), true
		} else {
			entries[i].key, entries[i].value = SeenKey(n.Checkout.ID), Encode(n.Seen)
		}
	}
	return s.put(ctx, "outcomes and payments", entries...)
}

// Checkouts are the checkouts of an owner.
type Checkouts struct {
	view  *View
	owner Owner
}

// Checkouts returns the checkouts of an owner.
func (v *View) Checkouts(o Owner) Checkouts { return Checkouts{v, o} }

// Get reads what is known about a checkout; nil if the owner has none with that id.
func (cs Checkouts) Get(ctx context.Context, id string) (*checkout.Facts, error) {
	parsed, err := checkout.ParseCheckoutID(id)
	if err != nil {
		return nil, nil
	}
	// What an Idempotency-Key may have made is fetched without its refunds: there is hardly ever such
	// a checkout.
	read, partly := cs.view.Facts, cs.view.ahead.has(CheckoutKey(parsed)) && !cs.view.ahead.has(RefundedKey(parsed))
	if partly {
		read = cs.view.PageFacts
	}
	f, err := read(ctx, parsed)
	if err == nil && f != nil && partly {
		f.Refunds, err = cs.view.store.RefundsOf(ctx, parsed)
	}
	if err != nil || f == nil || !cs.owner.owns(f.Checkout.Merchant, f.Checkout.Mode) {
		return nil, err
	}
	return f, nil
}

// CreatedAt returns when a checkout was created; zero if the owner has none with that id. It reads
// the record, because an id that was derived for an Idempotency-Key does not hold the time.
func (cs Checkouts) CreatedAt(ctx context.Context, id string) (time.Time, error) {
	parsed, err := checkout.ParseCheckoutID(id)
	if err != nil {
		return time.Time{}, nil
	}
	c, ok, err := view[checkout.Checkout](ctx, cs.view, "a checkout", CheckoutKey(parsed))
	if err != nil || !ok || !cs.owner.owns(c.Merchant, c.Mode) {
		return time.Time{}, err
	}
	return c.CreatedAt, nil
}

// muxedKey is the key of the id of the checkout that a payment to an account names by a muxed id.
func muxedKey(account stellar.Address, id checkout.MuxedID) Key {
	return Key{"muxed/" + string(account) + "/" + string(id)}
}

// Muxed reads which checkouts muxed addresses stand for. Those that stand for none, or for one that
// is not visible here yet, are missing from the map.
func (s Store) Muxed(ctx context.Context, addresses ...horizon.Muxed) (map[horizon.Muxed]checkout.ID, error) {
	if len(addresses) == 0 {
		return nil, nil
	}
	keys := make([]Key, len(addresses))
	for i, m := range addresses {
		keys[i] = muxedKey(m.Account, m.ID)
	}
	values, err := s.get(ctx, "muxed addresses", keys...)
	if err != nil {
		return nil, err
	}
	named := map[horizon.Muxed]checkout.ID{}
	for i, value := range values {
		if value == nil {
			continue
		}
		if named[addresses[i]], err = checkout.ParseCheckoutID(string(value)); err != nil {
			return nil, fmt.Errorf("store: the checkout of muxed address %s: %w", addresses[i].ID, err)
		}
	}
	return named, nil
}

// Create adds a checkout and its entries in the owner's list, in the index of open checkouts, and
// for its muxed address.
func (cs Checkouts) Create(c *checkout.Checkout) {
	expiry := c.ExpiresAt.Add(KeepAfterExpiry)
	cs.view.list(cs.owner, checkout.KindCheckout, Listed{Created: c.CreatedAt, ID: c.ID.String(), Customer: c.CustomerID}, expiry)
	cs.view.indexes = append(cs.view.indexes, entry{key: openOf(c, c.ExpiresAt).key(), expiresAt: expiry, derived: true},
		entry{key: muxedKey(c.Account, c.Muxed), value: []byte(c.ID.String()), expiresAt: expiry, derived: true})
	cs.view.records = append(cs.view.records, entry{key: CheckoutKey(c.ID), value: Encode(c), expiresAt: expiry, derived: true})
}

// Update adds a checkout whose description, metadata or redirect URL the merchant has changed.
// Nothing else of it may change. A retry of its creation that is so early, and so far away, that it
// cannot see the checkout yet writes it again as it was created.
func (cs Checkouts) Update(c *checkout.Checkout) {
	cs.view.records = append(cs.view.records, entry{key: CheckoutKey(c.ID), value: Encode(c), expiresAt: c.ExpiresAt.Add(KeepAfterExpiry)})
}

// Cancel adds a cancellation, which gives a checkout an earlier deadline.
func (cs Checkouts) Cancel(c *checkout.Checkout, deadline time.Time) {
	expiry := c.ExpiresAt.Add(KeepAfterExpiry)
	cs.view.records = append(cs.view.records,
		entry{key: CancelKey(c.ID), value: Encode(Cancellation{Deadline: deadline}), expiresAt: expiry},
		entry{key: openOf(c, deadline).key(), expiresAt: expiry})
}

// Listed reads the checkouts of list entries; nil for one that is not visible here yet or does not
// match its entry.
func (cs Checkouts) Listed(ctx context.Context, entries []Listed) ([]*checkout.Facts, error) {
	ids, err := checkoutIDs(entries)
	if err != nil {
		return nil, err
	}
	all, err := cs.view.store.facts(ctx, factsPerID, ids)
	if err != nil {
		return nil, err
	}
	for i, f := range all {
		if f != nil && (!cs.owner.owns(f.Checkout.Merchant, f.Checkout.Mode) ||
			!f.Checkout.CreatedAt.Equal(entries[i].Created) || f.Checkout.CustomerID != entries[i].Customer) {
			all[i] = nil
		}
	}
	return all, nil
}

// WithStatus returns the entries of checkouts whose recorded status is want. A checkout without a
// recorded outcome counts as open, although it may be about to end.
func (cs Checkouts) WithStatus(ctx context.Context, entries []Listed, want checkout.Status) ([]Listed, error) {
	ids, err := checkoutIDs(entries)
	if err != nil {
		return nil, err
	}
	keys := make([]Key, len(ids))
	for i, id := range ids {
		keys[i] = OutcomeKey(id)
	}
	values, err := cs.view.store.get(ctx, "outcomes", keys...)
	if err != nil {
		return nil, err
	}
	var chosen []Listed
	for i, value := range values {
		out, ended, err := Decode[checkout.Outcome](value)
		if err != nil {
			return nil, err
		}
		if !ended {
			out.Status = checkout.Open
		}
		if out.Status == want {
			chosen = append(chosen, entries[i])
		}
	}
	return chosen, nil
}

// Index is what [Checkouts.Between] lists first, to be read ahead.
func (cs Checkouts) Index() kv.Query {
	return kv.Query{Prefix: listPrefix(cs.owner, checkout.KindCheckout), Limit: maxListKeys}
}

// Between lists the checkouts that were created in an interval.
func (cs Checkouts) Between(ctx context.Context, from, to time.Time) ([]checkout.ID, error) {
	position := Listed{Created: from.Add(-time.Millisecond), ID: "~"}.Position()
	s := cs.view.Scan(cs.owner, checkout.KindCheckout, position, true, from, maxListKeys)
	var ids []checkout.ID
	for {
		e, ok, err := s.Next(ctx)
		if err != nil || !ok || e.Created.After(to) {
			return ids, err
		}
		id, err := checkout.ParseCheckoutID(e.ID)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
}

func checkoutIDs(entries []Listed) ([]checkout.ID, error) {
	ids := make([]checkout.ID, len(entries))
	for i, e := range entries {
		var err error
		if ids[i], err = checkout.ParseCheckoutID(e.ID); err != nil {
			return nil, err
		}
	}
	return ids, nil
}
