package worker

import (
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/store"
	"edgecheckout/worker/watch"
)

const paramPayment = "payment_id"

// listRefunds is GET /refunds: all refunds of the merchant, or those of a payment. The account that
// received the payment is read first, so that refunds which were made without this service are
// there. If it cannot be read, what is known is listed.
func listRefunds(c *call) (answer, error) {
	l := list{
		noun: "refund", kind: checkout.KindRefund, path: "/refunds", since: c.Merchant.CreatedAt,
		created: func(id string) (time.Time, error) {
			r, err := c.refunds().Get(c.ctx, id)
			if err != nil || r == nil {
				return time.Time{}, err
			}
			return r.CreatedAt, nil
		},
		write: func(entries []store.Listed) ([][]byte, error) {
			listed, err := c.refunds().Listed(c.ctx, entries)
			return writeListed(listed, err, c.refundView)
		},
	}
	if id := c.query.Get(paramPayment); c.query.Has(paramPayment) {
		if err := c.readRefundsAhead(id); err != nil {
			return answer{}, err
		}
		payment, _, account, err := c.refundedPayment(id)
		if err != nil {
			return answer{}, err
		}
		ctx, err := c.chargedReading()
		if err != nil {
			return answer{}, err
		}
		q := watch.RefundQuery{Mode: c.Mode, Account: account, Merchant: c.Merchant.ID, After: payment.Ledger() - 1}
		if _, err := c.watcher.Refunds(ctx, q); err != nil {
			c.log(c.ctx, "refund", map[string]any{"payment": id, "error": err.Error()})
		}
		l.keep = func(e store.Listed) bool { return e.Customer == id }
	}
	return c.list(l)
}

// readRefundsAhead reads what listing the refunds of a payment takes: in one trip here, and the
// refunds themselves together with the payment's checkout.
func (c *call) readRefundsAhead(payment string) error {
	lists, sent := store.RefundingAhead(c.Mode, c.Merchant.Account(c.Mode))
	index := c.view.Scan(c.Owner, checkout.KindRefund, "", false, c.Merchant.CreatedAt, kv.MaxListKeys)
	if err := c.view.FetchLists(c.ctx, append(lists, index.First()...), sent); err != nil {
		return err
	}
	c.ctx = c.view.With(c.ctx)
	var ids []string
	for range kv.MaxListKeys {
		entry, ok, err := index.Next(c.ctx)
		if err != nil {
			return err
		}
		if !ok || len(ids) > maxLimit {
			break
		}
		if entry.Customer == payment {
			ids = append(ids, entry.ID)
		}
	}
	store.Also(c.ctx, store.RefundKeys(ids...)...)
	return nil
}
