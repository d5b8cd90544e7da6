package store

import (
	"context"
	"strconv"
	"time"

	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
)

// Checkpoint is a ledger and its close time.
type Checkpoint struct {
	Ledger   int64     `json:"ledger"`
	ClosedAt time.Time `json:"closed_at"`
}

// Cursor says how far a network has been read. One record serves all accounts, and its size does
// not depend on how many there are.
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
	// Behind lists the accounts that are read by themselves and begin elsewhere, because a sweep
	// could not finish them or because their overlap is not over.
	Behind map[stellar.Address]Behind `json:"behind,omitempty"`
	// Feed says how far the network's feed was read; nil while accounts are read one by one.
	Feed *Feed `json:"feed,omitempty"`
}

// Feed says how far the feed of a network was read.
type Feed struct {
	// Since is the ledger after which the feed is read, for as long as it has been in use.
	Since int64 `json:"since"`
	// Parts are what was read after From, in their order.
	Parts []Part `json:"parts,omitempty"`
	// Due continues the list of open checkouts, where a sweep that listed as many as it may found
	// more that are due. Empty if it came to the end of them.
	Due string `json:"due,omitempty"`
}

// Part is a part of the feed that was read, after the part before it.
type Part struct {
	Through Checkpoint `json:"through"`
	// Found says that payments for checkouts were found in it: a record of its own has them.
	Found bool `json:"found,omitempty"`
	// Failed says that some of them could not be settled yet.
	Failed bool `json:"failed,omitempty"`
}

// Through is up to where everything was read.
func (c Cursor) Through() Checkpoint {
	if c.Feed == nil || len(c.Feed.Parts) == 0 {
		return c.From
	}
	return c.Feed.Parts[len(c.Feed.Parts)-1].Through
}

// Found are the payments for checkouts in a part of the feed. Whoever reads the part finds the
// same.
type Found struct {
	Operations []horizon.Operation `json:"operations"`
}

// foundLifetime is how long the payments of a part are kept: far longer than they are needed.
const foundLifetime = 24 * time.Hour

// foundKey names what was found after one ledger and up to another one.
func foundKey(mode stellar.Mode, after, through int64) Key {
	return Key{"found/" + string(mode) + "/" + strconv.FormatInt(after, 10) + "-" + strconv.FormatInt(through, 10)}
}

// FoundIn reads what was found in parts of the feed that follow each other; nil for a part whose
// record is not visible here.
func (s Store) FoundIn(ctx context.Context, mode stellar.Mode, after int64, parts []Part) ([]*Found, error) {
	found := make([]*Found, len(parts))
	var keys []Key
	var of []int
	for i, part := range parts {
		if part.Found {
			keys, of = append(keys, foundKey(mode, after, part.Through.Ledger)), append(of, i)
		} else {
			found[i] = &Found{}
		}
		after = part.Through.Ledger
	}
	values, err := s.get(ctx, "payments of the feed", keys...)
	if err != nil {
		return nil, err
	}
	for i, value := range values {
		f, ok, err := Decode[Found](value)
		if err != nil {
			return nil, err
		}
		if ok {
			found[of[i]] = &f
		}
	}
	return found, nil
}

