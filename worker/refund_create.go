package worker

import (
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
	"edgecheckout/worker/watch"
)

// refundValid is for how long after the day on which it was asked for the transaction of a refund is
// valid: whoever holds the merchant's key may have to be found first. It depends on the day, not on
// the moment, so that a request that is repeated gets the same transaction.
const refundValid = 48 * time.Hour

// createRefund is POST /refunds: it writes the transaction with which the merchant's account pays a
// payment back. This service cannot sign it. Its id is derived from the transaction, so asking twice
// before the account has made another one is asking for the same refund, and the second request's
// reason and metadata are kept.
func createRefund(c *call) (answer, error) {
	p := newParams(c.request.Body)
	paymentID := p.required("payment_id", 1000, ": the payment (pay_…) that is refunded")
	amount := p.optionalAmount("amount")
	destination := p.account("destination")
	r := store.Refund{Merchant: c.Merchant.ID, Mode: c.Mode, Memo: p.memo("memo"), Reason: p.text("reason", 500), Metadata: p.metadata("metadata", nil)}
	if err := p.done(); err != nil {
		return answer{}, err
	}
	idem, err := c.merchantIdempotency()
	if err != nil {
		return answer{}, err
	}
	// All that is needed of the store is read in one trip, with the payment's checkout. So the ledger
	// is read before it is known whether the request was made before; that is answered all the same
	// if the ledger cannot be read.
	lists, sent := store.RefundingAhead(c.Mode, c.Merchant.Account(c.Mode))
	c.ctx = c.view.With(c.ctx)
	store.AlsoLists(c.ctx, lists, append(idem.Keys(), store.PendingRefundsKey, sent)...)
	payment, of, account, failed := c.refundedPayment(paymentID)
	if err := c.checkIdempotency(idem); err != nil {
		return answer{}, err
	}
	if idem.Made() != "" {
		if made, err := c.refunds().Get(c.ctx, idem.Made()); err != nil {
			return answer{}, err
		} else if made != nil {
			return jsonAnswer(c.refundView(*made))
		}
	}
	if failed != nil {
		return answer{}, failed
	}
	r.Account, r.Payment, r.Transaction, r.Asset = account, payment.ID(c.Mode), payment.Hash, payment.Asset
	if of != nil {
		r.Checkout, r.Customer = of.Checkout.ID.String(), of.Checkout.CustomerID
	}
	pending, err := c.fillRefund(&r, payment, amount, destination)
	if err != nil {
		return answer{}, err
	}
	hash := refundTransaction(r).Hash(c.in(c.Mode).network.Passphrase)
	r.ID = checkout.RefundID(hex.EncodeToString(hash[:]), checkout.FirstOperation, 0)
	var known *store.Refund
	if slices.Contains(pending, r.ID) {
		if known, err = c.refunds().Get(c.ctx, r.ID); err != nil {
			return answer{}, err
		}
	}
	if known != nil { // the same transaction, which was asked for before
		known.Reason, known.Metadata = r.Reason, r.Metadata
		r = *known
		c.refunds().Update(r)
	} else if err := c.refunds().Create(c.ctx, r); err != nil {
		return answer{}, err
	}
	c.view.RememberLast(idem, r.ID, c.platform.Now())
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	return jsonAnswer(c.refundView(r))
}

