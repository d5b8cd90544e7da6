package store

import (
	"context"
	"time"

	"edgecheckout/worker/stellar"
)

// Checkpoint is a ledger and when it closed.
type Checkpoint struct {
	Ledger   int64     `json:"ledger"`
	ClosedAt time.Time `json:"closed_at"`
}

// Cursor says how far a network has been read. One record serves all accounts, since every sweep reads all active ones up to the
// same ledger; those that it could not finish are listed.
type Cursor struct {
	// From is where the next sweep begins. It trails: it was the newest ledger at least Overlap ago.
	From Checkpoint `json:"from"`
	// Next becomes From once it is Overlap old: whoever begins at From must find in the store, however stale his view of it, all that
	// lies before.
	Next Checkpoint `json:"next"`
	// Covered is up to where the last sweep that wrote this record had read. A checkout ends only when a second, later pass agrees.
	Covered Checkpoint `json:"covered"`
	// Reset is when a sweep found that the network had begun a new history; zero if none ever did.
	Reset time.Time `json:"reset,omitzero"`
	// Behind names the accounts that begin elsewhere, because a sweep could not finish them.
	Behind map[stellar.Address]Behind `json:"behind,omitempty"`
}

// Behind says where an account begins. Like the cursor itself it trails: it moves on only when everybody can see what was written of
// what it passes over.
type Behind struct {
	After   int64     `json:"after"`   // the ledger after which the next pass reads
	Through int64     `json:"through"` // up to where a pass had read everything at
	At      time.Time `json:"at"`
	// Caught says that the account was read to its end; it stays here until its overlap is over.
	Caught bool `json:"caught,omitempty"`
}

// cursorKey names how far the sweep has read a network.
func cursorKey(mode stellar.Mode) Key { return Key{"cursor/" + string(mode)} }

// Cursors reads how far networks have been read; zero where nothing is written.
func (s Store) Cursors(ctx context.Context, modes ...stellar.Mode) ([]Cursor, error) {
	keys := make([]Key, len(modes))
	for i, mode := range modes {
		keys[i] = cursorKey(mode)
	}
	values, err := s.get(ctx, "cursors", keys...)
	if err != nil {
		return nil, err
	}
	cursors := make([]Cursor, len(modes))
	for i, value := range values {
		if cursors[i], _, err = Decode[Cursor](value); err != nil {
			return nil, err
		}
	}
	return cursors, nil
}

// PutCursor writes how far a network has been read.
func (s Store) PutCursor(ctx context.Context, mode stellar.Mode, c Cursor) error {
	return s.put(ctx, "a cursor", entry{key: cursorKey(mode), value: Encode(c)})
}

// idle says after which ledger an account must be read again that had nothing open any more.
type idle struct {
	Ledger int64 `json:"ledger"`
}

func idleKey(mode stellar.Mode, account stellar.Address) Key {
	return Key{"idle/" + string(mode) + "/" + string(account)}
}

// IdleMarks reads after which ledger accounts must be read again whose last open checkout ended; an account without
// a mark is missing.
func (s Store) IdleMarks(ctx context.Context, mode stellar.Mode, accounts []stellar.Address) (map[stellar.Address]int64, error) {
	keys := make([]Key, len(accounts))
	for i, account := range accounts {
		keys[i] = idleKey(mode, account)
	}
	values, err := s.get(ctx, "marks of idle accounts", keys...)
	if err != nil {
		return nil, err
	}
	marks := map[stellar.Address]int64{}
	for i, value := range values {
		mark, ok, err := Decode[idle](value)
		if err != nil {
			return nil, err
		}
		if ok {
			marks[accounts[i]] = mark.Ledger
		}
	}
	return marks, nil
}

// PutIdleMark writes after which ledger an account must be read again.
func (s Store) PutIdleMark(ctx context.Context, mode stellar.Mode, account stellar.Address, ledger int64) error {
	return s.put(ctx, "the mark of an idle account", entry{key: idleKey(mode, account), value: Encode(idle{ledger})})
}
