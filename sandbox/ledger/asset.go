package ledger

import "github.com/stellar/go/xdr"

// AssetHeld is how many accounts trust an issued asset, how many balances of it can be claimed, and
// the sums of both in stroops.
type AssetHeld struct {
	Asset       xdr.Asset
	Issuer      *Account // without entries if it is gone
	Lines       int
	InLines     int64
	Claimable   int
	InClaimable int64
}

// Assets returns all issued assets that somebody trusts or can claim.
func (l *Ledger) Assets() []AssetHeld {
	l.mu.RLock()
	defer l.mu.RUnlock()
	held := map[string]*AssetHeld{}
	of := func(a xdr.Asset) *AssetHeld {
		if held[AssetName(a)] == nil {
			issuer := l.accounts[a.GetIssuer()]
			if issuer == nil {
				issuer = &Account{Address: a.GetIssuer()}
			}
			held[AssetName(a)] = &AssetHeld{Asset: a, Issuer: issuer}
		}
		return held[AssetName(a)]
	}
	for _, a := range l.accounts {
		for _, line := range a.Lines {
			h := of(line.Asset)
			h.Lines, h.InLines = h.Lines+1, h.InLines+line.Balance
		}
	}
	for _, b := range l.claimable {
		if !b.Asset.IsNative() {
			h := of(b.Asset)
			h.Claimable, h.InClaimable = h.Claimable+1, h.InClaimable+b.Amount
		}
	}
	var all []AssetHeld
	for _, h := range held {
		all = append(all, *h)
	}
	return all
}

// Accounts returns all accounts.
func (l *Ledger) Accounts() []*Account {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var all []*Account
	for _, a := range l.accounts {
		all = append(all, a)
	}
	return all
}

// Quote is the rate at which the market takes an asset for another one, or false if it does not.
func (l *Ledger) Quote(give, take xdr.Asset) (Rate, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.begin(nil).rate(give, take)
}
