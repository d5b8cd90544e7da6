package worker

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/watch"
)

// transactionObject is a transaction for a wallet to sign and submit.
type transactionObject struct {
	XDR        string          `json:"xdr"` // a TransactionEnvelope without signatures, in base64
	Passphrase string          `json:"network_passphrase"`
	Hash       string          `json:"hash"` // the transaction's id on the ledger
	Amount     stellar.Amount  `json:"amount"`
	Decimal    stellar.Decimal `json:"amount_decimal"`
	ExpiresAt  string          `json:"expires_at"`
}

// maxTransactionBody is the size limit of a request for a transaction, in bytes.
const maxTransactionBody = 1 << 10

// createTransaction is POST /pay/{id}/transaction: it returns a payment of exactly the amount due,
// from the account of a wallet. The transaction is valid only before the checkout's deadline.
// Nothing is stored, and no status changes: that requires the ledger.
func createTransaction(c *call) (answer, error) {
	s, err := c.publicCheckout()
	if err != nil {
		return answer{}, err
	}
	if s == nil {
		return answer{}, notFound("checkout", c.path("id"))
	}
	// Anyone may send this request, so its body is parsed only now, and only if it is short.
	if len(c.request.Body) > maxTransactionBody {
		return answer{}, &Error{Code: CodeBodyTooLarge, Message: fmt.Sprintf("The body has more than %d bytes (1 KiB).", maxTransactionBody)}
	}
	p := newParams(c.request.Body)
	account := p.payer("account")
	if err := p.done(); err != nil {
		return answer{}, err
	}
	out := c.look(s)
	latest := lastSecond(s.Deadline())
	switch {
	case out.Status.Terminal():
		return answer{}, &Error{Code: CodeCheckoutNotOpen, Message: "The checkout is " + string(out.Status) + ": there is nothing to pay any more."}
	case !s.CancelledBy.IsZero():
		return answer{}, &Error{Code: CodeCheckoutNotOpen, Message: "The checkout was cancelled: please do not pay any more."}
	case c.platform.Now().After(latest):
		return answer{}, &Error{Code: CodeCheckoutNotOpen, Message: "The time of the checkout is over: please do not pay any more."}
	}
	if suspended, err := c.isSuspended(s.Checkout.Merchant); err != nil {
		return answer{}, err
	} else if suspended {
		return answer{}, &Error{Code: CodeMerchantSuspended, Message: "The shop is suspended: please do not pay."}
	}
	payer, err := c.payerAccount(s, account)
	if err != nil {
		return answer{}, err
	}
	due := out.Due(s.Checkout.Amount)
	if err := mayPay(account, payer, s.Checkout, due); err != nil {
		return answer{}, err
	}
	tx := stellar.Transaction{
		Source: account, Sequence: payer.Sequence + 1, Fee: stellar.MaxFee, MaxTime: latest.Unix(), Memo: s.Checkout.Memo,
		Destination: s.Checkout.Account, Asset: s.Checkout.Asset, Amount: due,
	}
	passphrase := c.config.Networks[s.Checkout.Mode].Passphrase
	hash := tx.Hash(passphrase)
	return jsonAnswer(transactionObject{
		XDR: base64.StdEncoding.EncodeToString(tx.Envelope()), Passphrase: passphrase, Hash: hex.EncodeToString(hash[:]),
		Amount: due, Decimal: stellar.Decimal(due), ExpiresAt: timestamp(latest),
	})
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
	case errors.Is(err, watch.ErrBusy):
		return read, &Error{Code: CodeRateLimited, Message: "Several other accounts asked for a transaction a moment ago; try again in some seconds."}
	}
	c.log(c.ctx, "transaction", map[string]any{"checkout": s.Checkout.ID.String(), "error": err.Error()})
	return read, &Error{Code: CodeUnavailable, Message: "The ledger cannot be read right now. Try again in a moment, or pay by the payment_uri, which needs no transaction from here."}
}

// mayPay says why an account cannot pay the amount due, before the network would.
func mayPay(account stellar.Address, read horizon.Account, s checkout.Checkout, due stellar.Amount) *Error {
	if account == s.Account {
		return cannotPay("This is the account that is to be paid; pay from another one.")
	}
	native, _ := read.Balance(stellar.XLM)
	if s.Asset.IsNative() {
		if native.Spendable < due || native.Spendable-due < stellar.MaxFee {
			return cannotPay("The account can spend %s XLM; %s XLM are due, and up to %s XLM is the network's fee. The network keeps back 0.5 XLM for each entry of an account, and 1 XLM for the account itself.",
				native.Spendable, due, stellar.Amount(stellar.MaxFee))
		}
		return nil
	}
	if native.Spendable < stellar.MaxFee {
		return cannotPay("The account can spend %s XLM; the network's fee is up to %s XLM, whatever is paid. Put some XLM into it.", native.Spendable, stellar.Amount(stellar.MaxFee))
	}
	if account == s.Asset.Issuer {
		return nil // an issuer creates what it pays
	}
	balance, ok := read.Balance(s.Asset)
	switch {
	case !ok:
		return cannotPay("The account holds no %s of the issuer %s. Choose an account that does.", s.Asset.Code, s.Asset.Issuer)
	case balance.Frozen:
		return cannotPay("The issuer of %s does not let this account pay with it. Choose another account.", s.Asset.Code)
	case balance.Spendable < due:
		return cannotPay("The account can spend %s %s; %s %s are due.", balance.Spendable, s.Asset.Code, due, s.Asset.Code)
	}
	return nil
}

func cannotPay(format string, args ...any) *Error {
	return &Error{CodeAccountCannotPay, fmt.Sprintf(format, args...), "account"}
}
