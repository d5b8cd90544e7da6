package worker

import (
	"encoding/hex"
	"fmt"
	"io"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/record"
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

func merchantView(m record.Merchant) any {
	return merchantObject{m.ID, "merchant", m.Name, optional(string(m.AccountTest)), optional(string(m.AccountLive)), timestamp(m.CreatedAt), timestamp(m.UpdatedAt)}
}

// account returns a G… account; "" if it is absent.
func (p *params) account(name string) checkout.Address {
	s := p.text(name, 1000)
	if s == "" {
		return ""
	}
	address, err := checkout.ParseAddress(s)
	if err != nil {
		p.fail(invalid(name, "%s must be a Stellar account (G and 55 more characters, with a valid checksum).", name))
	}
	return address
}

// createMerchant is POST /merchants.
func createMerchant(c *call) (answer, error) {
	p := newParams(c.body)
	m := record.Merchant{Name: p.required("name", 100, ""), AccountTest: p.account("account_test"), AccountLive: p.account("account_live")}
	if err := p.done(); err != nil {
		return answer{}, err
	}
	var err error
	if m.ID, err = checkout.NewID(checkout.KindMerchant, c.platform.Now(), c.platform.Entropy); err != nil {
		return answer{}, err
	}
	m.Salt = make([]byte, 32)
	if _, err := io.ReadFull(c.platform.Entropy, m.Salt); err != nil {
		return answer{}, err
	}
	m.CreatedAt = c.began
	return c.storeMerchant(m)
}

func (c *call) storeMerchant(m record.Merchant) (answer, error) {
	m.UpdatedAt = c.began
	if err := c.platform.Store.Put(c.ctx, kv.Entry{Key: record.MerchantKey(m.ID), Value: record.Encode(m)}); err != nil {
		return answer{}, err
	}
	return jsonAnswer(merchantView(m))
}

// merchantOfPath reads the merchant that the path names.
func (c *call) merchantOfPath() (record.Merchant, error) {
	id := c.path("id")
	if _, err := checkout.ParseID(checkout.KindMerchant, id); err != nil {
		return record.Merchant{}, notFound("merchant", id)
	}
	m, ok, err := get[record.Merchant](c, record.MerchantKey(id))
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
	return c.storeMerchant(m)
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
	m, err := c.merchantOfPath()
	if err != nil {
		return answer{}, err
	}
	p := newParams(c.body)
	livemode := p.boolean("livemode")
	if err := p.done(); err != nil {
		return answer{}, err
	}
	secret := make([]byte, secretDigits/2)
	if _, err := io.ReadFull(c.platform.Entropy, secret); err != nil {
		return answer{}, err
	}
	prefix := testKeyPrefix
	if livemode {
		prefix = liveKeyPrefix
	}
	key := record.APIKey{Merchant: m.ID, Livemode: livemode, CreatedAt: c.began}
	if key.ID, err = checkout.NewID(checkout.KindKey, c.platform.Now(), c.platform.Entropy); err != nil {
		return answer{}, err
	}
	text := prefix + hex.EncodeToString(secret)
	err = c.platform.Store.Put(c.ctx,
		kv.Entry{Key: record.APIKeyKey(text), Value: record.Encode(key)},
		kv.Entry{Key: record.MerchantAPIKeyKey(m.ID, key.ID), Value: []byte(record.APIKeyKey(text))})
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(keyObject{key.ID, "api_key", text, livemode, timestamp(key.CreatedAt)})
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
	index := record.MerchantAPIKeyKey(id, keyID)
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
