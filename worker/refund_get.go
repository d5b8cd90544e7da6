package worker

import (
	"time"

	"edgecheckout/worker/store"
	"edgecheckout/worker/watch"
)

// refundWindow is the time in which one account is read at most once because its refunds are asked
// for.
const refundWindow = 3 * time.Second

// getRefund is GET /refunds/{id}. While the refund is pending, it reads the ledger. If that cannot be
// read, the request is answered all the same.
func getRefund(c *call) (answer, error) {
	r, err := c.ownRefund()
	if err == nil && r.Paid == nil {
		r, err = c.lookForRefund(r)
	}
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(c.refundView(*r))
}

// ownRefund reads the refund in the path.
func (c *call) ownRefund() (*store.Refund, error) {
	r, err := c.refunds().Get(c.ctx, c.path("id"))
	if err == nil && r == nil {
		err = notFound("refund", c.path("id"))
	}
	return r, err
}

// lookForRefund reads the account of a pending refund.
func (c *call) lookForRefund(r *store.Refund) (*store.Refund, error) {
	if !c.platform.Recent.Claim("refunds/"+string(r.Mode)+"/"+string(r.Account), refundWindow) {
		return r, nil
	}
	news, err := c.watcher.Refunds(c.reading(r.Account), watch.RefundQuery{Mode: r.Mode, Account: r.Account, Merchant: r.Merchant, Since: r.CreatedAt})
	if err != nil {
		c.log(c.ctx, "refund", map[string]any{"refund": r.ID, "error": err.Error()})
	}
	if !news {
		return r, nil
	}
	again, err := c.store.RefundsByID(c.ctx, r.ID)
	if err != nil || again[0] == nil {
		return r, err
	}
	return again[0], nil
}
