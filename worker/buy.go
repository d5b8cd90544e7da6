package worker

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"edgecheckout/templates"
	"edgecheckout/templates/text"
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
	"edgecheckout/worker/store"
)

// How long the page of a payment link is cached. It is purged when the link changes. Where a product
// or a merchant changes, it may be wrong for two minutes: the checkout that it makes is not.
var (
	keepBuyPage = keep{"no-cache", "max-age=60, stale-while-revalidate=60, stale-if-error=0"}
	keepCode    = keep{"max-age=86400", "max-age=86400"}
)

// getBuyPage is GET /buy/{id}, the page of a payment link. The response depends on the address alone:
// it is the same for everyone.
func getBuyPage(c *call) (answer, error) {
	return c.forPeople(func(c *call) (answer, error) {
		l, err := c.languageChosen()
		if err == nil && l == nil {
			err = c.toLanguageOfBrowser()
		}
		if err != nil {
			return answer{}, err
		}
		a, err := c.buyPage("", "")
		if err == nil && a.keep == (keep{}) {
			a.keep, a.tag = keepBuyPage, c.path("id")
		}
		return a, err
	})
}

// buyPage renders the page, with what is wrong with the amount that was typed.
func (c *call) buyPage(typed, problem string) (answer, error) {
	l := c.languageAsked()
	link, product, err := c.openLink()
	var closed *closedLink
	switch {
	case errors.As(err, &closed):
		return c.message(closed.status, keep{}, closed.page)
	case err != nil:
		return answer{}, err
	case link == nil:
		return c.message(http.StatusNotFound, keepNoPage, templates.MessagePage{Language: l, Title: l.NothingToBuy, Text: l.NothingText})
	}
	view := templates.Link{
		Language: l, AnyLanguage: c.query.Get("lang") == "",
		Brand: brandView(c.Merchant.Brand), Merchant: c.Merchant.Name, Description: link.Description, AssetCode: link.Asset.Code, AssetIssuer: string(link.Asset.Issuer),
		Network: c.config.Networks[c.Mode].Name, Action: "/buy/" + link.ID, Typed: typed, Problem: problem,
	}
	if link.Amount > 0 {
		view.Amount = link.Amount.String()
	}
	if product != nil {
		view.Amount, view.AssetCode, view.AssetIssuer = product.Price.String(), product.Asset.Code, string(product.Asset.Issuer)
		if view.Description == "" {
			view.Description = product.Name
		}
		if len(product.Images) > 0 {
			view.PictureURL = product.Images[0]
		}
	}
	asset := stellar.Asset{Code: view.AssetCode, Issuer: stellar.Address(view.AssetIssuer)}
	view.IssuerName = issuers[asset.Issuer]
	issuer := c.issuerOf(c.Mode, asset, c.Merchant.ID)
	view.IssuerDomain, view.Currency = issuer.Domain, issuer.Currency
	a, err := c.html(templates.Buy(view), view.ContentSecurityPolicy("", c.config.BaseURL))
	if problem != "" {
		a.Status = http.StatusBadRequest
	}
	return a, err
}

// closedLink is the page of a link at which nothing can be bought.
type closedLink struct {
	status int
	page   templates.MessagePage
}

func (*closedLink) Error() string { return "nothing can be bought at this link" }

// openLink reads the payment link in the path, its merchant, which becomes that of the request, and
// its product. It returns nil if there is no such link, and a closedLink if nothing can be bought.
// Anyone can make up ids, so those that cannot exist cost no read from KV.
func (c *call) openLink() (*store.PaymentLink, *store.Product, error) {
	id := c.path("id")
	u, err := checkout.ParseID(checkout.KindLink, id)
	if err != nil || time.UnixMilli(int64(u.Time())).After(c.began.Add(time.Hour)) {
		return nil, nil, nil
	}
	link, err := c.view.PaymentLink(c.ctx, id)
	if err != nil || link == nil {
		return nil, nil, err
	}
	if err := c.view.Fetch(c.ctx, append(store.ProductKeys(link.Product), store.MerchantKey(link.Merchant), store.HasWebhooksKey(link.Merchant, link.Mode))...); err != nil {
		return nil, nil, err
	}
	merchant, err := c.view.Merchant(c.ctx, link.Merchant)
	if err != nil || merchant == nil {
		return nil, nil, err
	}
	c.Owner = store.Owner{Merchant: merchant, Mode: link.Mode}
	var product *store.Product
	if link.Product != "" {
		if product, err = c.products().Get(c.ctx, link.Product); err != nil {
			return nil, nil, err
		}
	}
	l := c.languageAsked()
	switch {
	case merchant.Suspended:
		return nil, nil, &closedLink{http.StatusForbidden, templates.MessagePage{Language: l, Title: l.Suspended, Text: l.BuySuspended}}
	case !link.Active, merchant.Account(link.Mode) == "", c.in(link.Mode).network == nil, link.Product != "" && (product == nil || product.Archived):
		return nil, nil, &closedLink{http.StatusGone, templates.MessagePage{Language: l, Title: l.NotSold, Text: l.NotSoldText}}
	}
	return link, product, nil
}

