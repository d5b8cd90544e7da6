package store

import (
	"context"
	"time"

	"edgecheckout/worker/stellar"
)

// Checkpoint is a ledger and its close time.
type Checkpoint struct {
	Ledger   int64     `json:"ledger"`
	ClosedAt time.Time `json:"closed_at"`
}

// Cursor says how far a network has been read. One record serves all accounts, because every sweep
// reads all active accounts up to the same ledger. Accounts that it could not finish are listed in
// Behind.
type Cursor struct {
	// From is where the next sweep begins: a ledger that was the newest one at least Overlap ago.
	From Checkpoint `json:"from"`
	// Next becomes From once it is Overlap old. By then everything from before it is visible in the
	// store to every sweep, however stale its view.
	Next Checkpoint `json:"next"`
	// Covered is the ledger up to which the sweep that wrote this record had read. A checkout ends
	// unpaid only when a second, later pass confirms it.
	Covered Checkpoint `json:"covered"`
	// Reset is when a sweep noticed that the network had begun a new history; zero if it never did.
	Reset time.Time `json:"reset,omitzero"`
	// Behind lists the accounts that begin elsewhere because a sweep could not finish them.
	Behind map[stellar.Address]Behind `json:"behind,omitempty"`
}

// Behind says where the next pass over an account begins. Like the cursor it lags: it advances only
// when everything written about the ledgers it skips is visible everywhere.
type Behind struct {
	After   int64     `json:"after"`   // the next pass reads from the following ledger
	Through int64     `json:"through"` // when At was, a pass had read everything up to here
	At      time.Time `json:"at"`
	// Caught says that the account was read to its end. The entry stays until the overlap is over.
	Caught bool `json:"caught,omitempty"`
}

// cursorKey is the key of a network's [Cursor].
func cursorKey(mode stellar.Mode) Key { return Key{"cursor/" + string(mode)} }

// Cursors reads how far networks have been read; zero where nothing has been written.
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

// idle is the ledger after which an account must be read again, whose last open checkout has ended.
type idle struct {
	Ledger int64 `json:"ledger"`
}

func idleKey(mode stellar.Mode, account stellar.Address) Key {
	return Key{"idle/" + string(mode) + "/" + string(account)}
}

// IdleMarks reads the ledgers after which accounts must be read again whose last open checkout has
// ended. An account without a mark is missing from the map.
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

// PutIdleMark writes the ledger after which an account must be read again.
func (s Store) PutIdleMark(ctx context.Context, mode stellar.Mode, account stellar.Address, ledger int64) error {
	return s.put(ctx, "the mark of an idle account", entry{key: idleKey(mode, account), value: Encode(idle{ledger})})
}
