package event

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"strings"
)

// Secret is the key of an endpoint's signatures, 32 bytes.
type Secret []byte

// secretBytes is the size of a [Secret]. Standard Webhooks allows 24 to 64 bytes.
const secretBytes = 32

const secretPrefix = "whsec_"

// String returns the secret as merchants see it.
func (s Secret) String() string { return secretPrefix + base64.StdEncoding.EncodeToString(s) }

// NewSecret makes a secret from entropy, which must be cryptographically secure.
func NewSecret(entropy io.Reader) (Secret, error) {
	s := make(Secret, secretBytes)
	_, err := io.ReadFull(entropy, s)
	return s, err
}

// Vault encrypts the secrets of endpoints. Its keys are derived from secrets of the deployment, the
// newest first: the first key encrypts, all of them decrypt.
type Vault []vaultKey

type vaultKey struct {
	aead   cipher.AEAD
	nonces []byte // key of the nonces
	made   []byte // key of the secrets that are derived
}

// ErrSealed reports that no key of the vault opens what was sealed.
var ErrSealed = errors.New("event: no key of this deployment opens the secret")

// NewVault derives a vault from secrets of the deployment, separated by commas, newest first. Each
// must have at least 32 bytes of entropy.
func NewVault(secrets string) (Vault, error) {
	var v Vault
	for word := range strings.SplitSeq(secrets, ",") {
		key, err := hkdf.Key(sha256.New, []byte(strings.TrimSpace(word)), nil, "edge-checkout webhook secrets", 3*32)
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(key[:32])
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, err
		}
		v = append(v, vaultKey{aead, key[32:64], key[64:]})
	}
	return v, nil
}

// Derive makes the secret of an endpoint from what names the request for it. So a retry gets the
// same one, also while it cannot see yet what the first request has stored.
func (v Vault) Derive(parts ...string) Secret { return mac(v[0].made, parts...)[:secretBytes] }

// Seal encrypts the secret of an endpoint. The nonce is derived, so that racing writers of one
// secret write the same bytes.
func (v Vault) Seal(webhook string, s Secret) []byte {
	nonce := mac(v[0].nonces, webhook, string(s))[:v[0].aead.NonceSize()]
	return v[0].aead.Seal(nonce, nonce, s, []byte(webhook))
}

// Open decrypts the secret of an endpoint. old says that another than the first key opened it, so
// that it should be sealed again. The error is [ErrSealed].
func (v Vault) Open(webhook string, sealed []byte) (s Secret, old bool, err error) {
	for i, key := range v {
		size := key.aead.NonceSize()
		if len(sealed) < size {
			break
		}
		if s, err := key.aead.Open(nil, sealed[:size], sealed[size:], []byte(webhook)); err == nil {
			return s, i > 0, nil
		}
	}
	return nil, false, ErrSealed
}

// mac is the HMAC-SHA256 of parts, none of which contains a NUL but the last.
func mac(key []byte, parts ...string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(strings.Join(parts, "\x00")))
	return m.Sum(nil)
}
