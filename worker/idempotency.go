package worker

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
	"unicode/utf8"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// idempotency makes the same request under the same key make the same object, wherever and however often at once. The object's id is derived from
// merchant, key and request, so that racing requests write the same record; the stored record only serves to notice a
// key that is used for something else.
//
// That takes as long as the store needs to show it, a minute at most. Different requests that race under one key before make an object each,
// never one with the content of another; from then on the key belongs to the same one of them everywhere, and all others are refused.
type idempotency struct {
	key     string         // "" if the caller did not ask for it
	owner   store.Merchant // whose key it is
	mode    stellar.Mode
	request string
	day     time.Time
	id      string // of the object that was made before, if the store already shows it
}

const maxIdempotencyKey = 255

// idempotency reads what the caller's Idempotency-Key was used for. In the same trip it reads the keys
// that beside names, which the handler will ask for.
func (c *call) idempotency(beside func(i idempotency) []string) (idempotency, error) {
	return c.idempotencyOf(*c.merchant, c.mode, beside)
}

func (c *call) idempotencyOf(owner store.Merchant, mode stellar.Mode, beside func(i idempotency) []string) (idempotency, error) {
	given, sent := c.request.Header["Idempotency-Key"]
	if !sent {
		return idempotency{}, c.prefetch(beside(idempotency{})...)
	}
	key := strings.Join(given, ", ") // as whoever stands between may have joined them
	if n := utf8.RuneCountInString(key); n == 0 || n > maxIdempotencyKey {
		return idempotency{}, invalid("Idempotency-Key", "Idempotency-Key has %d characters; it must have 1 to %d, or not be sent.", n, maxIdempotencyKey)
	}
	digest := sha256.New()
	digest.Write([]byte(c.request.Method + " " + c.request.URL.Path + "?" + c.request.URL.RawQuery + "\n"))
	digest.Write(c.body)
	i := idempotency{
		key:     key,
		owner:   owner,
		mode:    mode,
		request: hex.EncodeToString(digest.Sum(nil)),
		day:     c.began.Truncate(24 * time.Hour),
	}
	name := store.IdempotencyKey(owner.ID, mode, key)
	if err := c.prefetch(append(beside(i), name)...); err != nil {
		return i, err
	}
	made, ok, err := get[store.Idempotent](c, name)
	if err != nil {
		return i, err
	}
	if ok && made.Request != i.request {
		return i, &Error{CodeIdempotencyKeyReused, "This Idempotency-Key was used for another request; take a new key for each thing that you create.", "Idempotency-Key"}
	}
	if ok {
		i.id = made.ID
	}
	return i, nil
}

// earlier returns the ids under which this request may have made its object already: none without a key.
func (i idempotency) earlier(kind checkout.Kind) []string {
	switch {
	case i.key == "":
		return nil
	case i.id != "":
		return []string{i.id}
	}
	return []string{i.derive(kind, i.day), i.derive(kind, i.day.AddDate(0, 0, -1))}
}

// newID returns the id for the object that this request makes.
func (i idempotency) newID(c *call, kind checkout.Kind) (string, error) {
	if i.key == "" {
		return checkout.NewID(kind, c.began, c.platform.Entropy)
	}
	return i.derive(kind, i.day), nil
}

func (i idempotency) derive(kind checkout.Kind, day time.Time) string {
	return checkout.DeriveID(kind, i.owner.Salt, day, i.owner.ID, string(i.mode), i.key, i.request)
}

// entries is what to store beside the object: at most one record.
func (i idempotency) entries(c *call, id string) []kv.Entry {
	if i.key == "" {
		return nil
	}
	return []kv.Entry{{
		Key:       store.IdempotencyKey(i.owner.ID, i.mode, i.key),
		Value:     store.Encode(store.Idempotent{Request: i.request, ID: id}),
		ExpiresAt: c.platform.Now().Add(store.IdempotencyLifetime),
		Derived:   true, // of different requests under one key it belongs to one
	}}
}
