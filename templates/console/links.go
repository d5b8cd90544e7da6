package console

import "time"

// Links is a list of payment links.
type Links struct {
	Rows  []LinkRow
	Older string
	Form  LinkForm // what was typed
}

// LinkRow is a payment link in a list.
type LinkRow struct {
	ID, Name string // the name is what it says of itself: its description, or its product
	Price    string // "12.5 USDC", or that the customer says how much
	Closed   bool
	Created  time.Time
}

// LinkForm is what an owner says of a payment link.
type LinkForm struct {
	Product, Amount, Code, Issuer, Description, Redirect string

	Metadata string   // a line for each name and its value
	Fixed    bool     // the metadata cannot be written in lines, and stays as it is
	Products []Option // to choose from
}

func (Links) title() string { return "Links" }

func (l Links) sections() []section {
	t := &table{name: "Links", head: []string{"Link", "Price", "State", "Made"}, empty: "There is no link yet."}
	for _, r := range l.Rows {
		state := cell{text: "open", look: good}
		if r.Closed {
			state = cell{text: "closed", look: quiet}
		}
		t.rows = append(t.rows, []cell{{text: r.Name, href: "/console/links/" + r.ID, detail: r.ID}, {text: r.Price, look: number}, state, {text: moment(r.Created)}})
	}
	if l.Older != "" {
		t.links = append(t.links, cell{text: "Older", href: l.Older})
	}
	return []section{
		{id: "list", title: "Newest first", text: "A link is an address at which anybody can buy, as often as they like: send it, put it on a page, or print it.", table: t},
		{id: "new", title: "New link", forms: []form{linkForm("/console/links", "Make the link", l.Form)}},
	}
}

func linkForm(action, button string, l LinkForm) form {
	f := form{action: action, button: button}
	if len(l.Products) > 0 {
		f.fields = append(f.fields, field{name: "product_id", label: "Sells", kind: "choice", value: l.Product, options: append([]Option{{"", "The amount below"}}, l.Products...)})
	}
	f.fields = append(f.fields,
		field{name: "amount", label: "Amount", kind: "text", value: l.Amount, size: 30, hint: "Such as 12.5. Empty: the customer says how much. Not for a product, which has a price."},
		field{name: "asset_code", label: "Asset", kind: "text", value: l.Code, size: 12, hint: "Such as USDC or XLM. Not for a product."},
		field{name: "asset_issuer", label: "Issuer", kind: "text", value: l.Issuer, size: 56, hint: "Not for XLM and the assets that this service knows."},
		field{name: "description", label: "Description", kind: "text", value: l.Description, size: 500, hint: "Customers see it."},
		field{name: "redirect_url", label: "Page after paying", kind: "url", value: l.Redirect, size: 2048, hint: "An https: URL. {CHECKOUT_ID} in it becomes the checkout’s id."},
	)
	if !l.Fixed {
		f.fields = append(f.fields, field{name: "metadata", label: "Notes for each checkout", kind: "long", value: l.Metadata, hint: "One a line, such as campaign: autumn. Customers do not see them."})
	}
	return f
}

// Link is one payment link.
type Link struct {
	LinkRow
	URL     string
	Product string // its id; "" if the link is of no product
	Form    LinkForm
	Notes   []Option // its metadata, where that cannot be changed here
}

func (l Link) title() string { return "Link" }

func (l Link) sections() []section {
	path := "/console/links/" + l.ID
	state, toggle := cell{text: "open", look: good}, form{action: path + "/close", button: "Close", look: bad, inline: true}
	if l.Closed {
		state, toggle = cell{text: "closed", look: quiet, detail: "Its page says that this is not sold any more."}, form{action: path + "/open", button: "Open again", inline: true}
	}
	facts := []fact{{"Price", cell{text: l.Price, look: number}}, {"State", state}, {"Id", cell{text: l.ID, look: mono}}, {"Made", cell{text: moment(l.Created)}}}
	if l.Product != "" {
		facts = append(facts, fact{"Product", cell{text: l.Product, href: "/console/products/" + l.Product}})
	}
	for _, note := range l.Notes {
		facts = append(facts, fact{note.Value, cell{text: note.Text}})
	}
	return []section{
		{id: "summary", title: l.Name, facts: facts, forms: []form{toggle}},
		{id: "address", title: "Address", text: "Send it to whoever should pay.", code: l.URL, facts: []fact{{"Look at it", cell{text: "The page that customers see", href: l.URL}}}},
		{id: "button", title: "Button", text: "Put this into a page of yours. It looks like a button and leads to the link.", code: snippet(l.URL)},
		{id: "print", title: "Code to print", text: "A phone’s camera opens the link. The picture can be printed in any size; leave the white margin as it is.", qr: l.URL,
			facts: []fact{{"Picture", cell{text: "Open it alone, to print or to save (SVG)", href: l.URL + "/qr.svg"}}}},
		{id: "change", title: "Change", text: "Everybody sees a change within two minutes. Checkouts that exist keep what they have.", forms: []form{linkForm(path, "Save", l.Form)}},
	}
}

// snippet is a link that looks like a button, as docs/links.md has it.
func snippet(url string) string {
	return `<a href="` + url + `"
   style="display: inline-block; padding: 0.75rem 1.25rem; border-radius: 0.75rem; background: #2447c8; color: #fff; font: 600 1rem system-ui; text-decoration: none"
   >Pay with Stellar</a>`
}
