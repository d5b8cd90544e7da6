package checkout

import (
	"crypto/cipher"
	"encoding/binary"
	"strconv"
	"time"

	"github.com/oklog/ulid/v2"
)

// MuxedID is the number in the muxed address (M…, SEP-23) that stands for a checkout in the place
// of its memo: smart wallets pay by a contract call, which has no memo. 64 bits cannot hold the id
// of a checkout, so a record of the store leads from them to it. They are encrypted, and hold the
// day on which the checkout was made: the ids of strangers, such as the customers of exchanges, are
// told apart without that record, but for one in 700. It is in decimal digits, as Horizon has it;
// empty if there is none.
type MuxedID string

const (
	dayBits = 16 // days since 1970, until 2149
	tagBits = 48 // of the memo. Of a million checkouts in a day two are alike once in a year and a half
	rounds  = 4
	day     = 24 * time.Hour
)

// Mux returns the muxed id of a checkout.
func (keys MemoKeys) Mux(id ID) MuxedID {
	var sealed [16]byte
	keys[0].Encrypt(sealed[:], id[:])
	made := ulid.ULID(id).Time() / uint64(day/time.Millisecond)
	muxed := feistel(keys[0], made<<tagBits|binary.BigEndian.Uint64(sealed[:])>>dayBits, false)
	return MuxedID(strconv.FormatUint(muxed, 10))
}

// MayBeMuxed reports whether an id can be that of a checkout that was made within [MemoLifetime]
// before now.
func (keys MemoKeys) MayBeMuxed(id MuxedID, now time.Time) bool {
	number, err := strconv.ParseUint(string(id), 10, 64)
	if err != nil { // none, or a text (CAP-67)
		return false
	}
	oldest, newest := now.Add(-MemoLifetime).UnixMilli()/day.Milliseconds(), now.Add(memoSkew).UnixMilli()/day.Milliseconds()
	for _, key := range keys {
		if made := int64(feistel(key, number, true) >> tagBits); made >= oldest && made <= newest {
			return true
		}
	}
	return false
}

// feistel encrypts or decrypts 64 bits: a Luby-Rackoff permutation of four rounds, whose round
// function is AES. No id of a checkout begins with 0xff, so what it encrypts is never a memo.
func feistel(key cipher.Block, block uint64, decrypt bool) uint64 {
	left, right := uint32(block>>32), uint32(block)
	mix := func(round byte, half uint32) uint32 {
		in := [16]byte{0: 0xff, 1: round}
		binary.BigEndian.PutUint32(in[12:], half)
		key.Encrypt(in[:], in[:])
		return binary.BigEndian.Uint32(in[:])
	}
	for i := range byte(rounds) {
		if decrypt {
			left, right = right^mix(rounds-1-i, left), left
		} else {
			left, right = right, left^mix(i, right)
		}
	}
	return uint64(left)<<32 | uint64(right)
}
