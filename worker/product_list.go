package worker

import (
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

// listProducts is GET /product. It includes archived products.
func listProducts(c *call) (answer, error) {
	return c.list(list{
		noun: "product", kind: checkout.KindProduct, path: "/product", since: c.Merchant.CreatedAt,
		created: func(id string) (time.Time, error) {
			p, err := c.products().Get(c.ctx, id)
			if err != nil || p == nil {
				return time.Time{}, err
			}
			return p.CreatedAt, nil
		},
		write: func(entries []store.Listed) ([][]byte, error) {
			listed, err := c.products().Listed(c.ctx, entries)
			return writeListed(listed, err, productView)
		},
	})
}
