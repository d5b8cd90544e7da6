package worker

import (
	"edgecheckout/templates/console"
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

const productsPath = "/console/products"

// showProducts is GET /console/products.
func showProducts(c *call) (answer, error) { return c.productsScreen(console.ProductForm{}, nil) }

func (c *call) productsScreen(typed console.ProductForm, refused *Error) (answer, error) {
	after, told := position(c.query.Get("after"))
	if told != nil {
		refused = told
	}
	scan := c.view.Scan(c.Owner, checkout.KindProduct, after, false, c.createdSince(), consoleLimit+1)
	l, err := leafOf(c.ctx, scan, consoleLimit, nil, func(entries []store.Listed) ([]*store.Product, error) { return c.products().Listed(c.ctx, entries) }, nil)
	if err != nil {
		return answer{}, err
	}
	s := console.Products{Form: typed}
	for _, p := range l.items {
		s.Rows = append(s.Rows, productRow(*p))
	}
	if l.older != "" {
		s.Older = productsPath + "?" + query{}.with("after", l.older).encode()
	}
	return c.refusable(c.frame("products"), s, refused)
}

func productRow(p store.Product) console.ProductRow {
	return console.ProductRow{ID: p.ID, Name: p.Name, Price: moneyOf(p.Price, p.Asset), Archived: p.Archived, Created: p.CreatedAt}
}

// productBody is a form's description of a product as the API takes it.
func (c *call) productBody() (map[string]any, console.ProductForm) {
	typed := console.ProductForm{
		Name: c.form.Get("name"), Description: c.form.Get("description"), Price: c.form.Get("price_amount"),
		Code: c.form.Get("asset_code"), Issuer: c.form.Get("asset_issuer"), Image: c.form.Get("image"),
	}
	images := []string{}
	if typed.Image != "" {
		images = append(images, typed.Image)
	}
	return map[string]any{
		"name": typed.Name, "description": orNull(typed.Description), "price_amount": typed.Price,
		"asset_code": typed.Code, "asset_issuer": orNull(typed.Issuer), "images": images,
	}, typed
}

// orNull is what a body has for a field of a form that was left empty.
func orNull(s string) any {
	if isBlank(s) {
		return nil
	}
	return s
}

// createProductByForm is POST /console/products.
func createProductByForm(c *call) (answer, error) {
	body, typed := c.productBody()
	return c.change(createProduct, body, func(told *Error) (answer, error) { return c.productsScreen(typed, told) }, productsPath, "added")
}

// showProduct is GET /console/products/{id}.
func showProduct(c *call) (answer, error) { return c.productScreen(nil, nil) }

func (c *call) productScreen(typed *console.ProductForm, refused *Error) (answer, error) {
	p, err := c.ownProduct()
	if err != nil {
		return answer{}, err
	}
	s := console.Product{ProductRow: productRow(*p), Form: console.ProductForm{
		Name: p.Name, Description: p.Description, Price: p.Price.String(), Code: p.Asset.Code, Issuer: string(p.Asset.Issuer),
	}}
	if len(p.Images) > 0 {
		s.Form.Image = p.Images[0]
	}
	if typed != nil {
		s.Form = *typed
	}
	return c.refusable(c.frame("products"), s, refused)
}

// changeProductByForm is POST /console/products/{id}.
func changeProductByForm(c *call) (answer, error) {
	body, typed := c.productBody()
	p, err := c.ownProduct()
	if err != nil {
		return answer{}, err
	}
	// The form has the first picture only; the others stay.
	if images := body["images"].([]string); len(p.Images) > 1 {
		body["images"] = append(images, p.Images[1:]...)
	}
	return c.change(updateProduct, body, func(told *Error) (answer, error) { return c.productScreen(&typed, told) }, productsPath+"/"+p.ID, "saved")
}

// archiveProductByForm is POST /console/products/{id}/archive.
func archiveProductByForm(c *call) (answer, error) {
	return c.change(archiveProduct, map[string]any{}, c.refusedProduct, productsPath+"/"+c.path("id"), "archived")
}

// activateProductByForm is POST /console/products/{id}/activate.
func activateProductByForm(c *call) (answer, error) {
	return c.change(updateProduct, map[string]any{"status": statusActive}, c.refusedProduct, productsPath+"/"+c.path("id"), "saved")
}

func (c *call) refusedProduct(told *Error) (answer, error) { return c.productScreen(nil, told) }
