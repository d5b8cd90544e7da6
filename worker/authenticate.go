package worker

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// Prefixes of API keys; the rest is 32 random bytes in hexadecimal.
const (
	testKeyPrefix = "sk_test_"
	liveKeyPrefix = "sk_live_"
	secretDigits  = 64
)

var errAPIKeyInvalid = &Error{Code: CodeAPIKeyInvalid, Message: "The API key in x-api-key is unknown or revoked."}

// authenticate finds the merchant and the mode that the request's API key stands for.
func (c *call) authenticate() error {
	secret := c.header("X-Api-Key")
	if secret == "" {
		return &Error{Code: CodeAPIKeyMissing, Message: "An API key is required: send it in the header x-api-key (sk_test_… or sk_live_…)."}
	}
	mode := stellar.Live
	rest, live := strings.CutPrefix(secret, liveKeyPrefix)
	if !live {
		mode = stellar.Test
		rest = strings.TrimPrefix(secret, testKeyPrefix)
	}
	if len(rest) != secretDigits || !isHex(rest) {
		return errAPIKeyInvalid // no KV read for what cannot be a key
	}
	identity, ok := c.keys.recall(secret, c.began)
	if !ok {
		var err error
		if identity, err = c.identify(secret); err != nil {
			return err
		}
		c.keys.keep(secret, identity, c.began)
	}
	if identity.key.Mode != mode {
		return errAPIKeyInvalid
	}
	c.Owner = store.Owner{Merchant: &identity.merchant, Mode: mode}
	if c.in(mode).network == nil {
		return &Error{Code: CodeNetworkMissing, Message: fmt.Sprintf("The key is right, but this deployment serves no %s mode: the operator has configured no Horizon for it.", c.Mode)}
	}
	return nil
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; !('0' <= c && c <= '9' || 'a' <= c && c <= 'f') {
			return false
		}
	}
	return true
}

func (c *call) identify(secret string) (*identity, error) {
	key, err := c.view.APIKey(c.ctx, secret)
	if err != nil {
		return nil, err
	}
	if key == nil {
		return nil, errAPIKeyInvalid
	}
	// Nearly every request of a merchant needs to know whether events are written, so it is read along.
	if err := c.view.Fetch(c.ctx, store.MerchantKey(key.Merchant), store.HasWebhooksKey(key.Merchant, key.Mode)); err != nil {
		return nil, err
	}
	merchant, err := c.view.Merchant(c.ctx, key.Merchant)
	if err != nil {
		return nil, err
	}
	if merchant == nil {
		return nil, errAPIKeyInvalid
	}
	if _, err := c.listens(c.ctx, c.view, key.Merchant, key.Mode); err != nil {
		return nil, err
	}
	return &identity{*key, *merchant}, nil
}

// AdminTokens are tokens by their SHA-256, any of which lets the operator in.
type AdminTokens [][sha256.Size]byte

// minAdminToken is how many characters a token has at least.
const minAdminToken = 16

var errAdminTokens = errors.New("an admin token is too short")

// ParseAdminTokens reads tokens that are separated by commas; none from nothing.
func ParseAdminTokens(list string) (AdminTokens, error) {
	if list == "" {
		return nil, nil
	}
	var tokens AdminTokens
	for word := range strings.SplitSeq(list, ",") {
		if word = strings.TrimSpace(word); len(word) < minAdminToken {
			return nil, errAdminTokens
		}
		tokens = append(tokens, sha256.Sum256([]byte(word)))
	}
	return tokens, nil
}

// Has compares hashes, with all tokens, so that the time it takes tells nothing: not which one fits, and not how long they are.
func (tokens AdminTokens) Has(given string) bool {
	hash, found := sha256.Sum256([]byte(given)), 0
	for _, token := range tokens {
		found |= subtle.ConstantTimeCompare(token[:], hash[:])
	}
	return found == 1
}

// authenticateOperator lets in whoever has one of the operator's tokens.
func (c *call) authenticateOperator() error {
	given, ok := strings.CutPrefix(c.header("Authorization"), "Bearer ")
	if !ok || given == "" {
		return &Error{Code: CodeAdminTokenMissing, Message: "The operator's token is required: send the header Authorization: Bearer {ADMIN_TOKEN}."}
	}
	if !c.config.AdminTokens.Has(given) {
		return &Error{Code: CodeAdminTokenInvalid, Message: "The operator's token is not the right one."}
	}
	return nil
}

// identity is whom a key stands for. It is shared by all requests with the key and must not be changed.
type identity struct {
	key      store.APIKey
	merchant store.Merchant
}

// keyLifetime is how long an instance believes a key it has seen. With the 30 s or more for which KV answers from its own cache a
// revoked key is dead within about a minute.
const keyLifetime = 30 * time.Second

// maxKeys bounds the cache; beyond it everything is forgotten, which costs two reads a key.
const maxKeys = 512

// keyCache remembers API keys by their SHA-256, so that the time which finding one takes says
// nothing about those that are there.
type keyCache struct {
	mu  sync.Mutex
	ids map[[sha256.Size]byte]remembered
}

type remembered struct {
	*identity
	until time.Time
}

func newKeyCache() *keyCache { return &keyCache{ids: map[[sha256.Size]byte]remembered{}} }

func (k *keyCache) recall(secret string, now time.Time) (*identity, bool) {
	hash := sha256.Sum256([]byte(secret))
	k.mu.Lock()
	defer k.mu.Unlock()
	r, ok := k.ids[hash]
	if !ok || !now.Before(r.until) {
		return nil, false
	}
	return r.identity, true
}

func (k *keyCache) keep(secret string, id *identity, now time.Time) {
	hash := sha256.Sum256([]byte(secret))
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.ids) >= maxKeys {
		clear(k.ids)
	}
	k.ids[hash] = remembered{id, now.Add(keyLifetime)}
}
