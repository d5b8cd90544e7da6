package worker

import (
	"bytes"
	"encoding/csv"
	"net/url"
	"slices"
	"strings"
	"time"

	"edgecheckout/templates/console"
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// consoleLimit is how many entries a page of a list in the console has, and csvLimit how many a
// file has.
const (
	consoleLimit = 25
	csvLimit     = maxLeafExamined
)

// showCheckouts is GET /console/checkouts. Like GET /checkout it shows what the store has.
func showCheckouts(c *call) (answer, error) {
	s := console.Checkouts{Filter: console.Filter{
		Status: c.query.Get("status"), Search: strings.TrimSpace(c.query.Get("q")), From: c.query.Get("from"), To: c.query.Get("to"),
	}}
	l, refused, err := c.findCheckouts(consoleLimit)
	if err != nil {
		return answer{}, err
	}
	for _, facts := range l.items {
		out := facts.Outcome(c.platform.Now())
		row := console.CheckoutRow{
			ID: facts.Checkout.ID.String(), Description: facts.Checkout.Description, Status: string(out.Status), Exception: string(out.Exception),
			Amount: moneyOf(facts.Checkout.Amount, facts.Checkout.Asset), Created: facts.Checkout.CreatedAt,
		}
		if out.Received > 0 {
			row.Received = out.Received.String()
		}
		s.Rows = append(s.Rows, row)
	}
	query := c.query
	if l.older != "" {
		s.Older = "/console/checkouts?" + query.with("after", l.older).encode()
		s.Note = "Older checkouts may fit as well."
	}
	s.CSV = "/console/checkouts.csv?" + query.encode()
	return c.refusable(c.frame("checkouts"), s, refused)
}

// findCheckouts reads a page of the checkouts that the query asks for. refused says what is wrong
// with the query.
func (c *call) findCheckouts(limit int) (l leaf[checkout.Facts], refused *Error, err error) {
	if c.query.Get("q") != "" {
		if f, ok, err := c.checkoutNamed(strings.TrimSpace(c.query.Get("q"))); ok || err != nil {
			if f != nil {
				l.items = append(l.items, f)
			}
			return l, nil, err
		}
	}
	fits, refused := c.checkoutFilter()
	if refused != nil {
		return l, refused, nil
	}
	from, refused := position(c.query.Get("after"))
	if refused != nil {
		return l, refused, nil
	}
	since := c.checkoutsSince()
	if text := c.query.Get("to"); text != "" {
		on, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return l, invalid("to", "To must be a day, such as 2026-11-30."), nil
		}
		if from == "" && on.Before(c.began) {
			from = store.Listed{Created: on.Add(day).Add(-time.Millisecond), ID: ""}.Position()
		}
	}
	if text := c.query.Get("from"); text != "" {
		on, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return l, invalid("from", "From must be a day, such as 2026-11-01."), nil
		}
		if on.After(since) {
			since = on
		}
	}
	s := c.view.Scan(c.Owner, checkout.KindCheckout, from, false, since.Add(-time.Minute), limit+1)
	customer := strings.TrimSpace(c.query.Get("q"))
	isCustomer := strings.HasPrefix(customer, string(checkout.KindCustomer))
	l, err = leafOf(c.ctx, s, limit, func(e store.Listed) bool { return e.Created.Before(since) },
		func(entries []store.Listed) ([]*checkout.Facts, error) {
			if isCustomer {
				entries = slices.DeleteFunc(slices.Clone(entries), func(e store.Listed) bool { return e.Customer != customer })
			}
			return c.checkouts().Listed(c.ctx, entries)
		}, fits)
	return l, nil, err
}

// checkoutNamed finds a checkout by its id or memo. It reports whether the text is one.
func (c *call) checkoutNamed(text string) (*checkout.Facts, bool, error) {
	ids := []string{text}
	if _, err := checkout.ParseCheckoutID(text); err != nil {
		ids = nil
		for _, id := range c.config.Memos.Open(text, c.platform.Now()) {
			ids = append(ids, id.String())
		}
	}
	for _, id := range ids {
		if f, err := c.checkouts().Get(c.ctx, id); err != nil || f != nil {
			return f, true, err
		}
	}
	return nil, len(ids) > 0, nil
}

// checkoutFilter returns which checkouts the query asks for, by what their records have.
func (c *call) checkoutFilter() (func(*checkout.Facts) bool, *Error) {
	status := checkout.Status(c.query.Get("status"))
	if status != "" && !slices.Contains([]checkout.Status{checkout.Open, checkout.Completed, checkout.Expired, checkout.Failed}, status) {
		return nil, invalid("status", "Status must be open, completed, expired or failed.")
	}
	search := strings.TrimSpace(c.query.Get("q"))
	amount, err := stellar.ParseAmount(search)
	byAmount := search != "" && err == nil
	byHash := len(search) == 64 && isHex(strings.ToLower(search))
	byCustomer := strings.HasPrefix(search, string(checkout.KindCustomer))
	now := c.platform.Now()
	return func(f *checkout.Facts) bool {
		out := f.Outcome(now)
		if status != "" && out.Status != status {
			return false
		}
		switch {
		case search == "" || byCustomer:
			return true
		case byHash:
			return slices.ContainsFunc(out.Payments, func(p checkout.Judged) bool { return strings.EqualFold(p.Hash, search) })
		case byAmount:
			return f.Checkout.Amount == amount || slices.ContainsFunc(out.Payments, func(p checkout.Judged) bool { return p.Amount == amount })
		}
		return strings.Contains(strings.ToLower(f.Checkout.Description), strings.ToLower(search))
	}, nil
}

// downloadCheckouts is GET /console/checkouts.csv: what the list shows, with the same parameters,
// up to csvLimit checkouts.
func downloadCheckouts(c *call) (answer, error) {
	l, refused, err := c.findCheckouts(csvLimit)
	if err != nil {
		return answer{}, err
	}
	if refused != nil {
		return answer{}, refused
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	write := func(cells ...string) {
		for i := range cells {
			cells[i] = defused(cells[i])
		}
		_ = w.Write(cells) // a buffer takes everything
	}
	write("created_at", "id", "status", "exception", "amount", "asset_code", "asset_issuer", "amount_received", "completed_at", "customer_id", "product_id", "description", "transactions")
	for _, f := range l.items {
		out, co := f.Outcome(c.platform.Now()), &f.Checkout
		completed := ""
		if out.Status == checkout.Completed {
			completed = timestamp(out.CompletedAt)
		}
		var hashes []string
		for _, p := range out.Payments {
			hashes = append(hashes, p.Hash)
		}
		write(timestamp(co.CreatedAt), co.ID.String(), string(out.Status), string(out.Exception), co.Amount.String(), co.Asset.Code, string(co.Asset.Issuer),
			out.Received.String(), completed, co.CustomerID, co.ProductID, co.Description, strings.Join(hashes, " "))
	}
	w.Flush()
	a := written("text/csv; charset=utf-8", b.Bytes()).with("Content-Disposition", `attachment; filename="checkouts.csv"`)
	if l.older != "" {
		a = a.with("Link", "</console/checkouts.csv?"+c.query.with("after", l.older).encode()+`>; rel="next"`)
	}
	return a, nil
}

// defused keeps spreadsheets from taking a cell for a formula.
func defused(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// checkoutURL is the console's page of a checkout.
func checkoutURL(id string) string { return "/console/checkouts/" + url.PathEscape(id) }
