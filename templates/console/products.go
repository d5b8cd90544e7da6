package console

import "time"

// Products is a list of products.
type Products struct {
	Rows  []ProductRow
	Older string
	Form  ProductForm // what was typed
}

// ProductRow is a product in a list.
type ProductRow struct {
	ID, Name string
	Price    Money
	Archived bool
	Created  time.Time
}

// ProductForm is what an owner says of a product.
type ProductForm struct{ Name, Description, Price, Code, Issuer, Image string }

func (Products) title() string { return "Products" }

func (p Products) sections() []section {
	t := &table{name: "Products", head: []string{"Product", "Price", "State", "Made"}, empty: "There is no product yet."}
	for _, r := range p.Rows {
		state := cell{text: "active", look: good}
		if r.Archived {
			state = cell{text: "archived", look: quiet}
		}
		t.rows = append(t.rows, []cell{{text: r.Name, href: "/console/products/" + r.ID}, r.Price.cell(), state, {text: moment(r.Created)}})
	}
	if p.Older != "" {
		t.links = append(t.links, cell{text: "Older", href: p.Older})
	}
	return []section{
		{id: "list", title: "Newest first", table: t},
		{id: "new", title: "New product", forms: []form{productForm("/console/products", "Make the product", p.Form)}},
	}
}

func productForm(action, button string, p ProductForm) form {
	if p.Code == "" {
		p.Code = "XLM"
	}
	return form{action: action, button: button, fields: []field{
		{name: "name", label: "Name", kind: "text", value: p.Name, required: true, size: 200},
		{name: "description", label: "Description", kind: "text", value: p.Description, size: 500},
		{name: "price_amount", label: "Price", kind: "text", value: p.Price, required: true, size: 30, hint: "Such as 12.5."},
		{name: "asset_code", label: "Asset", kind: "text", value: p.Code, required: true, size: 12},
		{name: "asset_issuer", label: "Issuer", kind: "text", value: p.Issuer, size: 56, hint: "Not for XLM and the assets that this service knows."},
		{name: "image", label: "Picture", kind: "url", value: p.Image, size: 2048, hint: "An https: URL."},
	}}
}

// Product is one product.
type Product struct {
	ProductRow
	Form ProductForm
}

func (p Product) title() string { return "Product" }

func (p Product) sections() []section {
	path := "/console/products/" + p.ID
	state, toggle := cell{text: "active", look: good}, form{action: path + "/archive", button: "Archive", look: bad, inline: true}
	if p.Archived {
		state, toggle = cell{text: "archived", look: quiet}, form{action: path + "/activate", button: "Sell again", inline: true}
	}
	facts := []fact{{"Price", p.Price.cell()}, {"State", state}, {"Id", cell{text: p.ID, look: mono}}, {"Made", cell{text: moment(p.Created)}}}
	if p.Form.Image != "" {
		facts = append(facts, fact{"Picture", cell{text: p.Form.Image, href: p.Form.Image}})
	}
	return []section{
		{id: "summary", title: p.Name, facts: facts, forms: []form{toggle}},
		{id: "change", title: "Change", text: "Checkouts that exist keep their price.", forms: []form{productForm(path, "Save", p.Form)}},
	}
}
