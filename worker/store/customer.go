package store

import (
	"context"
	"strconv"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
)

// Customer is someone whom a merchant charges. Only the merchant edits it, so it has one writer at
// a time.
type Customer struct {
	ID        string            `json:"id"`
	Merchant  string            `json:"merchant"`
	Mode      stellar.Mode      `json:"mode"`
	Email     string            `json:"email,omitempty"`
	Name      string            `json:"name,omitempty"`
	Phone     string            `json:"phone,omitempty"`
	Image     string            `json:"image,omitempty"`
	Wallets   []Wallet          `json:"wallets,omitempty"`
	Metadata  checkout.Metadata `json:"metadata,omitempty"`
	CreatedAt time.Time         `json:"created_at"`
	UpdatedAt time.Time         `json:"updated_at"`
	// Deleted marks a deleted customer, of whom only ids and times are left.
	Deleted bool `json:"deleted,omitempty"`
}

// Wallet is an account that a customer pays from, as far as the merchant knows.
type Wallet struct {
	Address   stellar.Address `json:"address"`
	CreatedAt time.Time       `json:"created_at"` // since when the merchant knows it
}

// KeepDeleted is how long the record of a deletion is kept.
const KeepDeleted = 24 * time.Hour

// Contact is an e-mail address or phone number by which a customer is found.
type Contact struct {
	Kind string // "email" or "phone", as the API's parameters are named
	Text string
}

// Contacts returns the customer's contacts, the e-mail address first.
func (u Customer) Contacts() []Contact {
	var contacts []Contact
	if u.Email != "" {
		contacts = append(contacts, Contact{"email", u.Email})
	}
	if u.Phone != "" {
		contacts = append(contacts, Contact{"phone", u.Phone})
	}
	return contacts
}

// Has reports whether the contact is the customer's.
func (u Customer) Has(c Contact) bool {
	if c.Kind == "email" {
		return u.Email == c.Text
	}
	return u.Phone == c.Text
}

// CustomerKeys returns the keys of customers; none for a malformed id.
func CustomerKeys(ids ...string) []Key { return keysOf(checkout.KindCustomer, customerKey, ids) }

func customerKey(id string) Key { return Key{"customer/" + id} }

// customerAliasKey is the key under which the id of the customer with a contact is stored, if it is
// not the id that was derived from that contact.
func customerAliasKey(alias string) Key { return Key{"customer-alias/" + alias} }

// Customers are the customers of an owner. A contact belongs to one customer.
type Customers struct {
	view  *View
	owner Owner
}

// Customers returns the customers of an owner.
func (v *View) Customers(o Owner) Customers { return Customers{v, o} }

// Get reads a customer; nil if the owner has none with that id.
func (cs Customers) Get(ctx context.Context, id string) (*Customer, error) {
	u, err := cs.GetOrDeleted(ctx, id)
	if err != nil || u == nil || u.Deleted {
		return nil, err
	}
	return u, nil
}

// GetOrDeleted is like [Customers.Get], but also returns what is left of a customer who was deleted
// less than [KeepDeleted] ago.
func (cs Customers) GetOrDeleted(ctx context.Context, id string) (*Customer, error) {
	if _, err := checkout.ParseID(checkout.KindCustomer, id); err != nil {
		return nil, nil
	}
	u, ok, err := view[Customer](ctx, cs.view, "a customer", customerKey(id))
	if err != nil || !ok || !cs.owner.owns(u.Merchant, u.Mode) {
		return nil, err
	}
	return &u, nil
}

// contactID derives the id of the customer who is created for a contact. It depends on nothing
// else, so that two data centres that create the customer at the same time create only one. A
// customer whose contact has changed keeps the id; the next customer with the old contact gets the
// next id.
func (cs Customers) contactID(c Contact, next int) string {
	parts := []string{cs.owner.Merchant.ID, string(cs.owner.Mode), c.Kind, c.Text}
	if next > 0 {
		parts = append(parts, strconv.Itoa(next))
	}
	return checkout.DeriveID(checkout.KindCustomer, cs.owner.Merchant.Salt, time.UnixMilli(0), parts...)
}

// ContactKeys returns the keys that [Customers.Holder] reads for contacts.
func (cs Customers) ContactKeys(contacts []Contact) (keys []Key) {
	for _, c := range contacts {
		id := cs.contactID(c, 0)
		keys = append(keys, customerKey(id), customerAliasKey(id))
	}
	return keys
}

