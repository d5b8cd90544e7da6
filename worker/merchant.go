package worker

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

type merchantObject struct {
	ID          string  `json:"id"`
	Object      string  `json:"object"`
	Name        string  `json:"name"`
	AccountTest *string `json:"account_test"`
	AccountLive *string `json:"account_live"`
	CreatedAt   string  `json:"created_at"`
	UpdatedAt   string  `json:"updated_at"`
}

func merchantView(m store.Merchant) any {
	return merchantObject{m.ID, "merchant", m.Name, optional(string(m.AccountTest)), optional(string(m.AccountLive)), timestamp(m.CreatedAt), timestamp(m.UpdatedAt)}
}

// account returns a G… account; "" if it is absent.
func (p *params) account(name string) stellar.Address {
	s := p.text(name, 1000)
	if s == "" {
		return ""
	}
	address, err := stellar.ParseAddress(s)
	if err != nil {
		p.fail(invalid(name, "%s must be a Stellar account (G and 55 more characters, with a valid checksum).", name))
	}
	return address
}

// byOperator stands in the place of a mode where the operator made something under an Idempotency-Key: the merchant's own keys are others.
const byOperator stellar.Mode = "operator"

// createMerchant is POST /merchants. Two that race under one Idempotency-Key make one merchant, whose salt is that of the later one: nothing
// is derived from it before there is an API key.
func createMerchant(c *call) (answer, error) {
	p := newParams(c.body)
	m := store.Merchant{Name: p.required("name", 100, ""), AccountTest: p.account("account_test"), AccountLive: p.account("account_live")}
	if err := p.done(); err != nil {
		return answer{}, err
	}
	idem, err := c.idempotencyOf(store.Merchant{}, byOperator, func(i idempotency) []string {
		return keysOf(i.earlier(checkout.KindMerchant), store.MerchantKey)
	})
	if err != nil {
		return answer{}, err
	}
	for _, earlier := range idem.earlier(checkout.KindMerchant) {
		if made, ok, err := get[store.Merchant](c, store.MerchantKey(earlier)); err != nil {
			return answer{}, err
		} else if ok {
			return jsonAnswer(merchantView(made))
		}
	}
	if m.ID, err = idem.newID(c, checkout.KindMerchant); err != nil {
		return answer{}, err
	}
	m.Salt = make([]byte, 32)
	if _, err := io.ReadFull(c.platform.Entropy, m.Salt); err != nil {
		return answer{}, err
	}
	m.CreatedAt = c.began
	return c.storeMerchant(m, true, idem.entries(c, m.ID)...)
}

// storeMerchant writes a merchant that was made just now, or changed.
func (c *call) storeMerchant(m store.Merchant, made bool, more ...kv.Entry) (answer, error) {
	m.UpdatedAt = c.began
	if err := c.platform.Store.Put(c.ctx, append(more, kv.Entry{Key: store.MerchantKey(m.ID), Value: store.Encode(m), Derived: made})...); err != nil {
		return answer{}, err
	}
	return jsonAnswer(merchantView(m))
}

// merchantOfPath reads the merchant that the path names.
func (c *call) merchantOfPath() (store.Merchant, error) {
	id := c.path("id")
	if _, err := checkout.ParseID(checkout.KindMerchant, id); err != nil {
		return store.Merchant{}, notFound("merchant", id)
	}
	m, ok, err := get[store.Merchant](c, store.MerchantKey(id))
	if err == nil && !ok {
		err = notFound("merchant", id)
	}
	return m, err
}

// getMerchant is GET /merchants/{id}.
func getMerchant(c *call) (answer, error) {
	m, err := c.merchantOfPath()
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(merchantView(m))
}

// updateMerchant is PUT /merchants/{id}. What is not sent stays; null removes an account. Checkouts keep the account they were made with.
func updateMerchant(c *call) (answer, error) {
	m, err := c.merchantOfPath()
	if err != nil {
		return answer{}, err
	}
	p := newParams(c.body)
	if name := p.text("name", 100); p.has("name") {
		if m.Name = name; isBlank(name) {
			p.fail(missing("name", "name must not be empty."))
		}
	}
	if account := p.account("account_test"); p.has("account_test") {
		m.AccountTest = account
	}
	if account := p.account("account_live"); p.has("account_live") {
		m.AccountLive = account
	}
	if err := p.done(); err != nil {
		return answer{}, err
	}
	return c.storeMerchant(m, false)
}

