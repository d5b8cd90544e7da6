package worker

import (
	"maps"
	"slices"
	"strings"

	"edgecheckout/templates/console"
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/store"
)

const linksPath = "/console/links"

// showLinks is GET /console/links.
func showLinks(c *call) (answer, error) { return c.linksScreen(console.LinkForm{}, nil) }

func (c *call) linksScreen(typed console.LinkForm, refused *Error) (answer, error) {
	after, told := position(c.query.Get("after"))
	if told != nil {
		refused = told
	}
	scan := c.view.Scan(c.Owner, checkout.KindLink, after, false, c.createdSince(), consoleLimit+1)
	l, err := leafOf(c.ctx, scan, consoleLimit, nil, func(entries []store.Listed) ([]*store.PaymentLink, error) { return c.links().Listed(c.ctx, entries) }, nil)
	if err != nil {
		return answer{}, err
	}
	if typed.Products, err = c.sellable(typed.Product); err != nil {
		return answer{}, err
	}
	s := console.Links{Form: typed}
	for _, link := range l.items {
		s.Rows = append(s.Rows, linkRow(*link, typed.Products))
	}
	if l.older != "" {
		s.Older = linksPath + "?" + query{}.with("after", l.older).encode()
	}
	return c.refusable(c.frame("links"), s, refused)
}

// sellable are the newest products that can be sold, to choose from, and the one that is chosen.
func (c *call) sellable(chosen string) (options []console.Option, err error) {
	scan := c.view.Scan(c.Owner, checkout.KindProduct, "", false, c.createdSince(), consoleLimit+1)
	l, err := leafOf(c.ctx, scan, consoleLimit, nil, func(entries []store.Listed) ([]*store.Product, error) { return c.products().Listed(c.ctx, entries) },
		func(p *store.Product) bool { return !p.Archived || p.ID == chosen })
	if err != nil {
		return nil, err
	}
	for _, p := range l.items {
		options = append(options, console.Option{Value: p.ID, Text: p.Name + ", " + moneyOf(p.Price, p.Asset).String()})
	}
	if chosen != "" && !slices.ContainsFunc(options, func(o console.Option) bool { return o.Value == chosen }) {
		options = append(options, console.Option{Value: chosen, Text: chosen})
	}
	return options, nil
}

// linkRow describes a link; products are those whose names are known.
func linkRow(l store.PaymentLink, products []console.Option) console.LinkRow {
	r := console.LinkRow{ID: l.ID, Name: l.Description, Closed: !l.Active, Created: l.CreatedAt, Price: "the customer says how much " + l.Asset.Code}
	switch {
	case l.Product != "":
		r.Price = "that of the product " + l.Product
		if i := slices.IndexFunc(products, func(o console.Option) bool { return o.Value == l.Product }); i >= 0 {
			r.Price = products[i].Text
		}
	case l.Amount > 0:
		r.Price = moneyOf(l.Amount, l.Asset).String()
	}
	if r.Name == "" {
		r.Name = r.Price
	}
	return r
}

// linkBody is a form's description of a payment link as the API takes it. A product has an asset of
// its own: what the form has of one is left out, and an amount is for the API to refuse.
func (c *call) linkBody() (map[string]any, console.LinkForm) {
	typed := console.LinkForm{
		Product: c.form.Get("product_id"), Amount: c.form.Get("amount"), Code: c.form.Get("asset_code"), Issuer: c.form.Get("asset_issuer"),
		Description: c.form.Get("description"), Redirect: c.form.Get("redirect_url"), Metadata: c.form.Get("metadata"), Fixed: !c.form.Has("metadata"),
	}
	body := map[string]any{
		"product_id": orNull(typed.Product), "amount": orNull(typed.Amount), "asset_code": nil, "asset_issuer": nil,
		"description": orNull(typed.Description), "redirect_url": orNull(typed.Redirect),
	}
	if typed.Product == "" {
		body["asset_code"], body["asset_issuer"] = orNull(typed.Code), orNull(typed.Issuer)
	}
	if !typed.Fixed {
		body["metadata"] = metadataOf(typed.Metadata)
	}
	return body, typed
}

// metadataOf parses the lines of a form: a name, a colon, and a value. A line without a colon is a
// name.
func metadataOf(lines string) map[string]any {
	metadata := map[string]any{} // values are strings
	for line := range strings.Lines(lines) {
		if name, value, _ := strings.Cut(line, ":"); !isBlank(line) {
			metadata[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	return metadata
}

// metadataLines writes metadata as lines of a form; false if it cannot be read back from them.
func metadataLines(m checkout.Metadata) (string, bool) {
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(m)) {
		lines.WriteString(name + ": " + m[name] + "\n")
	}
	read := metadataOf(lines.String())
	for name, value := range m {
		if read[name] != value {
			return "", false
		}
	}
	return lines.String(), len(read) == len(m)
}

// createLinkByForm is POST /console/links.
func createLinkByForm(c *call) (answer, error) {
	body, typed := c.linkBody()
	made, err := decodeAnswer[linkObject](c.act(createLink, body))
	return c.changed(err, func(told *Error) (answer, error) { return c.linksScreen(typed, told) }, linksPath+"/"+made.ID, "linked")
}

// showLink is GET /console/links/{id}.
func showLink(c *call) (answer, error) { return c.linkScreen(nil, nil) }

func (c *call) linkScreen(typed *console.LinkForm, refused *Error) (answer, error) {
	l, err := c.ownLink()
	if err != nil {
		return answer{}, err
	}
	f := console.LinkForm{Product: l.Product, Code: l.Asset.Code, Issuer: string(l.Asset.Issuer), Description: l.Description, Redirect: l.RedirectURL}
	if l.Amount > 0 {
		f.Amount = l.Amount.String()
	}
	s := console.Link{URL: c.buyURL(l.ID), Product: l.Product}
	lines, ok := metadataLines(l.Metadata)
	if f.Metadata, f.Fixed = lines, !ok; f.Fixed {
		for _, name := range slices.Sorted(maps.Keys(l.Metadata)) {
			s.Notes = append(s.Notes, console.Option{Value: name, Text: l.Metadata[name]})
		}
	}
	if typed != nil {
		f = *typed
	}
	products, err := c.sellable(l.Product)
	if err != nil {
		return answer{}, err
	}
	f.Products = products
	s.LinkRow, s.Form = linkRow(*l, products), f
	return c.refusable(c.frame("links"), s, refused)
}

// changeLinkByForm is POST /console/links/{id}.
func changeLinkByForm(c *call) (answer, error) {
	body, typed := c.linkBody()
	l, err := c.ownLink()
	if err != nil {
		return answer{}, err
	}
	if notes, ok := body["metadata"].(map[string]any); ok {
		for name := range l.Metadata { // the API merges; a form has everything
			if _, stays := notes[name]; !stays {
				notes[name] = nil
			}
		}
	}
	return c.change(updateLink, body, func(told *Error) (answer, error) { return c.linkScreen(&typed, told) }, linksPath+"/"+l.ID, "saved")
}

// closeLinkByForm is POST /console/links/{id}/close.
func closeLinkByForm(c *call) (answer, error) { return c.setLinkActive(false, "closed") }

// openLinkByForm is POST /console/links/{id}/open.
func openLinkByForm(c *call) (answer, error) { return c.setLinkActive(true, "saved") }

func (c *call) setLinkActive(active bool, what string) (answer, error) {
	return c.change(updateLink, map[string]any{"active": active}, func(told *Error) (answer, error) { return c.linkScreen(nil, told) }, linksPath+"/"+c.path("id"), what)
}