// Holder returns the customer who has a contact, or nil and the id with which to create one.
//
// Only a customer's record decides whether the contact is theirs. The record is that of the derived
// id, or the one to which an alias points. An alias is written before the record and never removed;
// it has no effect once the customer is deleted or has another contact. If two data centres give
// one contact to two customers within a minute, neither sees the other's write and both customers
// keep it. All readers still find the same one.
func (cs Customers) Holder(ctx context.Context, c Contact) (holder *Customer, free string, err error) {
	for next := 0; ; next++ {
		id := cs.contactID(c, next)
		keys := []Key{customerKey(id)}
		if next == 0 {
			keys = append(keys, customerAliasKey(id))
		}
		values, err := cs.view.get(ctx, "the holder of a contact", keys...)
		if err != nil {
			return nil, "", err
		}
		u, ok, err := Decode[Customer](values[0])
		if err != nil {
			return nil, "", err
		}
		taken := ok && !u.Deleted
		if taken && u.Has(c) {
			return &u, "", nil
		}
		if next == 0 && values[1] != nil {
			if other, err := cs.Get(ctx, string(values[1])); err != nil || other != nil && other.Has(c) {
				return other, "", err
			}
		}
		if !taken {
			return nil, id, nil
		}
	}
}

// Find returns the customer who has one of the contacts, in the order of contacts; or nil and the
// id for a new customer.
func (cs Customers) Find(ctx context.Context, contacts []Contact) (known *Customer, free string, err error) {
	for i, c := range contacts {
		holder, id, err := cs.Holder(ctx, c)
		if err != nil || holder != nil {
			return holder, "", err
		}
		if i == 0 {
			free = id
		}
	}
	return nil, free, nil
}

// Create adds a customer created at now, who must have an id: the record, the entry in the list,
// and an alias for each contact from which the id was not derived.
func (cs Customers) Create(u *Customer, now time.Time) {
	u.Merchant, u.Mode = cs.owner.Merchant.ID, cs.owner.Mode
	u.CreatedAt, u.UpdatedAt = now, now
	cs.view.list(cs.owner, checkout.KindCustomer, Listed{Created: u.CreatedAt, ID: u.ID}, time.Time{})
	cs.alias(*u, u.Contacts())
	cs.view.records = append(cs.view.records, entry{key: customerKey(u.ID), value: Encode(*u), derived: true})
}

// Update adds a changed customer; added are the new contacts.
func (cs Customers) Update(u Customer, added []Contact) {
	cs.alias(u, added)
	cs.view.records = append(cs.view.records, entry{key: customerKey(u.ID), value: Encode(u)})
}

func (cs Customers) alias(u Customer, contacts []Contact) {
	for _, c := range contacts {
		if id := cs.contactID(c, 0); id != u.ID {
			cs.view.indexes = append(cs.view.indexes, entry{key: customerAliasKey(id), value: []byte(u.ID), derived: true})
		}
	}
}

// Delete replaces a customer's record by a mark of the deletion. It is visible here at once, and
// everywhere within a minute. A later customer with the same contact may get the same id, because
// racing writers must agree on one, but inherits nothing else. The mark is kept for [KeepDeleted]
// with the time of creation, so that a list can continue after the deleted customer.
func (cs Customers) Delete(u Customer, now time.Time) {
	gone := Customer{ID: u.ID, Merchant: u.Merchant, Mode: u.Mode, CreatedAt: u.CreatedAt, UpdatedAt: now, Deleted: true}
	cs.view.records = append(cs.view.records,
		entry{key: customerKey(u.ID), value: Encode(gone), expiresAt: now.Add(KeepDeleted)},
		// An entry without a customer is not shown. It expires because deleting it would take
		// another trip.
		entry{key: listKey(cs.owner, checkout.KindCustomer, Listed{Created: u.CreatedAt, ID: u.ID}), expiresAt: now.Add(kv.MinTTL)})
}

// Listed reads the customers of list entries; nil for one who is not visible here yet, is deleted,
// or was created at another time than the entry says.
func (cs Customers) Listed(ctx context.Context, entries []Listed) ([]*Customer, error) {
	return listed(ctx, cs.view, "customers", entries, customerKey, func(e Listed, u *Customer) bool {
		return !u.Deleted && cs.owner.owns(u.Merchant, u.Mode) && u.CreatedAt.Equal(e.Created)
	})
}
