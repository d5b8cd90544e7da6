package horizon

import (
	"context"
	"fmt"
	"strconv"

	"edgecheckout/worker/stellar"
)

// receivedLimit is how many payments of a transaction are read. Anybody can name one that has a
// hundred, and Horizon tells the whole transaction with each, which has 50 KB then.
const receivedLimit = 2

// ReceivedBy returns what an account received by the first payments of the transaction with a hash,
// which is 64 hexadecimal digits in lower case. It is nothing if the ledger has no such
// transaction, or not yet, or if the transaction failed.
func (c Client) ReceivedBy(ctx context.Context, hash string, account stellar.Address) ([]Incoming, error) {
	var doc struct {
		Embedded *struct {
			Records []record `json:"records"`
		} `json:"_embedded"`
	}
	err := c.get(ctx, "/transactions/"+hash+"/payments?join=transactions&limit="+strconv.Itoa(receivedLimit), &doc)
	if IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if doc.Embedded == nil {
		return nil, fmt.Errorf("%w: page without records", ErrAnswer)
	}
	var all []Incoming
	for i := range doc.Embedded.Records {
		_, received, err := doc.Embedded.Records[i].received(account)
		if err != nil {
			return nil, err
		}
		all = append(all, received...)
	}
	return all, nil
}
