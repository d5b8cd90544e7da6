package store

import (
	"context"
	"errors"
	"io"
	"time"

	"edgecheckout/worker/checkout"
)

// IdempotencyLifetime is how long a key answers with the object it made; the API promises 24 hours.
const IdempotencyLifetime = 48 * time.Hour

// ErrKeyReused reports an Idempotency-Key that was used for another request.
var ErrKeyReused = errors.New("store: the Idempotency-Key was used for another request")

// Idempotency makes the same request under the same key make the same object, wherever and however often at once. The
// object's id is derived from merchant, key and request, so that racing requests write the same record; the stored
// record only serves to notice a key that is used for something else.
//
// That takes as long as the store needs to show it, a minute at most. Different requests that race under one key before
// make an object each, never one with the content of another; from then on the key belongs to the same one of them
// everywhere, and all others are refused.
type Idempotency struct {
	Key      string // "" if the caller did not send one
	Merchant string // whose key it is; "" where the operator makes a merchant
	Scope    string // keeps apart what may have the same keys: a mode, or the operator
	Salt     []byte // the merchant's
	Request  string // SHA-256 of route and body, in hexadecimal
	Day      time.Time
	made     string // id of the object that was made before, if the store already shows it
}

// idempotent is what was made under a key.
type idempotent struct {
	Request string `json:"request"`
	ID      string `json:"id"`
}

func (i *Idempotency) key() Key {
	return Key{"idempotency/" + i.Merchant + "/" + i.Scope + "/" + hash(i.Key)}
}

// FetchIdempotency reads what a key was used for, and the other keys in the same trip. The error is [ErrKeyReused], or
// KV's.
func (v *View) FetchIdempotency(ctx context.Context, i *Idempotency, keys ...Key) error {
	if i.Key == "" {
		return v.Fetch(ctx, keys...)
	}
	if err := v.Fetch(ctx, append(keys, i.key())...); err != nil {
		return err
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

// Made returns the id of the object that the key made, if the store already shows it.
func (i *Idempotency) Made() string { return i.made }

// Earlier returns the ids under which this request may have made its object already: none without a key.
func (i *Idempotency) Earlier(kind checkout.Kind) []string {
	switch {
	case i.Key == "":
		return nil
	case i.made != "":
		return []string{i.made}
	}
	return []string{i.derive(kind, i.Day), i.derive(kind, i.Day.AddDate(0, 0, -1))}
}

// NewID returns the id for the object that this request makes.
func (i *Idempotency) NewID(kind checkout.Kind, now time.Time, entropy io.Reader) (string, error) {
	if i.Key == "" {
		return checkout.NewID(kind, now, entropy)
	}
	return i.derive(kind, i.Day), nil
}

func (i *Idempotency) derive(kind checkout.Kind, day time.Time) string {
	return checkout.DeriveID(kind, i.Salt, day, i.Merchant, i.Scope, i.Key, i.Request)
}

// Remember adds that a key made an object.
func (v *View) Remember(i *Idempotency, id string, now time.Time) {
	v.indexes = append(v.indexes, i.entries(id, now)...)
}

// RememberLast is Remember in the last trip, for what must not come back by a retry after it was deleted.
func (v *View) RememberLast(i *Idempotency, id string, now time.Time) {
	v.records = append(v.records, i.entries(id, now)...)
}

func (i *Idempotency) entries(id string, now time.Time) []entry {
	if i.Key == "" {
		return nil
	}
	// Of different requests that race under one key it belongs to one, whichever.
	return []entry{{key: i.key(), value: Encode(idempotent{i.Request, id}), expiresAt: now.Add(IdempotencyLifetime), derived: true}}
}
