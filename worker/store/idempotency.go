package store

import (
	"context"
	"errors"
	"io"
	"time"

	"edgecheckout/worker/checkout"
)

// IdempotencyLifetime is how long an Idempotency-Key is remembered; the API promises 24 hours.
const IdempotencyLifetime = 48 * time.Hour

// ErrKeyReused reports an Idempotency-Key that was used for another request.
var ErrKeyReused = errors.New("store: the Idempotency-Key was used for another request")

// Idempotency makes repeated requests under one Idempotency-Key create one object, even if they run
// at the same time in different data centres. The object's id is derived from merchant, key and
// request, so racing requests write the same record. The stored [idempotent] record serves only to
// detect a key that is reused for another request.
//
// Detection takes as long as the store is stale, a minute at most. Different requests under one key
// within that minute each create an object of their own, never one with the content of another.
// Afterwards the key belongs to the same one of them everywhere, and all others are refused.
type Idempotency struct {
	Key      string // "" if the caller did not send one
	Merchant string // the caller; "" if the operator creates a merchant
	Scope    string // separates callers that may use the same keys: a mode, or the operator
	Salt     []byte // the merchant's
	Request  string // SHA-256 of route and body, in hexadecimal
	Day      time.Time
	made     string // id of the object that was created before, if visible here
}

// idempotent is the request that used a key and the object that it created.
type idempotent struct {
	Request string `json:"request"`
	ID      string `json:"id"`
}

func (i *Idempotency) key() Key {
	return Key{"idempotency/" + i.Merchant + "/" + i.Scope + "/" + hash(i.Key)}
}

// Keys are those that say what the Idempotency-Key was used for; none if the caller sent none.
func (i *Idempotency) Keys() []Key {
	if i.Key == "" {
		return nil
	}
	return []Key{i.key()}
}

// Check reads what a key was used for. The error is [ErrKeyReused] or one of KV.
func (v *View) Check(ctx context.Context, i *Idempotency) error {
	if i.Key == "" {
		return nil
	}
	before, ok, err := view[idempotent](ctx, v, "an Idempotency-Key", i.key())
	if err != nil {
		return err
	}
	if ok && before.Request != i.Request {
		return ErrKeyReused
	}
	i.made = before.ID
	return nil
}

// Made returns the id of the object that was created under the key, if that is visible here.
func (i *Idempotency) Made() string { return i.made }

// Earlier returns the ids under which this request may already have created its object. There are
// none without an Idempotency-Key.
func (i *Idempotency) Earlier(kind checkout.Kind) []string {
	switch {
	case i.Key == "":
		return nil
	case i.made != "":
		return []string{i.made}
	}
	return []string{i.derive(kind, i.Day), i.derive(kind, i.Day.AddDate(0, 0, -1))}
}

// NewID returns the id of the object that this request creates.
func (i *Idempotency) NewID(kind checkout.Kind, now time.Time, entropy io.Reader) (string, error) {
	if i.Key == "" {
		return checkout.NewID(kind, now, entropy)
	}
	return i.derive(kind, i.Day), nil
}

func (i *Idempotency) derive(kind checkout.Kind, day time.Time) string {
	return checkout.DeriveID(kind, i.Salt, day, i.Merchant, i.Scope, i.Key, i.Request)
}

// Remember adds the record that the key created an object.
func (v *View) Remember(i *Idempotency, id string, now time.Time) {
	v.indexes = append(v.indexes, i.entries(id, now)...)
}

// RememberLast is like [View.Remember] but writes in the last trip. It is for what a retry must not
// create again after it was deleted.
func (v *View) RememberLast(i *Idempotency, id string, now time.Time) {
	v.records = append(v.records, i.entries(id, now)...)
}

func (i *Idempotency) entries(id string, now time.Time) []entry {
	if i.Key == "" {
		return nil
	}
	// If different requests race under one key, it does not matter which of them gets the key.
	return []entry{{key: i.key(), value: Encode(idempotent{i.Request, id}), expiresAt: now.Add(IdempotencyLifetime), derived: true}}
}
