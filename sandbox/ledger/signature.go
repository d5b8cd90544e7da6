package ledger

import (
	"crypto/sha256"
	"maps"
	"slices"

	"github.com/stellar/go/keypair"
	"github.com/stellar/go/strkey"
	"github.com/stellar/go/xdr"
)

// level is which of an account's thresholds an operation needs.
type level int

const (
	low level = iota
	medium
	high
)

// needs is the level of an operation. What changes who can sign needs the highest.
func needs(body xdr.OperationBody) level {
	switch body.Type {
	case xdr.OperationTypeAccountMerge:
		return high
	case xdr.OperationTypeSetOptions:
		op := body.MustSetOptionsOp()
		if op.MasterWeight != nil || op.LowThreshold != nil || op.MedThreshold != nil || op.HighThreshold != nil || op.Signer != nil {
			return high
		}
	case xdr.OperationTypeClaimClaimableBalance:
		return low
	}
	return medium
}

// threshold is the weight that signatures for the account need.
func (a *Account) threshold(of level) int {
	return int([]byte{low: a.Low, medium: a.Medium, high: a.High}[of])
}

// MasterWeight is the weight of the account's own key.
func (a *Account) MasterWeight() byte {
	if a.Master == nil {
		return 1
	}
	return *a.Master
}

// signatures are the signatures of one envelope. The network refuses envelopes with signatures that
// are not needed.
type signatures struct {
	hash [32]byte
	list []xdr.DecoratedSignature
	used []bool
}

func newSignatures(hash [32]byte, list []xdr.DecoratedSignature) *signatures {
	return &signatures{hash: hash, list: list, used: make([]bool, len(list))}
}

// of reports whether an account has been signed for with the weight that a level needs. One
// signature is needed even if the threshold is zero. An account that does not exist is signed for
// by its own key: an earlier operation can create it.
func (s *signatures) of(address string, a *Account, needed level) bool {
	signers, threshold := map[string]byte{address: 1}, 0
	if a != nil {
		signers, threshold = maps.Clone(a.Signers), a.threshold(needed)
		if signers == nil {
			signers = map[string]byte{}
		}
		if weight := a.MasterWeight(); weight > 0 {
			signers[address] = weight
		}
	}
	total := 0
	// The network counts pre-authorized transactions first, then preimages, then keys, and stops
	// when there is enough, so that it counts no signature that is not needed.
	for _, kind := range []strkey.VersionByte{strkey.VersionByteHashTx, strkey.VersionByteHashX, strkey.VersionByteAccountID} {
		of := slices.DeleteFunc(slices.Sorted(maps.Keys(signers)), func(key string) bool { return !hasVersion(key, kind) })
		if kind == strkey.VersionByteHashTx {
			for _, key := range of {
				if key == preauthorized(s.hash) {
					if total += int(signers[key]); total >= threshold {
						return true
					}
				}
			}
			continue
		}
		for i, signature := range s.list {
			for j, key := range of {
				if !s.verify(key, signature) {
					continue
				}
				s.used[i] = true
				if total += int(signers[key]); total >= threshold {
					return true
				}
				of = slices.Delete(of, j, j+1)
				break
			}
		}
	}
	return false
}

// verify reports whether a signature is that of a key, or the preimage of a hash.
func (s *signatures) verify(key string, signature xdr.DecoratedSignature) bool {
	if hasVersion(key, strkey.VersionByteHashX) {
		hash := sha256.Sum256(signature.Signature)
		encoded, err := strkey.Encode(strkey.VersionByteHashX, hash[:])
		return err == nil && encoded == key && signature.Hint == xdr.SignatureHint(hash[28:])
	}
	signer, err := keypair.ParseAddress(key)
	return err == nil && signature.Hint == signer.Hint() && signer.Verify(s.hash[:], signature.Signature) == nil
}

func hasVersion(key string, version strkey.VersionByte) bool {
	got, err := strkey.Version(key)
	return err == nil && got == version
}

// preauthorized is the signer (T…) that stands for one transaction.
func preauthorized(hash [32]byte) string { return strkey.MustEncode(strkey.VersionByteHashTx, hash[:]) }

func (s *signatures) allUsed() bool { return !slices.Contains(s.used, false) }

// spend removes the signer that stood for this transaction, which is valid once, whether or not the
// transaction succeeds.
func (c *changes) spend(e envelope) {
	sources := []string{e.source()}
	for _, op := range e.Operations() {
		sources = append(sources, addressOf(e.operationSource(op)))
	}
	once := preauthorized(e.inner)
	for _, address := range distinct(sources) {
		if a := c.look(address); a != nil && a.Signers[once] > 0 {
			delete(c.account(address).Signers, once)
		}
	}
}
