package worker

import (
	"errors"
	"slices"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/watch"
)

// slippagePercent is how much more than quoted a transaction may cost. It is an offer: a payer sends
// the maximum with the request for the transaction.
const slippagePercent = 1

// quotesObject is what an account can pay a checkout with.
type quotesObject struct {
	Account   stellar.Address `json:"account"`
	Problem   nullable        `json:"problem"` // why the account cannot pay in any asset
	AmountDue stellar.Amount  `json:"amount_due"`
	Slippage  int             `json:"slippage_percent"`
	Quotes    []quote         `json:"quotes"`
}

// quote is what a payment costs in an asset that the account holds.
type quote struct {
	AssetCode   string          `json:"asset_code"`
	AssetIssuer nullable        `json:"asset_issuer"`
	Balance     stellar.Amount  `json:"balance"` // that it can spend
	Cost        *stellar.Amount `json:"cost"`
	SendMax     *stellar.Amount `json:"send_max"`
	Problem     nullable        `json:"problem"`
}

// Why an account cannot pay, or not in an asset.
const (
	problemUnfunded  = "unfunded"
	problemOwn       = "own_account"
	problemFee       = "fee_missing"
	problemTrustline = "no_trustline"
	problemFrozen    = "frozen"
	problemTooLittle = "too_little"
	problemNoPath    = "no_path"
)

// createQuotes is POST /pay/{id}/quotes: what an account holds, and what it would cost to pay with
// that. The first quote is for the asset that is due.
func createQuotes(c *call) (answer, error) {
	var account stellar.Address
	s, due, err := c.payable(func(_ *checkout.Facts, p *params) { account = p.payer("account") })
	if err != nil {
		return answer{}, err
	}
	payer, err := c.watcher.Account(c.reading(s.Checkout.Account), s.Checkout, account)
	unfunded := errors.Is(err, watch.ErrNoAccount)
	if err != nil && !unfunded {
		return answer{}, c.unread(s, err)
	}
	paths, err := c.watcher.Paths(c.reading(s.Checkout.Account), s.Checkout, account, due, sourcesOf(payer, s.Checkout.Asset))
	if err != nil {
		return answer{}, c.unread(s, err)
	}
	o := quotesObject{Account: account, AmountDue: due, Slippage: slippagePercent}
	native, _ := payer.Balance(stellar.XLM)
	switch {
	case unfunded:
		o.Problem = problemUnfunded
	case account == s.Checkout.Account:
		o.Problem = problemOwn
	case native.Spendable < stellar.MaxFee:
		o.Problem = problemFee
	}
	o.Quotes = append(o.Quotes, quoteFor(account, payer, s.Checkout.Asset, due, due))
	for _, asset := range sourcesOf(payer, s.Checkout.Asset) {
		var cost stellar.Amount
		for _, path := range paths {
			if path.Send == asset {
				cost = path.Cost
			}
		}
		o.Quotes = append(o.Quotes, quoteFor(account, payer, asset, cost, withSlippage(cost)))
	}
	if o.Problem != "" {
		for i := range o.Quotes {
			if o.Quotes[i].Problem == "" {
				o.Quotes[i].Problem = problemTooLittle
			}
		}
	}
	return jsonAnswer(o)
}

// sourcesOf returns the assets that an account could pay with, other than the one that is due: XLM
// first, then in the order in which Horizon lists them.
func sourcesOf(payer horizon.Account, due stellar.Asset) []stellar.Asset {
	var sources []stellar.Asset
	for _, b := range payer.Balances {
		switch {
		case b.Asset == due || b.Frozen || b.Spendable == 0:
		case b.Asset.IsNative():
			sources = slices.Insert(sources, 0, b.Asset)
		default:
			sources = append(sources, b.Asset)
		}
	}
	return sources[:min(len(sources), horizon.MaxPathSources)]
}

// withSlippage is the most that a payment of a cost may take, rounded up.
func withSlippage(cost stellar.Amount) stellar.Amount {
	return cost.Plus((cost + 100/slippagePercent - 1) / (100 / slippagePercent))
}

// quoteFor is the quote of an account for an asset, in which the payment costs cost; 0 if nobody
// exchanges it.
func quoteFor(account stellar.Address, payer horizon.Account, asset stellar.Asset, cost, most stellar.Amount) quote {
	q := quote{AssetCode: asset.Code, AssetIssuer: nullable(asset.Issuer)}
	balance, held := payer.Balance(asset)
	q.Balance = balance.Spendable
	if asset.IsNative() {
		q.Balance = max(q.Balance-stellar.MaxFee, 0)
	}
	if cost != 0 {
		q.Cost, q.SendMax = &cost, &most
	}
	switch {
	case cost == 0:
		q.Problem = problemNoPath
	case account == asset.Issuer: // an issuer creates what it pays
	case !held && !asset.IsNative():
		q.Problem = problemTrustline
	case balance.Frozen:
		q.Problem = problemFrozen
	case q.Balance < cost:
		q.Problem = problemTooLittle
	default:
		most = min(most, q.Balance)
	}
	return q
}