// buy is POST /buy/{id}: it makes a checkout and goes to its page.
func buy(c *call) (answer, error) {
	return c.forPeople(func(c *call) (answer, error) {
		a, err := c.buy()
		var told *Error
		if errors.As(err, &told) && told.Code == CodeRateLimited {
			l := c.languageAsked()
			a, err = c.message(http.StatusTooManyRequests, keep{}, templates.MessagePage{Language: l, Title: l.Busy, Text: l.BusyBuyText})
			return a.with("Retry-After", "60"), err
		}
		return a, err
	})
}

func (c *call) buy() (answer, error) {
	chosen, err := c.languageChosen()
	if err != nil {
		return answer{}, err
	}
	link, product, err := c.openLink()
	if link == nil || err != nil {
		return c.buyPage("", "") // says why
	}
	facts := &checkout.Facts{}
	s := &facts.Checkout
	s.Merchant, s.MerchantName, s.Mode, s.Account = c.Merchant.ID, c.Merchant.Name, c.Mode, c.Merchant.Account(c.Mode)
	s.Brand = c.Merchant.Brand
	s.Amount, s.Asset, s.Description, s.RedirectURL, s.Metadata = link.Amount, link.Asset, link.Description, link.RedirectURL, link.Metadata
	if chosen != nil {
		s.Locale = chosen.Tag // the customer goes on in it
	}
	if product != nil {
		s.ProductID = product.ID
	} else if s.Amount == 0 {
		form, err := url.ParseQuery(string(c.request.Body))
		typed := form.Get("amount")
		if err != nil {
			typed = ""
		}
		if s.Amount, err = parseTyped(typed); err != nil {
			l := c.languageAsked()
			return c.buyPage(typed, text.Fill(l.AmountProblem, "amount", l.Number("12.5")))
		}
	}
	if !c.buying.admit(link.ID, c.began) {
		return answer{}, &Error{Code: CodeRateLimited, Message: "Too many checkouts are made of this payment link; try again in a minute."}
	}
	object, err := c.makeCheckout(facts, store.Customer{}, ExpiresInMax, &store.Idempotency{})
	if err != nil {
		return answer{}, err
	}
	a := written("text/plain; charset=utf-8", nil).with("Location", object.PaymentURL)
	a.Status = http.StatusSeeOther
	return a, nil
}

// parseTyped parses an amount that a person typed. A comma is as good as a point.
func parseTyped(s string) (stellar.Amount, error) {
	s = strings.ReplaceAll(strings.TrimSpace(s), ",", ".")
	amount, err := stellar.ParseAmount(s)
	if err == nil && amount == 0 {
		err = stellar.ErrAmount
	}
	return amount, err
}

// getLinkCode is GET /buy/{id}/qr.svg: the QR code of a payment link. It depends on the link's
// address alone, so that nothing has to be read.
func getLinkCode(c *call) (answer, error) {
	id := c.path("id")
	if _, err := checkout.ParseID(checkout.KindLink, id); err != nil {
		return answer{}, notFound("payment link", id)
	}
	a := written("image/svg+xml", templates.CodeSVG(c.buyURL(id)))
	a.keep = keepCode
	return a, nil
}

// An isolate makes at most buyBurst checkouts of one payment link in buyWindow: each costs writes,
// and anybody can press the button. The limits by address come before that.
const (
	buyBurst  = 100
	buyWindow = time.Minute
)

// buying counts the checkouts that were made of payment links.
type buying struct {
	mu    sync.Mutex
	since time.Time
	made  map[string]int // since then, by link
}

func (b *buying) admit(link string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.made == nil || now.Sub(b.since) >= buyWindow {
		b.made, b.since = map[string]int{}, now
	}
	b.made[link]++
	return b.made[link] <= buyBurst
}
