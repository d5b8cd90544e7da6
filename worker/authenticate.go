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
	if identity.key.ReadOnly && !c.reads() {
		return &Error{Code: CodeAPIKeyScope, Message: "This API key may only read; take one with the scope write."}
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
	// Nearly every request of a merchant needs to know whether events are written, so it is read
	// along.
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

// AdminToken is a token of an operator. Only its hash is kept.
type AdminToken struct {
	Name     string // as the log of operators' calls has it; empty if it has none
	ReadOnly bool   // it allows GET alone
	hash     [sha256.Size]byte
}

// AdminTokens are the tokens of operators, the newest first.
type AdminTokens []AdminToken

// minAdminToken is the minimum length of a token in characters.
const minAdminToken = 16

var errAdminTokens = errors.New("an admin token is too short")

// ParseAdminTokens reads tokens that are separated by commas; none from nothing. A token may have a
// name, and a scope: "ada=…,monitor:read=…".
func ParseAdminTokens(list string) (AdminTokens, error) {
	if list == "" {
		return nil, nil
	}
	var tokens AdminTokens
	for word := range strings.SplitSeq(list, ",") {
		word = strings.TrimSpace(word)
		var token AdminToken
		if name, rest, ok := strings.Cut(word, "="); ok && len(rest) >= minAdminToken {
			if name, token.ReadOnly = strings.CutSuffix(name, ":read"); isTokenName(name) {
				token.Name, word = name, rest
			} else {
				token.ReadOnly = false // no name but the beginning of a token
			}
		}
		if len(word) < minAdminToken {
			return nil, errAdminTokens
		}
		token.hash = sha256.Sum256([]byte(word))
		tokens = append(tokens, token)
	}
	return tokens, nil
}

// isTokenName reports whether a token's name has 1 to 32 lower-case letters, digits and hyphens.
func isTokenName(s string) bool {
	return s != "" && len(s) <= 32 && !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-')
	})
}

// find returns the given token; nil if there is none. It compares hashes, with all tokens, so that
// the time it takes says neither which one fits nor how long they are.
func (tokens AdminTokens) find(given string) *AdminToken {
	hash, found := sha256.Sum256([]byte(given)), -1
	for i := range tokens {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(tokens[i].hash[:], hash[:]), i, found)
	}
	if found < 0 {
		return nil
	}
	return &tokens[found]
}

// authenticateOperator lets in whoever has one of the operators' tokens. It logs who is refused.
func (c *call) authenticateOperator() error {
	given, ok := strings.CutPrefix(c.header("Authorization"), "Bearer ")
	if !ok || given == "" {
		return &Error{Code: CodeAdminTokenMissing, Message: "The operator's token is required: send the header Authorization: Bearer {ADMIN_TOKEN}."}
	}
	token := c.config.AdminTokens.find(given)
	if token == nil {
		c.audit("", "refused")
		return &Error{Code: CodeAdminTokenInvalid, Message: "The operator's token is not the right one."}
	}
	if token.ReadOnly && !c.reads() {
		c.audit(token.Name, "refused")
		return &Error{Code: CodeAdminTokenScope, Message: "This token may only read; take one without :read."}
	}
	c.token = token.Name
	return nil
}

// audit writes a line of the log of operators' calls.
func (c *call) audit(token, outcome string) {
	c.log(c.ctx, "operator", map[string]any{
		"token": token, "method": c.request.Method, "path": c.request.URL.Path, "outcome": outcome,
	})
}

// identity is whom a key stands for. It is shared by all requests with the key and must not be
// changed.
type identity struct {
	key      store.APIKey
	merchant store.Merchant
}

// keyLifetime is how long an instance caches a key. KV's own cache adds [kv.BriefStaleness], so a
// revoked key stops working everywhere within a minute.
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
