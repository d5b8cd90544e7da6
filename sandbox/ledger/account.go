package ledger

import (
	"maps"
	"time"

	"github.com/stellar/go/xdr"
)

// Account is the state of an account after a ledger closed. Amounts are stroops.
type Account struct {
	Address    string
	Balance    int64
	Sequence   int64
	Lines      map[string]Trustline // by AssetName
	Data       map[string][]byte
	HomeDomain string
	Flags      xdr.AccountFlags
	// Master is the weight of the account's own key; 1 if nil. Signers are the weights of other
	// keys (G…), of hashes of preimages (X…) and of transactions (T…).
	Master            *byte
	Signers           map[string]byte
	Low, Medium, High byte // thresholds
	InflationDest     string
	Sponsoring        int    // how many reserves it keeps for claimable balances
	Modified          uint32 // the ledger that last changed it
	ModifiedAt        time.Time
}

// Trustline is an account's balance of an issued asset, and the limit of that balance. Amounts are
// stroops.
type Trustline struct {
	Asset    xdr.Asset
	Balance  int64
	Limit    int64
	Modified uint32
}

// AssetName returns "native" or "CODE:ISSUER".
func AssetName(a xdr.Asset) string { return a.StringCanonical() }

// Reserve is the part of the balance that cannot be spent.
func (a *Account) Reserve() int64 { return int64(2+a.Subentries()+a.Sponsoring) * BaseReserve }

// Subentries are the entries that raise the reserve.
func (a *Account) Subentries() int { return len(a.Lines) + len(a.Signers) + len(a.Data) }

// Available is the XLM that the account can spend, in stroops.
func (a *Account) Available() int64 { return max(0, a.Balance-a.Reserve()) }

func (a *Account) clone() *Account {
	c := *a
	c.Lines, c.Data, c.Signers = maps.Clone(a.Lines), maps.Clone(a.Data), maps.Clone(a.Signers)
	return &c
}

// Account returns the account with an address (G…), or false if there is none.
func (l *Ledger) Account(address string) (*Account, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	a, ok := l.accounts[address]
	return a, ok
}

// changes are the effects of a transaction so far. They become visible only when they are
// committed, so a transaction is applied completely or not at all.
type changes struct {
	ledger    *Ledger
	header    *Header
	touched   map[string]*Account          // nil: removed
	claimable map[string]*ClaimableBalance // nil: claimed
}

func (c *changes) look(address string) *Account {
	if a, ok := c.touched[address]; ok {
		return a
	}
	return c.ledger.accounts[address]
}

// account returns the account for writing, or nil if there is none.
func (c *changes) account(address string) *Account {
	if a, ok := c.touched[address]; ok {
		return a
	}
	a := c.ledger.accounts[address]
	if a == nil {
		return nil
	}
	a = a.clone()
	c.touch(a)
	return a
}

func (c *changes) touch(a *Account) {
	a.Modified, a.ModifiedAt = c.header.Sequence, c.header.ClosedAt
	c.touched[a.Address] = a
}

func (c *changes) remove(address string) { c.touched[address] = nil }

func (c *changes) commit() {
	for address, a := range c.touched {
		if a == nil {
			delete(c.ledger.accounts, address)
		} else {
			c.ledger.accounts[address] = a
		}
	}
	for id, b := range c.claimable {
		if b == nil {
			delete(c.ledger.claimable, id)
		} else {
			c.ledger.claimable[id] = b
		}
	}
}
