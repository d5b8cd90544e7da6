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

// accountsAtOnce is how many accounts may ask for the same checkout at the same time: a customer
// who tries one wallet after the other, or several people with one link.
const accountsAtOnce = 5

// claim claims one of n reads under a key in LookWindow.
func (w *Watcher) claim(n int, key string) bool {
	for i := range n {
		if w.Recent.Claim(key+"/"+strconv.Itoa(i), LookWindow) {
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
// all checkouts in an asset, and at most accountsAtOnce in LookWindow for a checkout. Whoever has
// the address of one page could otherwise have us read all accounts there are. The error is
// ErrBusy, ErrNoAccount, or Horizon's.
func (w *Watcher) Account(ctx context.Context, s checkout.Checkout, address stellar.Address) (horizon.Account, error) {
	mode := s.Mode
	key := "account/" + string(mode) + "/" + string(address) + "/" + s.Asset.String()
	read, known, err := store.Decode[readAccount](w.Recent.Recall(ctx, key))
	if err != nil || !known {
		if !w.claim(accountsAtOnce, "account/"+s.ID.String()) {
			return horizon.Account{}, ErrBusy
		}
		client, _, err := w.pool(mode).Recent(ctx, horizon.ForVisitors)
		if err != nil {
			return horizon.Account{}, err
		}
		read.Account, err = client.Stranger(ctx, address, s.Asset)
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

// OwnAccount reads a merchant's own account at this moment. The error is ErrNoAccount or Horizon's.
func (w *Watcher) OwnAccount(ctx context.Context, mode stellar.Mode, address stellar.Address) (horizon.Account, error) {
	client, _, err := w.pool(mode).Recent(ctx, horizon.ForVisitors)
	if err != nil {
		return horizon.Account{}, err
	}
	account, err := client.Account(ctx, address)
	return account, noAccount(err)
}

// Stranger reads an account that anybody may have named, at this moment: what its signers may do
// must not be told from memory. Of its balances it has few. The error is ErrNoAccount or Horizon's.
func (w *Watcher) Stranger(ctx context.Context, mode stellar.Mode, address stellar.Address) (horizon.Account, error) {
	client, _, err := w.pool(mode).Recent(ctx, horizon.ForVisitors)
	if err != nil {
		return horizon.Account{}, err
	}
	account, err := client.Stranger(ctx, address, stellar.XLM)
	return account, noAccount(err)
}

func noAccount(err error) error {
	if horizon.IsNotFound(err) {
		return ErrNoAccount
	}
	return err
}
