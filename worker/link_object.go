package worker

import (
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

type linkObject struct {
	ID            string            `json:"id"`
	Object        string            `json:"object"`
	URL           string            `json:"url"`
	QRURL         string            `json:"qr_url"`
	ProductID     nullable          `json:"product_id"`
	Amount        *stellar.Amount   `json:"amount"`
	AmountDecimal nullable          `json:"amount_decimal"`
	AssetCode     nullable          `json:"asset_code"`
	AssetIssuer   nullable          `json:"asset_issuer"`
	Description   nullable          `json:"description"`
	RedirectURL   nullable          `json:"redirect_url"`
	Metadata      checkout.Metadata `json:"metadata"`
	Active        bool              `json:"active"`
	Livemode      bool              `json:"livemode"`
	Environment   string            `json:"environment"`
	CreatedAt     string            `json:"created_at"`
	UpdatedAt     string            `json:"updated_at"`
}

func (s *Service) linkView(l store.PaymentLink) linkObject {
	o := linkObject{
		ID: l.ID, Object: "payment_link", URL: s.buyURL(l.ID), QRURL: s.buyURL(l.ID) + "/qr.svg", ProductID: nullable(l.Product),
		AssetCode: nullable(l.Asset.Code), AssetIssuer: nullable(l.Asset.Issuer),
		Description: nullable(l.Description), RedirectURL: nullable(l.RedirectURL), Metadata: l.Metadata.Object(), Active: l.Active,
		Livemode: l.Mode.IsLive(), Environment: environment(l.Mode), CreatedAt: timestamp(l.CreatedAt), UpdatedAt: timestamp(l.UpdatedAt),
	}
	if l.Amount > 0 {
		o.Amount, o.AmountDecimal = &l.Amount, nullable(l.Amount.String())
	}
	return o
}

// buyURL is the URL of a payment link.
func (s *Service) buyURL(id string) string { return s.config.BaseURL + "/buy/" + id }

// describeLink parses the fields of a payment link.
func (c *call) describeLink(p *params, l *store.PaymentLink) {
	if l.Product = p.text("product_id", 1000); l.Product != "" {
		l.Amount, l.Asset = 0, stellar.Asset{}
		for _, name := range []string{"amount", "asset_code", "asset_issuer"} {
			if p.take(name) != nil {
				p.fail(invalid(name, "%s belongs to the product already; leave it out, or leave out product_id.", name))
			}
		}
	} else {
		l.Amount = p.optionalAmount("amount")
		l.Asset = p.asset(c.in(c.Mode).network.Assets, ", or product_id")
	}
	l.Description = p.text("description", 500)
	l.RedirectURL = p.returnURL("redirect_url", c.Mode)
	l.Metadata = p.metadata("metadata", l.Metadata)
	p.keep("active", true)
	l.Active = p.boolean("active")
}

// soldFor is the asset of a payment link, or that of its product, which the merchant must have.
func (c *call) soldFor(l store.PaymentLink) (stellar.Asset, error) {
	if l.Product == "" {
		return l.Asset, nil
	}
	product, err := c.products().Get(c.ctx, l.Product)
	if err == nil && product == nil {
		err = invalid("product_id", "No product has the id %s.", clip(l.Product))
	}
	if err != nil {
		return stellar.Asset{}, err
	}
	return product.Asset, nil
}

// commitLink writes a payment link that is sold for an asset.
func (c *call) commitLink(l store.PaymentLink, asset stellar.Asset) (answer, error) {
	if err := c.view.Commit(c.ctx); err != nil {
		return answer{}, err
	}
	c.askForIssuer(asset)
	return jsonAnswer(c.linkView(l))
}

// ownLink reads the payment link in the path.
func (c *call) ownLink() (*store.PaymentLink, error) {
	l, err := c.links().Get(c.ctx, c.path("id"))
	if err == nil && l == nil {
		err = notFound("payment link", c.path("id"))
	}
	return l, err
}