// PutFound writes what was found in a part of the feed.
func (s Store) PutFound(ctx context.Context, mode stellar.Mode, after, through int64, f Found, now time.Time) error {
	return s.put(ctx, "payments of the feed", entry{key: foundKey(mode, after, through), value: Encode(f), expiresAt: now.Add(foundLifetime), derived: true})
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

// Cursor reads how far a network has been read; zero if nothing has been written.
func (s Store) Cursor(ctx context.Context, mode stellar.Mode) (Cursor, error) {
	values, err := s.get(ctx, "a cursor", cursorKey(mode))
	if err != nil {
		return Cursor{}, err
	}
	cursor, _, err := Decode[Cursor](values[0])
	return cursor, err
}

// Backlog is what the last sweep found to be open in a mode. It is written when it changes: for as
// long as nothing is open, or nobody waits, sweeps write nothing. Each mode has its own record,
// because modes are swept apart.
type Backlog struct {
	// Since is when a sweep first found something open; zero while nothing is.
	Since time.Time `json:"since,omitzero"`
	// Due is the deadline of the checkout that has waited longest for its end, if that is longer
	// than any should wait.
	Due time.Time `json:"due,omitzero"`
	// Rests is when what the feed's parts have is settled once more, although nothing is open; zero
	// while something is, and afterwards.
	Rests time.Time `json:"rests,omitzero"`
}

func backlogKey(mode stellar.Mode) Key { return Key{"backlog/" + string(mode)} }

// Backlogs reads what the last sweeps found to be open in modes, and how far some networks have been
// read.
func (s Store) Backlogs(ctx context.Context, modes, networks []stellar.Mode) (map[stellar.Mode]Backlog, map[stellar.Mode]Cursor, error) {
	var keys []Key
	for _, mode := range modes {
		keys = append(keys, backlogKey(mode))
	}
	for _, mode := range networks {
		keys = append(keys, cursorKey(mode))
	}
	values, err := s.get(ctx, "backlogs", keys...)
	if err != nil {
		return nil, nil, err
	}
	backlogs, cursors := map[stellar.Mode]Backlog{}, map[stellar.Mode]Cursor{}
	for i, mode := range modes {
		if backlogs[mode], _, err = Decode[Backlog](values[i]); err != nil {
			return nil, nil, err
		}
	}
	for i, mode := range networks {
		if cursors[mode], _, err = Decode[Cursor](values[len(modes)+i]); err != nil {
			return nil, nil, err
		}
	}
	return backlogs, cursors, nil
}

// PutBacklog writes what a sweep found to be open in a mode.
func (s Store) PutBacklog(ctx context.Context, mode stellar.Mode, b Backlog) error {
	return s.put(ctx, "a backlog", entry{key: backlogKey(mode), value: Encode(b)})
}

// PutCursor writes how far a network has been read.
func (s Store) PutCursor(ctx context.Context, mode stellar.Mode, c Cursor) error {
	return s.put(ctx, "a cursor", entry{key: cursorKey(mode), value: Encode(c)})
}

// IdleMark says from where on an account must be read again whose last open checkout has ended.
type IdleMark struct {
	// Ledger is the one after which it must be read.
	Ledger int64 `json:"ledger"`
	// Caught is when a pass over the feed has read it from there, and settled what had come; zero if
	// none has. The mark stays until another pass has done so, some time later: a sweep that did not
	// know of the first one may have written over what it had written.
	Caught time.Time `json:"caught,omitzero"`
}

func idleKey(mode stellar.Mode, account stellar.Address) Key {
	return Key{"idle/" + string(mode) + "/" + string(account)}
}

// IdleMarks reads from where on accounts must be read again whose last open checkout has ended. An
// account without a mark is missing from the map.
func (s Store) IdleMarks(ctx context.Context, mode stellar.Mode, accounts []stellar.Address) (map[stellar.Address]IdleMark, error) {
	keys := make([]Key, len(accounts))
	for i, account := range accounts {
		keys[i] = idleKey(mode, account)
	}
	values, err := s.get(ctx, "marks of idle accounts", keys...)
	if err != nil {
		return nil, err
	}
	marks := map[stellar.Address]IdleMark{}
	for i, value := range values {
		mark, ok, err := Decode[IdleMark](value)
		if err != nil {
			return nil, err
		}
		if ok {
			marks[accounts[i]] = mark
		}
	}
	return marks, nil
}

// PutIdleMarks writes the same mark for accounts, for all at once.
func (s Store) PutIdleMarks(ctx context.Context, mode stellar.Mode, mark IdleMark, accounts ...stellar.Address) error {
	entries := make([]entry, len(accounts))
	for i, account := range accounts {
		entries[i] = entry{key: idleKey(mode, account), value: Encode(mark)}
	}
	return s.put(ctx, "marks of idle accounts", entries...)
}
