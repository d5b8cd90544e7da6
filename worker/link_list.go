package worker

import (
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

// listLinks is GET /payment_links. It includes inactive ones.
func listLinks(c *call) (answer, error) {
	return c.list(list{
		noun: "payment link", kind: checkout.KindLink, path: "/payment_links", since: c.Merchant.CreatedAt,
		created: func(id string) (time.Time, error) {
			l, err := c.links().Get(c.ctx, id)
			if err != nil || l == nil {
				return time.Time{}, err
			}
			return l.CreatedAt, nil
		},
		write: func(entries []store.Listed) ([][]byte, error) {
			listed, err := c.links().Listed(c.ctx, entries)
			return writeListed(listed, err, c.linkView)
		},
	})
}
