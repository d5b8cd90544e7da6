package worker

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
	"unicode/utf8"

	"edgecheckout/worker/store"
)

const maxIdempotencyKey = 255

// idempotency reads what a merchant's Idempotency-Key was used for, in one trip with the other keys
// that the request needs. Those may depend on the Idempotency-Key.
func (c *call) idempotency(keys func(*store.Idempotency) []store.Key) (*store.Idempotency, error) {
	i, err := c.merchantIdempotency()
	if err != nil {
		return i, err
	}
	return i, c.readIdempotency(i, keys(i)...)
}

// merchantIdempotency is a merchant's Idempotency-Key, before it is read what it was used for.
func (c *call) merchantIdempotency() (*store.Idempotency, error) {
	i := &store.Idempotency{Merchant: c.Merchant.ID, Scope: string(c.Mode), Salt: c.Merchant.Salt}
	return i, c.identifyRequest(i)
}

// operatorScope replaces the mode for the operator's requests, whose Idempotency-Keys are separate
// from those of merchants.
const operatorScope = "operator"

// operatorIdempotency is like idempotency, for what the operator creates: for a merchant, or if
// merchant is "", a merchant itself.
func (c *call) operatorIdempotency(merchant string, keys func(*store.Idempotency) []store.Key) (*store.Idempotency, error) {
	i := &store.Idempotency{Merchant: merchant, Scope: operatorScope}
	if err := c.identifyRequest(i); err != nil {
		return i, err
	}
	return i, c.readIdempotency(i, keys(i)...)
}

// identifyRequest says which request it is under which Idempotency-Key, if one was sent.
func (c *call) identifyRequest(i *store.Idempotency) error {
	given, sent := c.request.Header.Get("Idempotency-Key")
	if !sent {
		return nil
	}
	i.Key = given
	if n := utf8.RuneCountInString(i.Key); n == 0 || n > maxIdempotencyKey {
		return invalid("Idempotency-Key", "Idempotency-Key has %d characters; it must have 1 to %d, or not be sent.", n, maxIdempotencyKey)
	}
	digest := sha256.New()
	digest.Write([]byte(c.request.Method + " " + c.request.URL.Path + "?" + c.request.URL.RawQuery + "\n"))
	digest.Write(c.request.Body)
	i.Request = hex.EncodeToString(digest.Sum(nil))
	i.Day = c.began.Truncate(24 * time.Hour)
	return nil
}

func (c *call) readIdempotency(i *store.Idempotency, keys ...store.Key) error {
	if err := c.view.Fetch(c.ctx, append(keys, i.Keys()...)...); err != nil {
		return err
	}
	return c.checkIdempotency(i)
}

// checkIdempotency holds that the Idempotency-Key was used for no other request.
func (c *call) checkIdempotency(i *store.Idempotency) error {
	err := c.view.Check(c.ctx, i)
	if errors.Is(err, store.ErrKeyReused) {
		return &Error{CodeIdempotencyKeyReused, "This Idempotency-Key was used for another request; take a new key for each thing that you create.", "Idempotency-Key"}
	}
	return err
}
