package signin

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/stellar/go/strkey"

	"edgecheckout/worker/stellar"
)

// ChallengeLifetime is how long a challenge can be signed, as SEP-10 recommends.
const ChallengeLifetime = 15 * time.Minute

// skew is how far the clock of another data centre may be ahead.
const skew = time.Minute

// MaxDomain is the longest domain of a [Site]: with " auth" it fills the 64 bytes that the name of
// a data entry may have.
const MaxDomain = 59

// Site is where somebody signs in.
type Site struct {
	Domain     string // host, and port if it is not the usual one; at most [MaxDomain] bytes
	Passphrase string // of the network whose account signs
}

// Challenge is a transaction that cannot be submitted, since its sequence number is 0. Whoever
// signs it shows that they hold the keys of an account (SEP-10, version 3.4).
type Challenge struct {
	Account stellar.Address
	Issued  time.Time // whole seconds
	Nonce   string    // base64 of 48 bytes
}

// nonceBytes is the size of a nonce before base64 (SEP-10).
const nonceBytes = 48

// NewChallenge makes a challenge for an account.
func NewChallenge(account stellar.Address, now time.Time, entropy io.Reader) (Challenge, error) {
	nonce := make([]byte, nonceBytes)
	if _, err := io.ReadFull(entropy, nonce); err != nil {
		return Challenge{}, err
	}
	return Challenge{account, time.Unix(now.Unix(), 0).UTC(), base64.StdEncoding.EncodeToString(nonce)}, nil
}

var (
	// ErrChallenge reports what is no challenge of this site, or one that was changed.
	ErrChallenge = errors.New("the transaction is not a challenge of this service; sign the one that was shown, unchanged")
	// ErrExpired reports a challenge whose time is over.
	ErrExpired = errors.New("the challenge is more than 15 minutes old; ask for a new one")
	// ErrUnsigned reports a challenge without a signature of the account.
	ErrUnsigned = errors.New("the challenge is not signed by a signer of the account")
	// ErrForeign reports a signature that no signer of the account has made.
	ErrForeign = errors.New("the challenge has a signature that no signer of the account has made")
	// ErrSigners reports more signatures than are checked.
	ErrSigners = fmt.Errorf("the challenge may be signed by %d signers at most", MaxSigners)
	// ErrWeight reports signers who may not act for the account.
	ErrWeight = errors.New("the signers of the challenge have less weight together than the account's medium threshold")
)

// Parts of the XDR (Stellar-transaction.x).
const (
	envelopeTypeTx = 2
	keyTypeEd25519 = 0
	precondTime    = 1
	memoNone       = 0
	operationData  = 10
	present        = 1 // of an optional value
	challengeFee   = 200
	keyBytes       = 32
	hintBytes      = 4
)

// MaxSigners is how many signers may sign a challenge together. Anybody can have a challenge and sign
// it, and it takes half a millisecond to check a signature in WebAssembly.
const MaxSigners = 9

// maxOwn is how many signatures are tried that are said to be the service's own.
const maxOwn = 2

// Where the parts of a challenge are that differ from one to the next. Everything before the
// account has a fixed size; the nonce stands behind the name of its entry.
const (
	offsetIssued  = 4 + 4 + keyBytes + 4 + 8 + 4
	offsetAccount = offsetIssued + 8 + 8 + 4 + 4 + 4 + 4
)

// tagged is the transaction preceded by its envelope type, as it is both sent and hashed.
func (c Challenge) tagged(server stellar.Address, domain string) []byte {
	put := binary.BigEndian.AppendUint32
	b := put(make([]byte, 0, 512), envelopeTypeTx)
	b = appendKey(b, server)
	b = put(b, challengeFee)
	b = binary.BigEndian.AppendUint64(b, 0) // the sequence number, which no transaction can have
	b = put(b, precondTime)
	b = binary.BigEndian.AppendUint64(b, uint64(c.Issued.Unix()))
	b = binary.BigEndian.AppendUint64(b, uint64(c.Issued.Add(ChallengeLifetime).Unix()))
	b = put(b, memoNone)
	b = put(b, 2)
	b = appendData(b, c.Account, domain+" auth", c.Nonce)
	b = appendData(b, server, "web_auth_domain", domain)
	return put(b, 0) // no extension
}

// appendData writes an operation that sets a data entry of an account.
func appendData(b []byte, source stellar.Address, name, value string) []byte {
	put := binary.BigEndian.AppendUint32
	b = appendKey(put(b, present), source)
	b = put(b, operationData)
	b = appendOpaque(b, name)
	return appendOpaque(put(b, present), value)
}

// appendKey writes an account. A [stellar.Address] is valid, so it always decodes.
func appendKey(b []byte, account stellar.Address) []byte {
	key, _ := strkey.Decode(strkey.VersionByteAccountID, string(account))
	return append(binary.BigEndian.AppendUint32(b, keyTypeEd25519), key...)
}

// appendOpaque writes a string with its length, padded to four bytes.
func appendOpaque(b []byte, s string) []byte {
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
	return append(b, make([]byte, -len(s)&3)...)
}

func hashOf(passphrase string, tagged []byte) []byte {
	network := sha256.Sum256([]byte(passphrase))
	sum := sha256.Sum256(append(network[:], tagged...))
	return sum[:]
}

