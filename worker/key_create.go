package worker

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

type keyObject struct {
	ID          string `json:"id"`
	Object      string `json:"object"`
	Secret      string `json:"secret"`
	Scope       string `json:"scope"`
	Livemode    bool   `json:"livemode"`
	Environment string `json:"environment"`
	CreatedAt   string `json:"created_at"`
	UpdatedAt   string `json:"updated_at"` // that of its creation: a key never changes
}

// createKey is POST /merchants/{id}/keys. The secret is only in this response: the store has its
// SHA-256.
func createKey(c *call) (answer, error) {
	id, err := c.merchantID()
	if err != nil {
		return answer{}, err
	}
	idem, refused := c.operatorIdempotency(id, func(*store.Idempotency) []store.Key { return store.MerchantKeys(id) })
	m, err := c.merchantOfPath()
	if err != nil {
		return answer{}, err
	}
	p := newParams(c.request.Body)
	key := store.APIKey{Merchant: m.ID, Mode: stellar.ModeOf(p.boolean("livemode")), ReadOnly: p.scope("scope"), CreatedAt: c.began}
	if err := p.done(); err != nil {
		return answer{}, err
	}
	if refused != nil {
		return answer{}, refused
	}
	idem.Salt = m.Salt
	if idem.Made() != "" {
		secret := c.deriveSecret(m, idem.Made(), key.Mode)
		if made, err := c.view.APIKey(c.ctx, secret); err != nil {
			return answer{}, err
		} else if made != nil {
			return jsonAnswer(keyView(*made, secret))
		}
		return answer{}, &Error{CodeIdempotencyKeyReused, "The API key that this Idempotency-Key made was revoked, or can be told no more; take a new Idempotency-Key.", "Idempotency-Key"}
	}
	if key.ID, err = idem.NewID(checkout.KindKey, c.began, c.platform.Entropy); err != nil {
		return answer{}, err
	}
	secret := c.deriveSecret(m, key.ID, key.Mode)
	if idem.Key == "" {
		random := make([]byte, secretDigits/2)
		if _, err := io.ReadFull(c.platform.Entropy, random); err != nil {
			return answer{}, err
		}
		secret = secretOf(random, key.Mode)
	}
	c.view.CreateAPIKey(key, secret)
	// The record is written last because it says that the key exists: a retry must not bring back a
	// revoked key. A retry that does not see the record derives the same secret.
	c.view.RememberLast(idem, key.ID, c.platform.Now())
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	return jsonAnswer(keyView(key, secret))
}

func keyView(key store.APIKey, secret string) keyObject {
	return keyObject{key.ID, "api_key", secret, scopeOf(key), key.Mode.IsLive(), environment(key.Mode), timestamp(key.CreatedAt), timestamp(key.CreatedAt)}
}

// deriveSecret derives the secret of a key that is created with an Idempotency-Key, so that a retry
// returns the same secret. The derivation includes the operator's token, so nobody can compute
// secrets from the store alone.
func (c *call) deriveSecret(m store.Merchant, keyID string, mode stellar.Mode) string {
	mac := hmac.New(sha256.New, c.config.AdminTokens[0].hash[:])
	mac.Write(m.Salt)
	mac.Write([]byte(keyID))
	return secretOf(mac.Sum(nil), mode)
}

func secretOf(random []byte, mode stellar.Mode) string {
	if mode == stellar.Live {
		return liveKeyPrefix + hex.EncodeToString(random)
	}
	return testKeyPrefix + hex.EncodeToString(random)
}
