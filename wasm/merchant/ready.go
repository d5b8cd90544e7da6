package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"edgecheckout/sandbox/stack"
	"edgecheckout/worker/stellar"
)

// trustline is the part of Horizon's balance entry that decides whether an account can receive more
// of an asset.
type trustline struct {
	Code       string `json:"asset_code"`
	Issuer     string `json:"asset_issuer"`
	Balance    string `json:"balance"`
	Limit      string `json:"limit"`
	Buying     string `json:"buying_liabilities"` // reserved for the account's own offers
	Authorized *bool  `json:"is_authorized"`
}

// errNoAccount reports that an account is not on the ledger.
var errNoAccount = errors.New("there is no such account")

// check reads from the ledger whether an account can be paid in all assets. The error says what to
// do about each problem. An account that requires memos (SEP-29) is fine, because every checkout
// has one.
func (n network) check(ctx context.Context, p payee, assets []stellar.Asset) error {
	lines, err := n.trustlines(ctx, p.Account)
	if errors.Is(err, errNoAccount) {
		return fmt.Errorf("%s is not on the %s network yet. %s", p.Account, p.Mode, n.howToFund(p.Account))
	}
	if err != nil {
		return fmt.Errorf("whether %s can be paid is not known: %w; nothing was made", p.Account, err)
	}
	var amiss, fine []string
	for _, asset := range assets {
		if what := n.obstacle(p.Account, asset, lines); what != "" {
			amiss = append(amiss, "\n  - "+what)
		} else {
			fine = append(fine, n.word(asset))
		}
	}
	if len(amiss) == 0 {
		return nil
	}
	or := ""
	if len(fine) > 0 {
		or = fmt.Sprintf("\nor name only what it is to be paid in: ASSETS=%q", strings.Join(fine, " "))
	}
	return fmt.Errorf("%s on the %s network cannot be paid in everything:%s%s", p.Account, p.Mode, strings.Join(amiss, ""), or)
}

// obstacle says why an account cannot receive an asset and what to do about it; "" if it can.
func (n network) obstacle(account stellar.Address, asset stellar.Asset, lines []trustline) string {
	if asset.IsNative() || asset.Issuer == account {
		return ""
	}
	for _, line := range lines {
		if line.Code != asset.Code || line.Issuer != string(asset.Issuer) {
			continue
		}
		if line.Authorized != nil && !*line.Authorized {
			return fmt.Sprintf("the issuer of %s has not let it hold the asset: ask %s to authorize the trustline", asset, asset.Issuer)
		}
		limit, err1 := stellar.ParseAmount(line.Limit)
		balance, err2 := stellar.ParseAmount(line.Balance)
		buying, err3 := stellar.ParseAmount(line.Buying)
		if errors.Join(err1, err2, err3) == nil && limit-balance <= buying {
			return fmt.Sprintf("its trustline for %s is full (%s): raise its limit in the account's wallet", asset, line.Limit)
		}
		return ""
	}
	how := fmt.Sprintf("add one in the account's wallet: asset code %s, issuer %s; it takes 0.5 XLM of reserve", asset.Code, asset.Issuer)
	if n.sandbox {
		how = "the sandbox adds it for whoever gives it the secret key: curl -s " + n.Horizons[0] + "/sandbox/merchant -d seed=S…"
	}
	return fmt.Sprintf("it has no trustline for %s: %s", asset, how)
}

// word is the name of an asset in ASSETS.
func (n network) word(asset stellar.Asset) string {
	if n.Assets[asset.Code] == asset {
		return asset.Code
	}
	return asset.String()
}

// howToFund says how to create an account on the ledger.
func (n network) howToFund(account stellar.Address) string {
	switch {
	case n.sandbox:
		return fmt.Sprintf("The sandbox opens one that can be paid in everything, and tells its address: curl -s %s/sandbox/merchant -d name=shop", n.Horizons[0])
	case n.Passphrase == stack.TestNetworkPassphrase:
		return fmt.Sprintf("The test network's friendbot opens it: curl -s 'https://friendbot.stellar.org/?addr=%s'; then add its trustlines", account)
	}
	return "Send it XLM from an exchange or another wallet: 1 XLM for the account, 0.5 XLM for each trustline, and some for fees; then add its trustlines"
}

// trustlines reads the balances of an account from the first Horizon that answers. The error is
// errNoAccount if the account is not on the ledger.
func (n network) trustlines(ctx context.Context, account stellar.Address) ([]trustline, error) {
	var last error
	for _, horizon := range n.Horizons {
		var root struct {
			Passphrase string `json:"network_passphrase"`
		}
		if last = ask(ctx, horizon, "/", &root); last != nil {
			continue
		}
		if root.Passphrase != n.Passphrase {
			return nil, fmt.Errorf("%s serves the network %q, not %q", horizon, root.Passphrase, n.Passphrase)
		}
		var found struct {
			Balances []trustline `json:"balances"`
		}
		if last = ask(ctx, horizon, "/accounts/"+string(account), &found); last == nil || errors.Is(last, errNoAccount) {
			return found.Balances, last
		}
	}
	return nil, last
}

// ask reads a document from a Horizon. The error is errNoAccount if there is none.
func ask(ctx context.Context, horizon, path string, document any) error {
	reply, err := stack.Client{BaseURL: horizon}.Do(ctx, http.MethodGet, path, nil)
	switch {
	case err != nil:
		return err
	case reply.Status == http.StatusNotFound && path != "/":
		return errNoAccount
	case reply.Status != http.StatusOK:
		return fmt.Errorf("%s answers %d", horizon+path, reply.Status)
	}
	if err := json.Unmarshal(reply.Body, document); err != nil {
		return fmt.Errorf("%s answers no JSON of Horizon's: %w", horizon+path, err)
	}
	return nil
}
