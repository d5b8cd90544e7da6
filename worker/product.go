package worker

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"edgecheckout/worker/checkout"
	"edgecheckout/worker/kv"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

type productObject struct {
	ID          string            `json:"id"`
	Object      string            `json:"object"`
	Name        string            `json:"name"`
	Description *string           `json:"description"`
	Images      []string          `json:"images"`
	Type        string            `json:"type"`
	Status      string            `json:"status"`
	AssetCode   string            `json:"asset_code"`
	AssetIssuer *string           `json:"asset_issuer"`
	PriceAmount stellar.Amount    `json:"price_amount"`
	Metadata    checkout.Metadata `json:"metadata"`
	Livemode    bool              `json:"livemode"`
	CreatedAt   string            `json:"created_at"`
	UpdatedAt   string            `json:"updated_at"`
}

const (
	statusActive   = "active"
	statusArchived = "archived"
)

func productView(p store.Product) productObject {
	o := productObject{
		ID: p.ID, Object: "product", Name: p.Name, Description: optional(p.Description), Images: p.Images, Type: "one_time", Status: statusActive,
		AssetCode: p.Asset.Code, AssetIssuer: optional(string(p.Asset.Issuer)), PriceAmount: p.Price,
		Metadata: p.Metadata, Livemode: p.Mode.IsLive(), CreatedAt: timestamp(p.CreatedAt), UpdatedAt: timestamp(p.UpdatedAt),
	}
	if p.Archived {
		o.Status = statusArchived
	}
	if o.Images == nil {
		o.Images = []string{}
	}
	return o
}

// product reads a product of the caller's merchant and mode; nil if there is none.
func (c *call) product(id string) (*store.Product, error) {
	if _, err := checkout.ParseID(checkout.KindProduct, id); err != nil {
		return nil, nil
	}
	p, ok, err := get[store.Product](c, store.ProductKey(id))
	if err != nil || !ok || !c.owns(p.Merchant, p.Mode) {
		return nil, err
	}
	return &p, nil
}

// describe reads what a merchant says of a product.
func (c *call) describe(p *params, product *store.Product) {
	product.Name = p.required("name", 200, "")
	product.Description = p.text("description", 500)
	product.Images = p.images("images")
	if p.take("type") != nil && !p.is("type", "one_time") {
		p.fail(invalid("type", "type must be one_time."))
	}
	product.Asset = p.asset(c.config.Networks[c.mode].Assets, "")
	product.Price = p.amount("price_amount", "")
	product.Metadata = p.metadata("metadata")
}

// createProduct is POST /product.
func createProduct(c *call) (answer, error) {
	p := newParams(c.body)
	product := store.Product{Merchant: c.merchant.ID, Mode: c.mode}
	c.describe(p, &product)
	if err := p.done(); err != nil {
		return answer{}, err
	}
	idem, err := c.idempotency(func(i idempotency) []string {
		return keysOf(i.earlier(checkout.KindProduct), store.ProductKey)
	})
	if err != nil {
		return answer{}, err
	}
	for _, earlier := range idem.earlier(checkout.KindProduct) {
		if made, err := c.product(earlier); err != nil {
			return answer{}, err
		} else if made != nil {
			return jsonAnswer(productView(*made))
		}
	}
	if product.ID, err = idem.newID(c, checkout.KindProduct); err != nil {
		return answer{}, err
	}
	product.CreatedAt = c.began
	product.UpdatedAt = product.CreatedAt
	// As with a checkout, whoever finds the product can rely on it being listed.
	listed := store.Listed{Created: product.CreatedAt, ID: product.ID}
	err = c.platform.Store.Put(c.ctx, append(idem.entries(c, product.ID),
		kv.Entry{Key: store.ByMerchantKey(c.merchant.ID, c.mode, checkout.KindProduct, listed), Derived: true})...)
	if err != nil {
		return answer{}, err
	}
	return c.storeProduct(product, true)
}

// storeProduct writes a product that was made just now, or changed.
func (c *call) storeProduct(p store.Product, made bool) (answer, error) {
	if err := c.platform.Store.Put(c.ctx, kv.Entry{Key: store.ProductKey(p.ID), Value: store.Encode(p), Derived: made}); err != nil {
		return answer{}, err
	}
	return jsonAnswer(productView(p))
}

