package worker

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/watch"
)

// transactionObject is a transaction for a wallet to sign and submit.
type transactionObject struct {
	XDR             string          `json:"xdr"` // a TransactionEnvelope without signatures, in base64
	Passphrase      string          `json:"network_passphrase"`
	Hash            string          `json:"hash"` // the transaction's id on the ledger
	Amount          stellar.Amount  `json:"amount"`
	Decimal         stellar.Decimal `json:"amount_decimal"`
	SendAssetCode   string          `json:"send_asset_code"`
	SendAssetIssuer nullable        `json:"send_asset_issuer"`
	SendMax         stellar.Amount  `json:"send_max"`
	MaxFee          stellar.Amount  `json:"max_fee"` // in XLM
	ExpiresAt       string          `json:"expires_at"`
}

// maxTransactionBody is the size limit of what a wallet requests, in bytes.
const maxTransactionBody = 1 << 10

// The limits of max_fee, in stroops: the least that the network takes, and 1 XLM.
const (
	leastMaxFee = 100
	mostMaxFee  = stellar.StroopsPerUnit
)

// createTransaction is POST /pay/{id}/transaction: it returns a payment of exactly the amount due,
// from the account of a wallet, in the checkout's asset or by a path from another one. The
// transaction is valid only before the checkout's deadline. Nothing is stored, and no status
// changes: that requires the ledger.
func createTransaction(c *call) (answer, error) {
	var account stellar.Address
	var fee stellar.Amount
	var send stellar.Asset
	var sendMax stellar.Amount
	s, due, err := c.payable(func(s *checkout.Facts, p *params) {
		account = p.payer("account")
		fee = p.maxFee("max_fee")
		send, sendMax = p.send(c.config.Networks[s.Checkout.Mode].Assets)
		if p.err == nil && sendMax != 0 && send == s.Checkout.Asset {
			p.fail(invalid("send_asset_code", "send_asset_code is the asset that is due; leave out it, send_asset_issuer and send_max."))
		}
	})
	if err != nil {
		return answer{}, err
	}
	payer, err := c.payerAccount(s, account)
	if err != nil {
		return answer{}, err
	}
	tx := stellar.Transaction{
		Source: account, Sequence: payer.Sequence + 1, Fee: uint32(fee), MaxTime: lastSecond(s.Deadline()).Unix(), Memo: s.Checkout.Memo,
		Destination: s.Checkout.Account, Asset: s.Checkout.Asset, Amount: due,
	}
	leaves := due
	if sendMax == 0 {
		send, sendMax = s.Checkout.Asset, due
	} else {
		path, err := c.pathFrom(s, account, payer, send, due)
		if err != nil {
			return answer{}, err
		}
		if leaves = path.Cost; leaves > sendMax {
			return answer{}, &Error{CodePriceMoved, fmt.Sprintf("It takes %s %s now, which is more than the %s of send_max. Ask for new quotes.", leaves, send.Code, sendMax), "send_max"}
		}
		tx.Send, tx.SendMax, tx.Path = send, sendMax, path.Via
	}
	if err := mayPay(account, payer, s.Checkout, send, leaves, fee); err != nil {
		return answer{}, err
	}
	passphrase := c.config.Networks[s.Checkout.Mode].Passphrase
	hash := tx.Hash(passphrase)
	return jsonAnswer(transactionObject{
		XDR: base64.StdEncoding.EncodeToString(tx.Envelope()), Passphrase: passphrase, Hash: hex.EncodeToString(hash[:]),
		Amount: due, Decimal: stellar.Decimal(due), SendAssetCode: send.Code, SendAssetIssuer: nullable(send.Issuer), SendMax: sendMax, MaxFee: fee,
		ExpiresAt: timestamp(lastSecond(s.Deadline())),
	})
}

// payable returns the checkout in the path and what is still due, if it can be paid now. Anyone may
// send what a wallet sends, so its body is parsed only for a checkout, and only if it is short.
func (c *call) payable(parse func(*checkout.Facts, *params)) (*checkout.Facts, stellar.Amount, error) {
	s, err := c.publicCheckout()
	if err != nil {
		return nil, 0, err
	}
	if s == nil {
		return nil, 0, notFound("checkout", c.path("id"))
	}
	if len(c.request.Body) > maxTransactionBody {
		return nil, 0, &Error{Code: CodeBodyTooLarge, Message: fmt.Sprintf("The body has more than %d bytes (1 KiB).", maxTransactionBody)}
	}
	p := newParams(c.request.Body)
	parse(s, p)
	if err := p.done(); err != nil {
		return nil, 0, err
	}
	out := c.look(s)
	switch {
	case out.Status.Terminal():
		return nil, 0, &Error{Code: CodeCheckoutNotOpen, Message: "The checkout is " + string(out.Status) + ": there is nothing to pay any more."}
	case !s.CancelledBy.IsZero():
		return nil, 0, &Error{Code: CodeCheckoutNotOpen, Message: "The checkout was cancelled: please do not pay any more."}
	case c.platform.Now().After(lastSecond(s.Deadline())):
		return nil, 0, &Error{Code: CodeCheckoutNotOpen, Message: "The time of the checkout is over: please do not pay any more."}
	}
	if suspended, err := c.isSuspended(s.Checkout.Merchant); err != nil {
		return nil, 0, err
	} else if suspended {
		return nil, 0, &Error{Code: CodeMerchantSuspended, Message: "The shop is suspended: please do not pay."}
	}
	return s, out.Due(s.Checkout.Amount), nil
}

