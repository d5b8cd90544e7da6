package worker

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// image returns the https: URL of a picture; "" if it is absent.
func (p *params) image(name string) string {
	s := p.text(name, maxURLChars)
	if s != "" && !isHTTPS(s) {
		p.fail(invalid(name, "%s must be an https: URL of at most %d characters.", name, maxURLChars))
	}
	return s
}

const maxWallets = 8

// wallets returns the accounts of a customer: those that were known stay as they were, and if the
// list is absent, all of them. A new one is known since at.
func (p *params) wallets(name string, known []store.Wallet, at time.Time) []store.Wallet {
	m := p.take(name)
	switch {
	case m == nil && !p.has(name):
		return known
	case m == nil:
		return nil
	}
	var given []string
	if json.Unmarshal([]byte(m.Value), &given) != nil || len(given) > maxWallets {
		p.fail(invalid(name, `%s must be a list of at most %d Stellar accounts, such as ["G…"].`, name, maxWallets))
		return nil
	}
	wallets := make([]store.Wallet, 0, len(given))
	for i, text := range given {
		param := fmt.Sprintf("%s[%d]", name, i)
		address, err := stellar.ParseAddress(text)
		if err != nil {
			p.fail(invalid(param, "%s must be a Stellar account (G and 55 more characters, with a valid checksum).", param))
			return nil
		}
		if indexOf(wallets, address) >= 0 {
			p.fail(invalid(param, "%s is given twice; give each account once.", param))
			return nil
		}
		wallet := store.Wallet{Address: address, CreatedAt: at}
		if i := indexOf(known, address); i >= 0 {
			wallet = known[i]
		}
		wallets = append(wallets, wallet)
	}
	return wallets
}

func indexOf(wallets []store.Wallet, address stellar.Address) int {
	return slices.IndexFunc(wallets, func(w store.Wallet) bool { return w.Address == address })
}