// Issue returns a challenge as it is sent: a TransactionEnvelope in base64 with the service's own
// signature.
func (k Keys) Issue(c Challenge, site Site) string {
	own := k.derive()
	tagged := c.tagged(own.account, site.Domain)
	signature := ed25519.Sign(own.challenges, hashOf(site.Passphrase, tagged))
	public := own.challenges.Public().(ed25519.PublicKey)
	b := binary.BigEndian.AppendUint32(tagged, 1)
	b = append(b, public[keyBytes-hintBytes:]...)
	b = appendOpaque(b, string(signature))
	return base64.StdEncoding.EncodeToString(b)
}

// Signed is a challenge that came back.
type Signed struct {
	Challenge
	Site       int // which of the sites it is for
	hash       []byte
	signatures []signature // without the service's own
}

type signature struct {
	hint  [hintBytes]byte
	bytes []byte
}

// Open parses a challenge that came back, for one of the sites, and checks that the service has
// issued it. The error is [ErrChallenge], [ErrSigners] or [ErrExpired].
//
// A challenge that is written again with the account, time and nonce that were found must have the
// same bytes. So nothing else can be in it: no other operation, memo, fee or sequence number.
func (k Keys) Open(text string, sites []Site, now time.Time) (Signed, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return Signed{}, ErrChallenge
	}
	own := k.derive()
	for i, site := range sites {
		s, ok := parse(b, own.account, site)
		if !ok {
			continue
		}
		if len(s.signatures) > 1+MaxSigners {
			return Signed{}, ErrSigners
		}
		s.Site = i
		at := s.issuer(own.challenges.Public().(ed25519.PublicKey))
		if at < 0 {
			continue // it may be of another network
		}
		s.signatures = append(s.signatures[:at], s.signatures[at+1:]...)
		if now.After(s.Issued.Add(ChallengeLifetime)) || s.Issued.After(now.Add(skew)) {
			return Signed{}, ErrExpired
		}
		return s, nil
	}
	return Signed{}, ErrChallenge
}

// issuer returns which of the first signatures that say so is the service's own; -1 if none is.
func (s Signed) issuer(public ed25519.PublicKey) int {
	tried := 0
	for i, one := range s.signatures {
		if !one.saysItIsOf(public) {
			continue
		}
		if tried == maxOwn {
			break
		}
		if tried++; ed25519.Verify(public, s.hash, one.bytes) {
			return i
		}
	}
	return -1
}

// saysItIsOf reports whether the hint of a signature is that of a key.
func (s signature) saysItIsOf(key []byte) bool {
	return bytes.Equal(s.hint[:], key[keyBytes-hintBytes:])
}

func parse(b []byte, server stellar.Address, site Site) (Signed, bool) {
	var s Signed
	offsetNonce := offsetAccount + keyBytes + 4 + 4 + (len(site.Domain+" auth")+3)/4*4 + 4 + 4
	end := offsetNonce + base64.StdEncoding.EncodedLen(nonceBytes)
	if len(b) < end {
		return s, false
	}
	issued := binary.BigEndian.Uint64(b[offsetIssued:])
	if issued > 1<<40 {
		return s, false
	}
	s.Issued = time.Unix(int64(issued), 0).UTC()
	account, err := strkey.Encode(strkey.VersionByteAccountID, b[offsetAccount:offsetAccount+keyBytes])
	if err != nil {
		return s, false
	}
	s.Account = stellar.Address(account)
	s.Nonce = string(b[offsetNonce:end])
	tagged := s.tagged(server, site.Domain)
	rest, ok := bytes.CutPrefix(b, tagged)
	if !ok || len(rest) < 4 {
		return s, false
	}
	s.hash = hashOf(site.Passphrase, tagged)
	count := binary.BigEndian.Uint32(rest)
	const size = hintBytes + 4 + ed25519.SignatureSize
	if rest = rest[4:]; len(rest) != int(count)*size {
		return s, false
	}
	for ; len(rest) > 0; rest = rest[size:] {
		if binary.BigEndian.Uint32(rest[hintBytes:]) != ed25519.SignatureSize {
			return s, false
		}
		s.signatures = append(s.signatures, signature{[hintBytes]byte(rest), rest[hintBytes+4 : size]})
	}
	return s, true
}

// Signer is a signer of an account.
type Signer struct {
	Key    stellar.Address `json:"key"`
	Weight int             `json:"weight"`
}

// Check checks that every signature of the challenge is of a signer, and that together they reach
// the account's medium threshold. The error is [ErrUnsigned], [ErrForeign] or [ErrWeight].
func (s Signed) Check(signers []Signer, threshold int) error {
	if len(s.signatures) == 0 {
		return ErrUnsigned
	}
	used := make([]bool, len(s.signatures))
	weight, tried := 0, 0
	for _, signer := range signers {
		if signer.Weight <= 0 {
			continue // the master key of an account that has put it out of use
		}
		key, err := strkey.Decode(strkey.VersionByteAccountID, string(signer.Key))
		if err != nil {
			continue
		}
		for i, one := range s.signatures {
			if used[i] || !one.saysItIsOf(key) {
				continue
			}
			// Keys can be made whose hints are equal, so that each signature would be checked with each.
			if tried++; tried > 1+MaxSigners {
				return ErrForeign
			}
			if ed25519.Verify(key, s.hash, one.bytes) {
				used[i] = true
				weight += signer.Weight
				break
			}
		}
	}
	for _, one := range used {
		if !one {
			return ErrForeign
		}
	}
	if weight < threshold {
		return ErrWeight
	}
	return nil
}
