package worker

import (
	"context"
	"sync"
	"time"

	"edgecheckout/worker/horizon"
	"edgecheckout/worker/stellar"
)

// horizonPatience is how long a request waits for Horizon in all. A request that can be answered
// without Horizon then is.
const horizonPatience = 10 * time.Second

// reading returns the request's context for reads from Horizon about an account.
func (c *call) reading(account stellar.Address) context.Context {
	return horizon.WithAsker(c.ctx, horizon.Asker{Account: account, Until: c.began.Add(horizonPatience)})
}

// allowances are what each merchant may read from Horizon by [getPayment], the list of unmatched
// payments, and refunds, whose reads no cache shares.
type allowances struct {
	mu    sync.Mutex
	known map[string]*horizon.Allowance
}

func (a *allowances) of(merchant string) *horizon.Allowance {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known == nil || len(a.known) >= maxKeys {
		a.known = map[string]*horizon.Allowance{}
	}
	allowance, ok := a.known[merchant]
	if !ok {
		allowance = &horizon.Allowance{}
		a.known[merchant] = allowance
	}
	return allowance
}

// chargedReading is like reading, for reads that count against the merchant's allowance. The error
// is for the caller: the allowance is spent.
func (c *call) chargedReading() (context.Context, error) {
	allowance := c.allowances.of(c.Merchant.ID)
	if !allowance.Admit(c.platform.Now()) {
		return nil, &Error{Code: CodeRateLimited, Message: "Single payments, unmatched ones and refunds are read from the ledger at each request, and the reads that one merchant is granted are used up; try again in some seconds."}
	}
	return horizon.WithAsker(c.ctx, horizon.Asker{
		Account: c.Merchant.Account(c.Mode), Until: c.began.Add(horizonPatience), Allowance: allowance,
	}), nil
}
