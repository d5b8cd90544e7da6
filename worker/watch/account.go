package watch

import (
	"context"
	"errors"
	"strconv"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

var (
	// ErrBusy reports that several other accounts were read a moment ago for the same checkout.
	ErrBusy = errors.New("watch: accounts were read for this checkout a moment ago")
	// ErrNoAccount reports that the ledger has no such account.
	ErrNoAccount = errors.New("watch: no such account")
)

// accountLifetime is how long what was read of an account is told again. Its next ledger comes
// later than that.
const accountLifetime = 3 * time.Second

// accountsAtOnce is how many accounts may ask for the same checkout at the same time: a customer who
// tries one wallet after the other, or several people with one link.
const accountsAtOnce = 5

// claimAccount claims one of the reads of accounts for a checkout.
func (w *Watcher) claimAccount(s checkout.Checkout) bool {
	for i := range accountsAtOnce {
		if w.Recent.Claim("account/"+s.ID.String()+"/"+strconv.Itoa(i), LookWindow) {
			return true
		}
	}
	return false
}

// readAccount is what was read of an account.
type readAccount struct {
	Missing bool            `json:"missing,omitempty"`
	Account horizon.Account `json:"account"`
}

// Account reads an account that wants to pay a checkout: one account once in accountLifetime for
// all checkouts, and at most accountsAtOnce in LookWindow for a checkout. Whoever has the address
// of one page could otherwise have us read all accounts there are. The error is ErrBusy,
// ErrNoAccount, or Horizon's.
func (w *Watcher) Account(ctx context.Context, s checkout.Checkout, address stellar.Address) (horizon.Account, error) {
	mode := s.Mode
	key := "account/" + string(mode) + "/" + string(address)
	read, known, err := store.Decode[readAccount](w.Recent.Recall(ctx, key))
	if err != nil || !known {
		if !w.claimAccount(s) {
			return horizon.Account{}, ErrBusy
		}
		client, _, err := w.pool(mode).Recent(ctx, horizon.ForVisitors)
		if err != nil {
			return horizon.Account{}, err
		}
		read.Account, err = client.Account(ctx, address)
		if read.Missing = horizon.IsNotFound(err); err != nil && !read.Missing {
			return horizon.Account{}, err
		}
		w.Recent.Keep(ctx, key, store.Encode(read), accountLifetime)
	}
	if read.Missing {
		return horizon.Account{}, ErrNoAccount
	}
	return read.Account, nil
}

// OwnAccount reads a merchant's own account, or an issuer's, at this moment: what its signers may do
// must not be told from memory. The error is ErrNoAccount or Horizon's.
func (w *Watcher) OwnAccount(ctx context.Context, mode stellar.Mode, address stellar.Address) (horizon.Account, error) {
	client, _, err := w.pool(mode).Recent(ctx, horizon.ForVisitors)
	if err != nil {
		return horizon.Account{}, err
	}
	account, err := client.Account(ctx, address)
	if horizon.IsNotFound(err) {
		return account, ErrNoAccount
	}
	return account, err
}
