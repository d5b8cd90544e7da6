package worker

import (
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
	payment, of, err := c.watcher.Payment(c.ctx, id, c.Merchant.Account(c.Mode))
	p, checkoutID := checkout.Judged{Payment: payment, Reason: checkout.ReasonUnmatched}, ""
	if of != nil && err == nil {
		if of.Checkout.Merchant != c.Merchant.ID {
			return answer{}, unknown
		}
		checkoutID = of.Checkout.ID.String()
		p, err = c.watcher.Judge(c.ctx, of, payment)
	}
	if errors.Is(err, watch.ErrNoPayment) {
		return answer{}, unknown
	}
	if err != nil {
		return answer{}, c.ledgerUnread("payment", err)
	}
	return written(jsonType, append(paymentItem(p, checkoutID, c.Mode), '\n')), nil
}