// fillRefund reads from the ledger what a refund of a payment needs: what is left of it, the account
// that pays, and the one that is paid. It returns the ids of refunds that are to be paid.
func (c *call) fillRefund(r *store.Refund, payment checkout.Payment, amount stellar.Amount, destination stellar.Address) (pending []string, err error) {
	ctx, err := c.chargedReading()
	if err != nil {
		return nil, err
	}
	account := r.Account
	q := watch.RefundQuery{Mode: c.Mode, Account: account, Merchant: c.Merchant.ID}
	read, err := c.watcher.Refundable(ctx, q, payment)
	if errors.Is(err, watch.ErrNoAccount) {
		return nil, &Error{Code: CodeAccountCannotPay, Message: "The account " + string(account) + ", which was paid, is not on the ledger any more: it cannot pay anything back."}
	}
	if err != nil {
		return nil, c.ledgerUnread("refund", err)
	}
	left := min(read.Returned.Left(payment.Asset), payment.Amount)
	if r.Amount = amount; amount == 0 {
		r.Amount = left
	}
	if r.Amount > left || left == 0 {
		return nil, &Error{CodeRefundTooLarge, "amount is more than is left of the payment: " + payment.Amount.String() + " " + payment.Asset.Code +
			" were received, and " + left.String() + " of them are not paid back yet.", "amount"}
	}
	if destination == "" {
		if destination, err = stellar.ParseAddress(payment.From); err != nil {
			return nil, missing("destination", "destination is required: the payment came from no account that could be paid, but from a contract.")
		}
	}
	r.Destination = string(destination)
	to, err := c.watcher.Destination(ctx, c.Mode, destination)
	switch {
	case errors.Is(err, watch.ErrNoAccount):
		r.Creates = true
	case err != nil:
		return nil, c.ledgerUnread("refund", err)
	}
	if err := canReceive(*r, to); err != nil {
		return nil, err
	}
	if to.NeedsMemo && r.Memo == "" {
		r.Warnings = append(r.Warnings, warnMemoRequired)
	}
	if !canPayBack(*r, read.Payer) {
		r.Warnings = append(r.Warnings, warnBalance)
	}
	r.Sequence = read.Payer.Sequence + 1
	r.ValidUntil = c.began.Truncate(24 * time.Hour).Add(refundValid)
	r.CreatedAt = c.began
	return read.Pending, nil
}

// refundedPayment reads one of the merchant's payments, and the account that received it.
func (c *call) refundedPayment(paymentID string) (payment checkout.Payment, of *checkout.Facts, account stellar.Address, err error) {
	unknown := invalid("payment_id", "No payment has the id %s.", clip(paymentID))
	id, err := checkout.ParsePaymentID(paymentID)
	if err != nil || id.Mode != c.Mode {
		return payment, nil, "", unknown
	}
	ctx, err := c.chargedReading()
	if err != nil {
		return payment, nil, "", err
	}
	for _, account = range append(c.Merchant.Accounts(c.Mode, c.began), "") {
		payment, of, err = c.watcher.Payment(ctx, id, account)
		if !errors.Is(err, watch.ErrNoPayment) {
			break
		}
	}
	switch {
	case errors.Is(err, watch.ErrNoPayment), err == nil && of != nil && of.Checkout.Merchant != c.Merchant.ID:
		return payment, nil, "", unknown
	case err != nil:
		return payment, nil, "", c.ledgerUnread("refund", err)
	case of != nil:
		account = of.Checkout.Account
	}
	return payment, of, account, nil
}

// minBalance is what an account needs to exist: two base reserves, in stroops.
const minBalance = 1 * stellar.StroopsPerUnit

// canReceive says why the destination of a refund cannot be paid, before the network would.
func canReceive(r store.Refund, to horizon.Account) *Error {
	cannot := func(message string) *Error { return &Error{CodeCannotReceive, message, "destination"} }
	if r.Destination == string(r.Account) {
		return cannot("destination is the account that was paid; a refund goes to somebody else.")
	}
	if r.Creates {
		switch {
		case !r.Asset.IsNative():
			return cannot("There is no account " + r.Destination + " on this network, so that it cannot be paid in " + r.Asset.Code + ". Ask the customer for another destination.")
		case r.Amount < minBalance:
			return cannot("There is no account " + r.Destination + " on this network, and it takes 1 XLM to create one. Ask the customer for another destination.")
		}
		return nil
	}
	if r.Asset.IsNative() || r.Destination == string(r.Asset.Issuer) {
		return nil
	}
	switch balance, ok := to.Balance(r.Asset); {
	case !ok:
		return cannot("The account " + r.Destination + " does not hold " + r.Asset.Code + " of the issuer " + string(r.Asset.Issuer) + " any more. Ask the customer to add it, or for another destination.")
	case balance.Frozen:
		return cannot("The issuer of " + r.Asset.Code + " does not let the account " + r.Destination + " be paid with it. Ask the customer for another destination.")
	}
	return nil
}

// canPayBack reports whether the account can pay a refund and the network's fee.
func canPayBack(r store.Refund, payer horizon.Account) bool {
	native, _ := payer.Balance(stellar.XLM)
	if r.Asset.IsNative() {
		return native.Spendable >= r.Amount.Plus(stellar.MaxFee)
	}
	balance, ok := payer.Balance(r.Asset)
	issues := r.Account == r.Asset.Issuer
	return native.Spendable >= stellar.MaxFee && (issues || ok && !balance.Frozen && balance.Spendable >= r.Amount)
}
