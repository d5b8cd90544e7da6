package worker

import (
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

// listWebhooks is GET /webhooks.
func listWebhooks(c *call) (answer, error) {
	return c.list(list{
		noun: "webhook endpoint", kind: checkout.KindWebhook, path: "/webhooks", since: c.Merchant.CreatedAt,
		created: func(id string) (time.Time, error) {
			w, err := c.webhooks().Get(c.ctx, id)
			if err != nil || w == nil {
				return time.Time{}, err
			}
			return w.CreatedAt, nil
		},
		write: func(entries []store.Listed) ([][]byte, error) {
			listed, err := c.webhooks().Listed(c.ctx, entries)
			return writeListed(listed, err, webhookView)
		},
	})
}
