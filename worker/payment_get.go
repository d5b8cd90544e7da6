package worker

import (
	"context"
	"errors"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/watch"
)

// getPayment is GET /payment/{id}. The id is the payment's position in the ledger, and the memo
// there names the checkout. So a payment is read from the ledger, and no index of payments is
// needed.
func getPayment(c *call) (answer, error) {
	unknown := notFound("payment", c.path("id"))
	id, err := checkout.ParsePaymentID(c.path("id"))
	if err != nil || id.Mode != c.Mode {
		return answer{}, unknown
	}
	ctx, err := c.chargedReading()
	if err != nil {
		return answer{}, err
	}
	payment, of, err := c.paymentTo(ctx, id)
	p, its := checkout.Judged{Payment: payment, Reason: checkout.ReasonUnmatched}, (*checkout.Checkout)(nil)
	if of != nil && err == nil {
		if of.Checkout.Merchant != c.Merchant.ID {
			return answer{}, unknown
		}
		its = &of.Checkout
		p, err = c.watcher.Judge(ctx, of, payment)
	}
	if errors.Is(err, watch.ErrNoPayment) {
		return answer{}, unknown
	}
	if err != nil {
		return answer{}, c.ledgerUnread("payment", err)
	}
	return written(jsonType, append(paymentItem(p, its, c.Mode), '\n')), nil
}

// paymentTo reads a payment to any of the merchant's accounts, former ones included.
func (c *call) paymentTo(ctx context.Context, id checkout.PaymentID) (payment checkout.Payment, of *checkout.Facts, err error) {
	accounts := c.Merchant.Accounts(c.Mode, c.began)
	if len(accounts) == 0 {
		accounts = append(accounts, "") // the memo may still name a checkout
	}
	for _, account := range accounts {
		payment, of, err = c.watcher.Payment(ctx, id, account)
		if !errors.Is(err, watch.ErrNoPayment) {
			break
		}
	}
	return payment, of, err
}
