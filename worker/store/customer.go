package store

import (
	"context"
	"strconv"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
)

// Customer is someone whom a merchant charges. The merchant edits it, one writer at a time.
type Customer struct {
	ID        string            `json:"id"`
	Merchant  string            `json:"merchant"`
	Mode      stellar.Mode      `json:"mode"`
	Email     string            `json:"email,omitempty"`
	Name      string            `json:"name,omitempty"`
	Phone     string            `json:"phone,omitempty"`
	Metadata  checkout.Metadata `json:"metadata,omitempty"`
	CreatedAt time.Time         `json:"created_at"`
	UpdatedAt time.Time         `json:"updated_at"`
	// Deleted says that nothing but this is left: the other fields that are set are ids and times.
	Deleted bool `json:"deleted,omitempty"`
}

// KeepDeleted is how long it is kept that a customer was deleted.
const KeepDeleted = 24 * time.Hour

// Contact is what a customer can be found by.
type Contact struct {
	Kind string // "email" or "phone", as the API's parameters are called
	Text string
}

// Contacts returns what the customer can be found by, the e-mail address first.
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

// Has reports whether a contact is the customer's.
func (u Customer) Has(c Contact) bool {
	if c.Kind == "email" {
		return u.Email == c.Text
	}
	return u.Phone == c.Text
}

// CustomerKeys are the keys of customers, none for what is no id.
func CustomerKeys(ids ...string) []Key { return keysOf(checkout.KindCustomer, customerKey, ids) }

func customerKey(id string) Key { return Key{"customer/" + id} }

// customerAliasKey holds the id of the customer who has the contact from which alias was derived, where that is
// not the customer's own id.
func customerAliasKey(alias string) Key { return Key{"customer-alias/" + alias} }

// Customers are those of an owner. A contact belongs to one customer.
type Customers struct {
	view  *View
	owner Owner
}

// Customers returns the customers of an owner.
func (v *View) Customers(o Owner) Customers { return Customers{v, o} }

// Get reads a customer; nil if the owner has none of that id.
func (cs Customers) Get(ctx context.Context, id string) (*Customer, error) {
	u, err := cs.GetOrDeleted(ctx, id)
	if err != nil || u == nil || u.Deleted {
		return nil, err
	}
	return u, nil
}

// GetOrDeleted is Get, and what is left of a customer who was deleted less than [KeepDeleted] ago.
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

// contactID is the id of the customer who is made for a contact. It depends on nothing else, so that two edges that
// meet a new customer at once make one. Whoever was made for a contact and has another one by now keeps the id; the
// contact then goes on with its next one.
func (cs Customers) contactID(c Contact, next int) string {
	parts := []string{cs.owner.Merchant.ID, string(cs.owner.Mode), c.Kind, c.Text}
	if next > 0 {
		parts = append(parts, strconv.Itoa(next))
	}
	return checkout.DeriveID(checkout.KindCustomer, cs.owner.Merchant.Salt, time.UnixMilli(0), parts...)
}

// ContactKeys are the keys by which [Customers.Holder] finds who has contacts.
func (cs Customers) ContactKeys(contacts []Contact) (keys []Key) {
	for _, c := range contacts {
		id := cs.contactID(c, 0)
		keys = append(keys, customerKey(id), customerAliasKey(id))
	}
	return keys
}

// Holder returns the customer who has a contact, or nil and the id under which one is to be made for it.
//
// The customer's record alone says whose a contact is: that of the derived id, or else the one that an alias leads to.
// An alias is written before the record, is never removed, and counts for nothing once the customer is gone or has
// another contact. If two customers are given one contact within a minute in two places, neither of which can see the
// other, both keep it, and here everybody finds the same one.
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

// Find returns the customer who has one of the contacts, the first one's first, or nil and the id for a new one.
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

// FindOrCreate returns the id of the customer who has one of the contacts of u. If there is none, it adds u as one who is
// made at now.
func (cs Customers) FindOrCreate(ctx context.Context, u Customer, now time.Time) (id string, err error) {
	known, free, err := cs.Find(ctx, u.Contacts())
	if err != nil {
		return "", err
	}
	if known != nil {
		return known.ID, nil
	}
	u.ID = free
	cs.Create(&u, now)
	return free, nil
}

// Create adds a customer with an id who is made at now: the record, the entry in the list, and aliases for
// contacts whose id is not the customer's own.
func (cs Customers) Create(u *Customer, now time.Time) {
	u.Merchant, u.Mode = cs.owner.Merchant.ID, cs.owner.Mode
	u.CreatedAt, u.UpdatedAt = now, now
	cs.view.list(cs.owner, checkout.KindCustomer, Listed{Created: u.CreatedAt, ID: u.ID}, time.Time{})
	cs.alias(*u, u.Contacts())
	cs.view.records = append(cs.view.records, entry{key: customerKey(u.ID), value: Encode(*u), derived: true})
}

// Update adds a customer who has changed; added are the contacts that are new.
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

// Delete adds that a customer is gone, at once here and within a minute everywhere. Whoever is made for a contact of
// theirs later may get the same id, since racing edges must agree on one, but begins with nothing else of theirs. For
// [KeepDeleted] it is kept that there was a customer, and since when, so that a list can go on behind it.
func (cs Customers) Delete(u Customer, now time.Time) {
	gone := Customer{ID: u.ID, Merchant: u.Merchant, Mode: u.Mode, CreatedAt: u.CreatedAt, UpdatedAt: now, Deleted: true}
	cs.view.records = append(cs.view.records,
		entry{key: customerKey(u.ID), value: Encode(gone), expiresAt: now.Add(KeepDeleted)},
		// An entry that is listed without a customer is not shown. It expires, since to delete it would be one more trip.
		entry{key: listKey(cs.owner, checkout.KindCustomer, Listed{Created: u.CreatedAt, ID: u.ID}), expiresAt: now.Add(kv.MinTTL)})
}

// Listed reads customers by their entries in the list; nil for what is not visible here yet, for those who are gone,
// and for an entry under another time than the customer's.
func (cs Customers) Listed(ctx context.Context, entries []Listed) ([]*Customer, error) {
	return listed(ctx, cs.view, "customers", entries, customerKey, func(e Listed, u *Customer) bool {
		return !u.Deleted && cs.owner.owns(u.Merchant, u.Mode) && u.CreatedAt.Equal(e.Created)
	})
}
