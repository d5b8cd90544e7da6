package store

import (
	"context"
	"slices"
	"time"

	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
)

// APIKey is what a secret authorizes. The store holds only the SHA-256 of the secret.
type APIKey struct {
	ID        string       `json:"id"`
	Merchant  string       `json:"merchant"`
	Mode      stellar.Mode `json:"mode"`
	CreatedAt time.Time    `json:"created_at"`
	// ReadOnly keys may only ask.
	ReadOnly bool `json:"read_only,omitempty"`
	// Name is what the owner calls it; empty for keys that the operator makes.
	Name string `json:"name,omitempty"`
	// Revoked keys authorize nothing. They are forgotten after keepRevoked.
	Revoked bool `json:"revoked,omitempty"`
}

// keepRevoked is for how long a revoked key is remembered: much longer than anybody can see it as it
// was before, and long enough to repeat a revocation that failed half way.
const keepRevoked = 24 * time.Hour

// APIKeyKey names an [APIKey] by its secret.
func APIKeyKey(secret string) Key { return Key{kv.BriefPrefix + hash(secret)} }

// indexedAPIKey is a key in the index of a merchant's keys. It says where the [APIKey] is, and what
// a list shows of it.
type indexedAPIKey struct {
	APIKey
	Record string `json:"record"` // the name of APIKeyKey
	entry  Key    // of the index
}

func apiKeyIndexPrefix(merchant string) string { return "merchant-key/" + merchant + "/" }

func apiKeyIndexKey(merchant, id string) Key { return Key{apiKeyIndexPrefix(merchant) + id} }

// APIKey reads what a secret authorizes; nil if it is unknown or revoked.
func (v *View) APIKey(ctx context.Context, secret string) (*APIKey, error) {
	k, ok, err := view[APIKey](ctx, v, "an API key", APIKeyKey(secret))
	if err != nil || !ok || k.Revoked {
		return nil, err
	}
	return &k, nil
}

// CreateAPIKey adds a key. Remember its Idempotency-Key with [View.RememberLast].
func (v *View) CreateAPIKey(k APIKey, secret string) {
	v.indexes = append(v.indexes,
		entry{key: APIKeyKey(secret), value: Encode(k), derived: true},
		entry{key: apiKeyIndexKey(k.Merchant, k.ID), value: Encode(indexedAPIKey{APIKey: k, Record: APIKeyKey(secret).name}), derived: true})
}

// maxAPIKeys is the most keys of a merchant that are listed.
const maxAPIKeys = 1000

// APIKeys reads the keys of a merchant, the newest first, at most [maxAPIKeys]. Their secrets are
// not stored. A key that was made or revoked less than a minute ago may be missing or still there.
func (s Store) APIKeys(ctx context.Context, merchant string) ([]APIKey, error) {
	indexed, err := s.listAPIKeys(ctx, merchant)
	if err != nil {
		return nil, err
	}
	var keys []APIKey
	for _, k := range indexed {
		if !k.Revoked {
			keys = append(keys, k.APIKey)
		}
	}
	slices.Reverse(keys) // ids sort by time
	return keys, nil
}

func (s Store) listAPIKeys(ctx context.Context, merchant string) ([]indexedAPIKey, error) {
	var entries []Key
	// A page may be short, or empty, although more follow.
	for cursor, more := "", true; more && len(entries) < maxAPIKeys; more = cursor != "" {
		page, err := s.list(ctx, "API keys", apiKeyIndexPrefix(merchant), cursor, maxAPIKeys)
		if err != nil {
			return nil, err
		}
		for _, name := range page.Keys {
			entries = append(entries, Key{name})
		}
		cursor = page.Cursor
	}
	if len(entries) == 0 {
		return nil, nil
	}
	return s.indexedAPIKeys(ctx, entries...)
}

// indexedAPIKeys reads entries of the index; those that are not there are left out.
func (s Store) indexedAPIKeys(ctx context.Context, entries ...Key) ([]indexedAPIKey, error) {
	values, err := s.get(ctx, "the index of API keys", entries...)
	if err != nil {
		return nil, err
	}
	var keys []indexedAPIKey
	for i, value := range values {
		k, ok, err := Decode[indexedAPIKey](value)
		if err != nil {
			return nil, err
		}
		if ok {
			k.entry = entries[i]
			keys = append(keys, k)
		}
	}
	return keys, nil
}

// RevokeAPIKey revokes a key and reports whether it existed. The key stops working here at once,
// and everywhere within a minute.
func (s Store) RevokeAPIKey(ctx context.Context, merchant, id string, now time.Time) (bool, error) {
	found, err := s.indexedAPIKeys(ctx, apiKeyIndexKey(merchant, id))
	if err != nil {
		return false, err
	}
	return len(found) > 0 && !found[0].Revoked, s.revoke(ctx, found, now)
}

// RevokeAPIKeys revokes the keys of a merchant that were made at or after a time, like
// [Store.RevokeAPIKey], and returns their ids, the newest first.
func (s Store) RevokeAPIKeys(ctx context.Context, merchant string, since, now time.Time) ([]string, error) {
	found, err := s.listAPIKeys(ctx, merchant)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(k indexedAPIKey) bool { return k.CreatedAt.Before(since) })
	ids := []string{}
	for _, k := range found {
		if !k.Revoked {
			ids = append(ids, k.ID)
		}
	}
	slices.Reverse(ids)
	return ids, s.revoke(ctx, found, now)
}

// revoke writes that keys are revoked where they are looked up, and in the index. If that fails half
// way, it can be repeated: those that the index calls revoked are written again.
func (s Store) revoke(ctx context.Context, keys []indexedAPIKey, now time.Time) error {
	if len(keys) == 0 {
		return nil
	}
	var entries []entry
	for _, k := range keys {
		k.Revoked = true
		entries = append(entries,
			entry{key: Key{k.Record}, value: Encode(k.APIKey), expiresAt: now.Add(keepRevoked)},
			entry{key: k.entry, value: Encode(k), expiresAt: now.Add(keepRevoked)})
	}
	return s.put(ctx, "revoked API keys", entries...)
}
