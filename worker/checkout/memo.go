package checkout

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
)

// MemoLifetime is how old a checkout may be for its memo to be looked up: one day, the longest that
// a checkout stays open, and the 90 days for which its record is kept afterwards.
const MemoLifetime = 91 * 24 * time.Hour

// memoSkew is how far in the future the time of an id may lie, since the clocks of two data centres
// differ slightly.
const memoSkew = time.Hour

// MemoKeys encrypt checkout ids to memos and decrypt them. A memo is the id encrypted as one AES
// block and written in the alphabet of a ULID: 26 characters, which fit MEMO_TEXT (28 bytes).
// Nobody who reads the public ledger learns the id. The first key encrypts; all keys decrypt.
type MemoKeys []cipher.Block

// ErrMemoKeys reports a list that is not one or more keys of 32 bytes in hexadecimal.
var ErrMemoKeys = errors.New("memo keys are a comma-separated list of keys of 64 hexadecimal digits, the newest first")

// ParseMemoKeys parses a comma-separated list of keys, newest first. The error is [ErrMemoKeys].
func ParseMemoKeys(list string) (MemoKeys, error) {
	var keys MemoKeys
	for word := range strings.SplitSeq(list, ",") {
		raw, err := hex.DecodeString(strings.TrimSpace(word))
		if err != nil || len(raw) != 32 || isWeak(raw) {
			return nil, ErrMemoKeys
		}
		block, err := aes.NewCipher(raw)
		if err != nil {
			return nil, ErrMemoKeys
		}
		keys = append(keys, block)
	}
	return keys, nil
}

// isWeak reports whether a key was typed or padded instead of generated at random. The probability
// that 32 random bytes have fewer than eight different values is below 10^-30.
func isWeak(key []byte) bool {
	different := map[byte]bool{}
	for _, b := range key {
		different[b] = true
	}
	return len(different) < 8
}

// Seal returns the memo of a checkout, in lower case.
func (keys MemoKeys) Seal(id ID) string {
	var sealed ulid.ULID
	keys[0].Encrypt(sealed[:], id[:])
	return Kind("").format(sealed)
}

// Open returns the checkouts that a memo may name; its case does not matter. An id counts only if
// it was made within [MemoLifetime] before now. A foreign memo passes that test once in about
// 35,000.
func (keys MemoKeys) Open(memo string, now time.Time) []ID {
	if len(memo) != ulid.EncodedSize {
		return nil
	}
	sealed, err := ulid.ParseStrict(memo)
	if err != nil {
		return nil
	}
	oldest, newest := ulid.Timestamp(now.Add(-MemoLifetime)), ulid.Timestamp(now.Add(memoSkew))
	var found []ID
	for _, key := range keys {
		var opened ulid.ULID
		key.Decrypt(opened[:], sealed[:])
		if t := opened.Time(); t >= oldest && t <= newest {
			found = append(found, ID(opened))
		}
	}
	return found
}
