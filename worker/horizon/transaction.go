package horizon

import (
	"context"

	"edgecheckout/worker/stellar"
)

// receivedLimit is how many payments of a transaction are read. Anybody can name one that has a
// hundred, and Horizon tells the whole transaction with each, which has 50 KB then.
const receivedLimit = 2

// ReceivedBy returns what an account received by the first payments of the transaction with a hash,
// which is 64 hexadecimal digits in lower case. It is nothing if the ledger has no such
// transaction, or not yet, or if the transaction failed.
func (c Client) ReceivedBy(ctx context.Context, hash string, account stellar.Address) ([]Incoming, error) {
	records, _, err := c.paymentsIn(ctx, hash, receivedLimit)
	if err != nil {
		return nil, err
	}
	var all []Incoming
	for i := range records {
		_, received, err := records[i].received(account)
		if err != nil {
			return nil, err
		}
		all = append(all, received...)
	}
	return all, nil
}
