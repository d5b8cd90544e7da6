// Package signin lets owners of accounts into the console: challenges that their wallets sign
// (SEP-10), and the sessions that follow. It does no I/O; clock and entropy are arguments.
package signin

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"strings"
	"sync"

	"github.com/stellar/go/strkey"

	"edgecheckout/worker/stellar"
)

// Keys sign challenges, sessions and forms. They are derived from a secret of the deployment when
// they are first used, so that they cost nothing at the start.
type Keys struct{ derive func() keys }

type keys struct {
	challenges ed25519.PrivateKey
	account    stellar.Address // of challenges
	sessions   []byte
	forms      []byte
	ids        []byte // of sessions
	salts      []byte
}

// NewKeys derives keys from secrets of the deployment, separated by commas, newest first. Only the
// newest one counts: a rotation ends all sessions.
func NewKeys(secrets string) Keys {
	newest, _, _ := strings.Cut(secrets, ",")
	return Keys{sync.OnceValue(func() keys {
		const size = 32
		b, err := hkdf.Key(sha256.New, []byte(strings.TrimSpace(newest)), nil, "edge-checkout sign-in", 5*size)
		if err != nil {
			panic("signin: " + err.Error()) // only for a size that the function does not support
		}
		k := keys{challenges: ed25519.NewKeyFromSeed(b[:size]), sessions: b[size : 2*size], forms: b[2*size : 3*size], ids: b[3*size : 4*size], salts: b[4*size:]}
		public := k.challenges.Public().(ed25519.PublicKey)
		k.account = stellar.Address(strkey.MustEncode(strkey.VersionByteAccountID, public))
		return k
	})}
}

// Account is the account whose key signs challenges: SIGNING_KEY of SEP-1.
func (k Keys) Account() stellar.Address { return k.derive().account }

// Salt derives the secret salt of a merchant who signs up.
func (k Keys) Salt(merchant string) []byte { return mac(k.derive().salts, merchant) }

// mac is the HMAC-SHA256 of parts, none of which contains a NUL but the last.
func mac(key []byte, parts ...string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(strings.Join(parts, "\x00")))
	return m.Sum(nil)
}