// maxFee returns what the network may charge, in stroops; [stellar.MaxFee] if it is absent.
func (p *params) maxFee(name string) stellar.Amount {
	if !p.given(name) {
		return stellar.MaxFee
	}
	fee := p.amount(name, "")
	if p.err == nil && (fee < leastMaxFee || fee > mostMaxFee) {
		p.fail(invalid(name, "%s must be from %s to %s XLM.", name, stellar.Amount(leastMaxFee), stellar.Amount(mostMaxFee)))
	}
	return fee
}

// send returns another asset to pay with, and how much of it at most; zero if they are absent. An
// asset needs a maximum, since its price can change.
func (p *params) send(known map[string]stellar.Asset) (stellar.Asset, stellar.Amount) {
	if !p.given("send_asset_code") {
		if p.given("send_asset_issuer") || p.given("send_max") {
			p.fail(missing("send_asset_code", "send_asset_code is required with send_asset_issuer and send_max."))
		}
		return stellar.Asset{}, 0
	}
	asset := p.prefixedAsset("send_", known, "")
	return asset, p.amount("send_max", " with send_asset_code")
}

// pathFrom returns the way from an asset of an account to what is due.
func (c *call) pathFrom(s *checkout.Facts, account stellar.Address, payer horizon.Account, send stellar.Asset, due stellar.Amount) (horizon.Path, error) {
	sources := sourcesOf(payer, s.Checkout.Asset)
	if !slices.Contains(sources, send) {
		return horizon.Path{}, cannotPay("The account cannot pay with %s: it holds none, or its issuer does not let it.", send)
	}
	paths, err := c.watcher.Paths(c.reading(s.Checkout.Account), s.Checkout, account, due, sources)
	if err != nil {
		return horizon.Path{}, c.unread(s, err)
	}
	for _, path := range paths {
		if path.Send == send {
			return path, nil
		}
	}
	return horizon.Path{}, &Error{CodeAccountCannotPay, fmt.Sprintf("Nobody exchanges %s for %s %s right now. Pay in another asset.", send.Code, due, s.Checkout.Asset.Code), "send_asset_code"}
}

// lastSecond is the latest possible close time of a ledger before a deadline, in whole seconds.
func lastSecond(deadline time.Time) time.Time {
	return deadline.Add(-time.Nanosecond).Truncate(time.Second)
}

// payerAccount reads a wallet's account from the ledger.
func (c *call) payerAccount(s *checkout.Facts, account stellar.Address) (horizon.Account, error) {
	read, err := c.watcher.Account(c.reading(s.Checkout.Account), s.Checkout, account)
	switch {
	case err == nil:
		return read, nil
	case errors.Is(err, watch.ErrNoAccount):
		return read, cannotPay("There is no account %s on this network, or nothing was ever paid into it. Choose another account, or fund this one first.", account)
	}
	return read, c.unread(s, err)
}

// unread is the error for a wallet for which the ledger could not be read.
func (c *call) unread(s *checkout.Facts, err error) *Error {
	if errors.Is(err, watch.ErrBusy) {
		return &Error{Code: CodeRateLimited, Message: "Several other accounts asked for a transaction a moment ago; try again in some seconds."}
	}
	c.log(c.ctx, "transaction", map[string]any{"checkout": s.Checkout.ID.String(), "error": err.Error()})
	return &Error{Code: CodeUnavailable, Message: "The ledger cannot be read right now. Try again in a moment, or pay by the payment_uri, which needs no transaction from here."}
}

// mayPay says why an account cannot pay an amount of an asset and the fee, before the network would.
func mayPay(account stellar.Address, read horizon.Account, s checkout.Checkout, asset stellar.Asset, due, fee stellar.Amount) *Error {
	if account == s.Account {
		return cannotPay("This is the account that is to be paid; pay from another one.")
	}
	native, _ := read.Balance(stellar.XLM)
	if asset.IsNative() {
		if native.Spendable < due || native.Spendable-due < fee {
			return cannotPay("The account can spend %s XLM; %s XLM are due, and up to %s XLM is the network's fee. The network keeps back 0.5 XLM for each entry of an account, and 1 XLM for the account itself.",
				native.Spendable, due, fee)
		}
		return nil
	}
	if native.Spendable < fee {
		return cannotPay("The account can spend %s XLM; the network's fee is up to %s XLM, whatever is paid. Put some XLM into it.", native.Spendable, fee)
	}
	if account == asset.Issuer {
		return nil // an issuer creates what it pays
	}
	balance, ok := read.Balance(asset)
	switch {
	case !ok:
		return cannotPay("The account holds no %s of the issuer %s. Choose an account that does.", asset.Code, asset.Issuer)
	case balance.Frozen:
		return cannotPay("The issuer of %s does not let this account pay with it. Choose another account.", asset.Code)
	case balance.Spendable < due:
		return cannotPay("The account can spend %s %s; %s %s are due.", balance.Spendable, asset.Code, due, asset.Code)
	}
	return nil
}

func cannotPay(format string, args ...any) *Error {
	return &Error{CodeAccountCannotPay, fmt.Sprintf(format, args...), "account"}
}
