package worker

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"edgecheckout/worker/checkout"
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
		Metadata: p.Metadata.Object(), Livemode: p.Mode.IsLive(), CreatedAt: timestamp(p.CreatedAt), UpdatedAt: timestamp(p.UpdatedAt),
	}
	if p.Archived {
		o.Status = statusArchived
	}
	if o.Images == nil {
		o.Images = []string{}
	}
	return o
}

// describe reads what a merchant says of a product.
func (c *call) describe(p *params, product *store.Product) {
	product.Name = p.required("name", 200, "")
	product.Description = p.text("description", 500)
	product.Images = p.images("images")
	if p.take("type") != nil && !p.is("type", "one_time") {
		p.fail(invalid("type", "type must be one_time."))
	}
	product.Asset = p.asset(c.config.Networks[c.Mode].Assets, "")
	product.Price = p.amount("price_amount", "")
	product.Metadata = p.metadata("metadata")
}

// createProduct is POST /product.
func createProduct(c *call) (answer, error) {
	p := newParams(c.request.Body)
	product := store.Product{Merchant: c.Merchant.ID, Mode: c.Mode}
	c.describe(p, &product)
	if err := p.done(); err != nil {
		return answer{}, err
	}
	idem, err := c.idempotency(func(i *store.Idempotency) []store.Key {
		return store.ProductKeys(i.Earlier(checkout.KindProduct)...)
	})
	if err != nil {
		return answer{}, err
	}
	for _, id := range idem.Earlier(checkout.KindProduct) {
		if made, err := c.products().Get(c.ctx, id); err != nil {
			return answer{}, err
		} else if made != nil {
			return jsonAnswer(productView(*made))
		}
	}
	if product.ID, err = idem.NewID(checkout.KindProduct, c.began, c.platform.Entropy); err != nil {
		return answer{}, err
	}
	product.CreatedAt = c.began
	product.UpdatedAt = product.CreatedAt
	c.view.Remember(idem, product.ID, c.platform.Now())
	c.products().Create(product)
	return c.commitProduct(product)
}

func (c *call) commitProduct(p store.Product) (answer, error) {
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	return jsonAnswer(productView(p))
}

// ownProduct reads the product of the path.
func (c *call) ownProduct() (*store.Product, error) {
	p, err := c.products().Get(c.ctx, c.path("id"))
	if err == nil && p == nil {
		err = notFound("product", c.path("id"))
	}
	return p, err
}

// updateProduct is PUT /product/{id}. What is not sent stays, null removes what is optional. Checkouts that exist keep their price.
func updateProduct(c *call) (answer, error) {
	product, err := c.ownProduct()
	if err != nil {
		return answer{}, err
	}
	p := newParams(c.request.Body)
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
	c.products().Update(*product)
	return c.commitProduct(*product)
}

// getProduct is GET /product/{id}.
func getProduct(c *call) (answer, error) {
	p, err := c.ownProduct()
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(productView(*p))
}

// archiveProduct is DELETE /product/{id}: it can be read as before, but not sold until it is active again. Checkouts that exist keep their price.
func archiveProduct(c *call) (answer, error) {
	p, err := c.ownProduct()
	if err != nil {
		return answer{}, err
	}
	if !p.Archived {
		p.Archived, p.UpdatedAt = true, c.began
		c.products().Update(*p)
		return c.commitProduct(*p)
	}
	return jsonAnswer(productView(*p))
}

// listProducts is GET /product, archived ones included.
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