type keyObject struct {
	ID        string `json:"id"`
	Object    string `json:"object"`
	Secret    string `json:"secret"`
	Livemode  bool   `json:"livemode"`
	CreatedAt string `json:"created_at"`
}

// createKey is POST /merchants/{id}/keys. The secret is in this answer and nowhere else: the store has its SHA-256.
func createKey(c *call) (answer, error) {
	id := c.path("id")
	if _, err := checkout.ParseID(checkout.KindMerchant, id); err != nil {
		return answer{}, notFound("merchant", id)
	}
	idem, refused := c.idempotencyOf(store.Merchant{ID: id}, byOperator, func(idempotency) []string { return []string{store.MerchantKey(id)} })
	m, err := c.merchantOfPath()
	if err != nil {
		return answer{}, err
	}
	p := newParams(c.body)
	key := store.APIKey{Merchant: m.ID, Mode: stellar.ModeOf(p.boolean("livemode")), CreatedAt: c.began}
	if err := p.done(); err != nil {
		return answer{}, err
	}
	if refused != nil {
		return answer{}, refused
	}
	idem.owner = m
	if idem.id != "" {
		secret := c.deriveSecret(m, idem.id, key.Mode)
		if made, ok, err := get[store.APIKey](c, store.APIKeyKey(secret)); err != nil {
			return answer{}, err
		} else if ok {
			return jsonAnswer(keyView(made, secret))
		}
		return answer{}, &Error{CodeIdempotencyKeyReused, "The API key that this Idempotency-Key made was revoked, or can be told no more; take a new Idempotency-Key.", "Idempotency-Key"}
	}
	if key.ID, err = idem.newID(c, checkout.KindKey); err != nil {
		return answer{}, err
	}
	secret := c.deriveSecret(m, key.ID, key.Mode)
	if idem.key == "" {
		random := make([]byte, secretDigits/2)
		if _, err := io.ReadFull(c.platform.Entropy, random); err != nil {
			return answer{}, err
		}
		secret = secretOf(random, key.Mode)
	}
	w := writes{
		indexes: []kv.Entry{
			{Key: store.APIKeyKey(secret), Value: store.Encode(key), Derived: true},
			{Key: store.MerchantAPIKeyKey(m.ID, key.ID), Value: []byte(store.APIKeyKey(secret)), Derived: true},
		},
		// Written last, since it says that the key was made: a revoked one must not come back by a retry. A retry that does not see it
		// derives the same secret.
		records: idem.entries(c, key.ID),
	}
	if err := c.store(w); err != nil {
		return answer{}, err
	}
	return jsonAnswer(keyView(key, secret))
}

func keyView(key store.APIKey, secret string) keyObject {
	return keyObject{key.ID, "api_key", secret, key.Mode.IsLive(), timestamp(key.CreatedAt)}
}

// deriveSecret makes the secret of a key that is made under an Idempotency-Key, so that a retry gets it again. It takes the operator's token
// as well as what is stored: who reads the store learns no secret.
func (c *call) deriveSecret(m store.Merchant, keyID string, mode stellar.Mode) string {
	mac := hmac.New(sha256.New, c.config.AdminTokens[0][:])
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

type deletedObject struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Deleted bool   `json:"deleted"`
}

// deleteKey is DELETE /merchants/{id}/keys/{key_id}: the key is dead within about a minute everywhere.
func deleteKey(c *call) (answer, error) {
	id, keyID := c.path("id"), c.path("key_id")
	if _, err := checkout.ParseID(checkout.KindMerchant, id); err != nil {
		return answer{}, notFound("merchant", id)
	}
	if _, err := checkout.ParseID(checkout.KindKey, keyID); err != nil {
		return answer{}, notFound("API key", keyID)
	}
	index := store.MerchantAPIKeyKey(id, keyID)
	values, err := c.platform.Store.Get(c.ctx, index)
	if err != nil {
		return answer{}, err
	}
	if values[0] == nil {
		return answer{}, notFound("API key", keyID)
	}
	// The index goes last: as long as it is there, the removal can be repeated.
	if err := c.platform.Store.Delete(c.ctx, string(values[0])); err != nil {
		return answer{}, fmt.Errorf("removing the key: %w", err)
	}
	if err := c.platform.Store.Delete(c.ctx, index); err != nil {
		return answer{}, fmt.Errorf("removing the key's index: %w", err)
	}
	return jsonAnswer(deletedObject{keyID, "api_key", true})
}
