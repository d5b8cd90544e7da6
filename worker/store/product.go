package store

import (
	"context"
	"time"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

// Product is something that a merchant sells at a price. Only the merchant edits it, so it has one
// writer at a time.
type Product struct {
	ID          string            `json:"id"`
	Merchant    string            `json:"merchant"`
	Mode        stellar.Mode      `json:"mode"`
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Images      []string          `json:"images,omitempty"`
	Archived    bool              `json:"archived,omitempty"`
	Asset       stellar.Asset     `json:"asset"`
	Price       stellar.Amount    `json:"price"`
	Metadata    checkout.Metadata `json:"metadata,omitempty"`
	CreatedAt   time.Time         `json:"created_at"`
	UpdatedAt   time.Time         `json:"updated_at"`
}

// ProductKeys returns the keys of products; none for a malformed id.
func ProductKeys(ids ...string) []Key { return keysOf(checkout.KindProduct, productKey, ids) }

func productKey(id string) Key { return Key{"product/" + id} }

// keysOf returns the keys of the well-formed ids of a kind.
func keysOf(kind checkout.Kind, key func(id string) Key, ids []string) []Key {
	keys := make([]Key, 0, len(ids))
	for _, id := range ids {
		if _, err := checkout.ParseID(kind, id); err == nil {
			keys = append(keys, key(id))
		}
	}
	return keys
}

// Products are the products of an owner.
type Products struct {
	view  *View
	owner Owner
}

// Products returns the products of an owner.
func (v *View) Products(o Owner) Products { return Products{v, o} }

// Get reads a product; nil if the owner has none with that id.
func (p Products) Get(ctx context.Context, id string) (*Product, error) {
	if _, err := checkout.ParseID(checkout.KindProduct, id); err != nil {
		return nil, nil
	}
	product, ok, err := view[Product](ctx, p.view, "a product", productKey(id))
	if err != nil || !ok || !p.owner.owns(product.Merchant, product.Mode) {
		return nil, err
	}
	return &product, nil
}

// Create adds a new product and its entry in the list. The entry is written first, so every product
// that can be found is listed.
func (p Products) Create(product Product) {
	p.view.list(p.owner, checkout.KindProduct, Listed{Created: product.CreatedAt, ID: product.ID}, time.Time{})
	p.view.records = append(p.view.records, entry{key: productKey(product.ID), value: Encode(product), derived: true})
}

// Update adds a changed product.
func (p Products) Update(product Product) {
	p.view.records = append(p.view.records, entry{key: productKey(product.ID), value: Encode(product)})
}

// Listed reads the products of list entries; nil for one that is not visible here yet or was
// created at another time than the entry says.
func (p Products) Listed(ctx context.Context, entries []Listed) ([]*Product, error) {
	return listed(ctx, p.view, "products", entries, productKey, func(e Listed, product *Product) bool {
		return p.owner.owns(product.Merchant, product.Mode) && product.CreatedAt.Equal(e.Created)
	})
}
