package worker

import (
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

type productObject struct {
	ID           string            `json:"id"`
	Object       string            `json:"object"`
	Name         string            `json:"name"`
	Description  nullable          `json:"description"`
	Images       []string          `json:"images"`
	Type         string            `json:"type"`
	Status       string            `json:"status"`
	AssetCode    string            `json:"asset_code"`
	AssetIssuer  nullable          `json:"asset_issuer"`
	PriceAmount  stellar.Amount    `json:"price_amount"`
	PriceDecimal stellar.Decimal   `json:"price_amount_decimal"`
	Metadata     checkout.Metadata `json:"metadata"`
	Livemode     bool              `json:"livemode"`
	Environment  string            `json:"environment"`
	CreatedAt    string            `json:"created_at"`
	UpdatedAt    string            `json:"updated_at"`
}

const (
	statusActive   = "active"
	statusArchived = "archived"
)

func productView(p store.Product) productObject {
	o := productObject{
		ID: p.ID, Object: "product", Name: p.Name, Description: nullable(p.Description), Images: p.Images, Type: "one_time", Status: statusActive,
		AssetCode: p.Asset.Code, AssetIssuer: nullable(p.Asset.Issuer), PriceAmount: p.Price, PriceDecimal: stellar.Decimal(p.Price),
		Metadata: p.Metadata.Object(), Livemode: p.Mode.IsLive(), Environment: environment(p.Mode), CreatedAt: timestamp(p.CreatedAt), UpdatedAt: timestamp(p.UpdatedAt),
	}
	if p.Archived {
		o.Status = statusArchived
	}
	if o.Images == nil {
		o.Images = []string{}
	}
	return o
}

// describe parses a product's fields.
func (c *call) describe(p *params, product *store.Product) {
	product.Name = p.required("name", 200, "")
	p.noOverride("name", product.Name)
	product.Description = p.text("description", 500)
	product.Images = p.images("images")
	if p.take("type") != nil && !p.is("type", "one_time") {
		p.fail(invalid("type", "type must be one_time."))
	}
	product.Asset = p.asset(c.config.Networks[c.Mode].Assets, "")
	product.Price = p.amount("price_amount", "")
	product.Metadata = p.metadata("metadata", product.Metadata)
}

func (c *call) commitProduct(p store.Product) (answer, error) {
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	return jsonAnswer(productView(p))
}

// ownProduct reads the product in the path.
func (c *call) ownProduct() (*store.Product, error) {
	p, err := c.products().Get(c.ctx, c.path("id"))
	if err == nil && p == nil {
		err = notFound("product", c.path("id"))
	}
	return p, err
}
