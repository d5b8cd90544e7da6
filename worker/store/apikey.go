package store

import (
	"context"
	"time"

	"edgecheckout/worker/stellar"
)

// APIKey is what a secret authorizes. The store holds only the SHA-256 of the secret.
type APIKey struct {
	ID        string       `json:"id"`
	Merchant  string       `json:"merchant"`
	Mode      stellar.Mode `json:"mode"`
	CreatedAt time.Time    `json:"created_at"`
}

// APIKeyKey names an [APIKey] by its secret.
func APIKeyKey(secret string) Key { return Key{"apikey/" + hash(secret)} }

// merchantAPIKeyKey maps the id of a key to its [APIKeyKey].
func merchantAPIKeyKey(merchant, id string) Key { return Key{"merchant-key/" + merchant + "/" + id} }

// APIKey reads what a secret authorizes; nil if it is unknown or revoked.
func (v *View) APIKey(ctx context.Context, secret string) (*APIKey, error) {
	k, ok, err := view[APIKey](ctx, v, "an API key", APIKeyKey(secret))
	if err != nil || !ok {
		return nil, err
	}
	return &k, nil
}

// CreateAPIKey adds a key. Remember its Idempotency-Key with [View.RememberLast].
func (v *View) CreateAPIKey(k APIKey, secret string) {
	v.indexes = append(v.indexes,
		entry{key: APIKeyKey(secret), value: Encode(k), derived: true},
		entry{key: merchantAPIKeyKey(k.Merchant, k.ID), value: []byte(APIKeyKey(secret).name), derived: true})
}

// DeleteAPIKey revokes a key and reports whether it existed. The key stops working here at once,
// and everywhere within about a minute.
func (s Store) DeleteAPIKey(ctx context.Context, merchant, id string) (bool, error) {
	index := merchantAPIKeyKey(merchant, id)
	values, err := s.get(ctx, "an API key's index", index)
	if err != nil || values[0] == nil {
		return false, err
	}
	// The index is deleted last, so that a revocation which failed half way can be repeated.
	if err := s.delete(ctx, "an API key", Key{string(values[0])}); err != nil {
		return false, err
	}
	return true, s.delete(ctx, "an API key's index", index)
}
