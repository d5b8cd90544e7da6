package worker

import (
	"time"

	"edgecheckout/worker/kv"
	"edgecheckout/worker/protect"
	"edgecheckout/worker/record"
)

// expireCheckout is POST /checkout/{id}/expire: it moves the deadline of an open checkout to CancelGrace from now. What closes on the ledger
// before that still counts; the page stops asking for money at once.
func expireCheckout(c *call) (answer, error) {
	if err := newParams(c.body).done(); err != nil {
		return answer{}, err
	}
	s, err := c.ownStanding()
	if err != nil {
		return answer{}, err
	}
	out := c.look(s)
	if out.Status.Terminal() {
		return answer{}, &Error{Code: CodeCheckoutNotOpen, Message: "The checkout is " + string(out.Status) + " already; only an open one can be cancelled."}
	}
	deadline := c.platform.Now().Add(record.CancelGrace).UTC().Truncate(time.Millisecond)
	if !protect.CancelGrace {
		deadline = c.began
	}
	if s.CancelledBy.IsZero() && deadline.Before(s.Session.ExpiresAt) {
		expiry := s.Session.ExpiresAt.Add(record.KeepAfterExpiry)
		err := c.platform.Store.Put(c.ctx,
			kv.Entry{Key: record.CancelKey(s.Session.ID), Value: record.Encode(record.Cancel{Deadline: deadline}), ExpiresAt: expiry},
			kv.Entry{Key: record.EntryOf(s.Session, deadline).Key(), ExpiresAt: expiry})
		if err != nil {
			return answer{}, err
		}
		s.CancelledBy = deadline
	}
	return c.checkoutAnswer(s, out)
}
