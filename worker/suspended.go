package worker

import "edgecheckout/worker/store"

// isSuspended reports whether the operator has suspended a merchant. The answer is remembered for
// keyLifetime, and KV's own cache may add a minute.
func (c *call) isSuspended(merchant string) (bool, error) {
	key, now := store.MerchantKey(merchant), c.platform.Now()
	if is, ok := c.suspended.recall(key, now); ok {
		return is, nil
	}
	m, err := c.view.Merchant(c.ctx, merchant)
	if err != nil {
		return false, err
	}
	is := m != nil && m.Suspended
	c.suspended.keep(key, is, now.Add(keyLifetime))
	return is, nil
}
