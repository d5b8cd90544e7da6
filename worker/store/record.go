package store

import (
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

// KeepAfterExpiry is how long a session is kept after its expiry: a merchant must still read how it ended, and late money must still
// find it.
const KeepAfterExpiry = 90 * 24 * time.Hour

// IdempotencyLifetime is how long a key answers with the object it made; the API promises 24 hours.
const IdempotencyLifetime = 48 * time.Hour

// KeepDeleted is how long it is kept that a customer was deleted.
const KeepDeleted = 24 * time.Hour

// Merchant is who gets the money.
type Merchant struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	AccountTest stellar.Address `json:"account_test,omitempty"`
	AccountLive stellar.Address `json:"account_live,omitempty"`
	// Salt keeps ids that are derived from what a merchant sent from being guessed. It is never shown.
	Salt      []byte    `json:"salt"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Account is where the merchant is paid in a mode; empty if nowhere.
func (m Merchant) Account(mode stellar.Mode) stellar.Address {
	if mode == stellar.Live {
		return m.AccountLive
	}
	return m.AccountTest
}

// APIKey is what a secret allows.
type APIKey struct {
	ID        string       `json:"id"`
	Merchant  string       `json:"merchant"`
	Mode      stellar.Mode `json:"mode"`
	CreatedAt time.Time    `json:"created_at"`
}

// Product is something that a merchant sells at a price.
type Product struct {
	ID          string            `json:"id"`
	Merchant    string            `json:"merchant"`
	Mode        stellar.Mode      `json:"mode"`
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Images      []string          `json:"images,omitempty"`
	Archived    bool              `json:"archived,omitempty"`
	Asset       stellar.Asset     `json:"asset"`
	Price       stellar.Amount    `json:"price"`
	Metadata    checkout.Metadata `json:"metadata,omitempty"`
	CreatedAt   time.Time         `json:"created_at"`
	UpdatedAt   time.Time         `json:"updated_at"`
}

// Customer is someone whom a merchant charges.
type Customer struct {
	ID        string            `json:"id"`
	Merchant  string            `json:"merchant"`
	Mode      stellar.Mode      `json:"mode"`
	Email     string            `json:"email,omitempty"`
	Name      string            `json:"name,omitempty"`
	Phone     string            `json:"phone,omitempty"`
	Metadata  checkout.Metadata `json:"metadata,omitempty"`
	CreatedAt time.Time         `json:"created_at"`
	UpdatedAt time.Time         `json:"updated_at"`
	// Deleted says that nothing but this is left: the other fields that are set are ids and times.
	Deleted bool `json:"deleted,omitempty"`
}

// Idempotent is what was made under an Idempotency-Key.
type Idempotent struct {
	Request string `json:"request"` // SHA-256 of route and body, in hexadecimal
	ID      string `json:"id"`      // of the object
}

// Cancel ends a session early.
type Cancel struct {
	// Deadline takes the place of the session's expiry. It lies CancelGrace after the merchant's request.
	Deadline time.Time `json:"deadline"`
}

// CancelGrace is how long after a merchant's request a session still takes money: twice the staleness of the store, so that every edge
// knows of the new deadline before a ledger closes that it decides about. Whoever was just paying is not punished for it.
const CancelGrace = 2 * time.Minute

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
	// Covered is up to where the last sweep that wrote this record had read. A session ends only when a second, later pass agrees.
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

// Idle says after which ledger an account must be read again that had nothing open any more.
type Idle struct {
	Ledger int64 `json:"ledger"`
}
