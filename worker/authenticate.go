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

// authenticate sets the merchant and the mode of the request's API key.
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
		return errAPIKeyInvalid // what cannot be a key needs no read
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
	merchant, err := c.view.Merchant(c.ctx, key.Merchant)
	if err != nil {
		return nil, err
	}
	if merchant == nil {
		return nil, errAPIKeyInvalid
	}
	return &identity{*key, *merchant}, nil
}

// AdminTokens are the SHA-256 hashes of tokens, any of which authenticates the operator.
type AdminTokens [][sha256.Size]byte

// minAdminToken is the minimum length of a token in characters.
const minAdminToken = 16

var errAdminTokens = errors.New("an admin token is too short")

// ParseAdminTokens parses tokens separated by commas; an empty list has none.
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

// Has reports whether given is one of the tokens. It compares hashes, and always with all tokens,
// so its timing discloses neither which token matches nor how long the tokens are.
func (tokens AdminTokens) Has(given string) bool {
	hash, found := sha256.Sum256([]byte(given)), 0
	for _, token := range tokens {
		found |= subtle.ConstantTimeCompare(token[:], hash[:])
	}
	return found == 1
}

// authenticateOperator requires one of the operator's tokens.
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

// identity is the merchant behind an API key. It is shared by all requests with the key and must
// not be changed.
type identity struct {
	key      store.APIKey
	merchant store.Merchant
}

// keyLifetime is how long an instance caches a key. KV's own cache adds 30 s or more, so a revoked
// key stops working everywhere within about a minute.
const keyLifetime = 30 * time.Second

// maxKeys limits the cache. When it is full it is emptied, which costs two reads a key.
const maxKeys = 512

// keyCache caches API keys by their SHA-256, so the time of a look-up discloses nothing about the
// keys in it.
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