// updateProduct is PUT /product/{id}. What is not sent stays, null removes what is optional. Checkouts that exist keep their price.
func updateProduct(c *call) (answer, error) {
	product, err := c.product(c.path("id"))
	if err != nil {
		return answer{}, err
	}
	if product == nil {
		return answer{}, notFound("product", c.path("id"))
	}
	p := newParams(c.body)
	view := productView(*product)
	p.keep("name", view.Name)
	p.keep("description", view.Description)
	p.keep("images", view.Images)
	p.keep("type", view.Type)
	// An issuer belongs to its code: with another code it is the one that this asset is known to have, or has to be sent.
	if p.keep("asset_code", view.AssetCode); p.is("asset_code", view.AssetCode) {
		p.keep("asset_issuer", view.AssetIssuer)
	}
	p.keep("price_amount", view.PriceAmount)
	p.keep("metadata", view.Metadata)
	p.keep("status", view.Status)
	c.describe(p, product)
	switch status := p.required("status", 100, ""); {
	case p.err != nil:
	case status != statusActive && status != statusArchived:
		p.fail(invalid("status", "status must be active or archived, not %s.", clip(status)))
	default:
		product.Archived = status == statusArchived
	}
	if err := p.done(); err != nil {
		return answer{}, err
	}
	product.UpdatedAt = c.began
	return c.storeProduct(*product, false)
}

// getProduct is GET /product/{id}.
func getProduct(c *call) (answer, error) {
	p, err := c.product(c.path("id"))
	if err != nil {
		return answer{}, err
	}
	if p == nil {
		return answer{}, notFound("product", c.path("id"))
	}
	return jsonAnswer(productView(*p))
}

// archiveProduct is DELETE /product/{id}: it can be read as before, but not sold until it is active again. Checkouts that exist keep their price.
func archiveProduct(c *call) (answer, error) {
	p, err := c.product(c.path("id"))
	if err != nil {
		return answer{}, err
	}
	if p == nil {
		return answer{}, notFound("product", c.path("id"))
	}
	if !p.Archived {
		p.Archived, p.UpdatedAt = true, c.began
		return c.storeProduct(*p, false)
	}
	return jsonAnswer(productView(*p))
}

// listProducts is GET /product, archived ones included.
func listProducts(c *call) (answer, error) {
	return c.list(list{
		noun: "product", kind: checkout.KindProduct, path: "/product", since: c.merchant.CreatedAt,
		created: func(id string) (time.Time, error) {
			p, err := c.product(id)
			if err != nil || p == nil {
				return time.Time{}, err
			}
			return p.CreatedAt, nil
		},
		write: func(entries []store.Listed) ([][]byte, error) {
			return written(c, entries, store.ProductKey, func(e store.Listed, p store.Product) any {
				if !c.owns(p.Merchant, p.Mode) || !p.CreatedAt.Equal(e.Created) {
					return nil
				}
				return productView(p)
			})
		},
	})
}

const maxImages = 8

// images returns a list of https: URLs; nil if it is absent.
func (p *params) images(name string) []string {
	m := p.take(name)
	if m == nil {
		return nil
	}
	var urls []*string
	if json.Unmarshal([]byte(m.Value), &urls) != nil || len(urls) > maxImages {
		p.fail(invalid(name, "%s must be a list of at most %d https: URLs.", name, maxImages))
		return nil
	}
	var images []string
	for i, s := range urls {
		if s == nil || utf8.RuneCountInString(*s) > maxURLChars || !isHTTPS(*s) {
			p.fail(invalid(fmt.Sprintf("%s[%d]", name, i), "%s[%d] must be an https: URL of at most %d characters.", name, i, maxURLChars))
			return nil
		}
		images = append(images, *s)
	}
	return images
}

func isHTTPS(s string) bool {
	u, ok := parseURL(s)
	return ok && strings.HasPrefix(s, "https://") && u.Hostname() != "" && u.User == nil
}
