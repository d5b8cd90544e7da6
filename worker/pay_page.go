package worker

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"edgecheckout/templates"
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/stellar"
)

// How long pages are cached. An open page can become wrong, so nobody may get one that is older
// than a minute, even if it is not purged when the checkout ends. Cloudflare's cache has two tiers,
// each of which may keep a page for its 15 seconds and serve it for 15 more while it requests a new
// one. A terminal page changes only with a deployment, which begins with an empty cache.
var (
	keepOpenPage = keep{"no-cache", "max-age=15, stale-while-revalidate=15, stale-if-error=0"}
	// The deadline has passed, but the ledger has not been read past it.
	keepClosingPage  = keep{"no-cache", "max-age=5, stale-if-error=0"}
	keepTerminalPage = keep{"max-age=60", "max-age=86400, stale-while-revalidate=86400"}
	// The checkout may be so new that it is not visible here yet.
	keepNoPage = keep{"no-cache", "max-age=10, stale-if-error=0"}
)

// quietStart is the age from which the page of an open checkout reads the ledger. Before, there is
// nothing to find, because its memo has only just been shown.
const quietStart = 30 * time.Second

// getPage is GET /pay/{id}. The response depends on the address alone: it is the same for everyone.
func getPage(c *call) (answer, error) { return c.forPeople((*call).page) }

// getPageNow is GET /pay/{id}/check: the page as it is now, from no cache. People without JavaScript
// follow a link to it, and the script takes from it what has changed.
func getPageNow(c *call) (answer, error) { return c.forPeople((*call).pageNow) }

// forPeople answers with a page, also when it fails.
func (c *call) forPeople(show func(*call) (answer, error)) (answer, error) {
	a, err := show(c)
	var elsewhere moved
	if err != nil && !errors.As(err, &elsewhere) {
		c.errorAnswer(err) // logs it
		l := c.languageAsked()
		return c.message(http.StatusInternalServerError, keep{}, templates.MessagePage{
			Language: l, Title: l.Failed, Text: l.FailedText, RequestID: c.requestID,
		})
	}
	return a, err
}

func (c *call) page() (answer, error) {
	s, l, err := c.pageOf()
	if s == nil {
		return c.noPage(l, err)
	}
	now := c.platform.Now()
	out := s.Outcome(now)
	if now.Sub(s.Checkout.CreatedAt) >= quietStart {
		out = c.look(s)
	}
	return c.payPage(s, out, l)
}

func (c *call) pageNow() (answer, error) {
	s, l, err := c.pageOf()
	if s == nil {
		return c.noPage(l, err)
	}
	a, err := c.payPage(s, c.look(s), l)
	a.keep, a.tag = keep{}, ""
	return a, err
}

// pageOf returns the checkout in the path and the language of its page, which is nil if the
// browser may choose it. An error may be a redirect to the address of the page in that language.
//
// Cloudflare's cache does not look at Accept-Language, so a page in the language of the browser has
// an address of its own. Whoever finds the page in the cache is led there by the script.
func (c *call) pageOf() (*checkout.Facts, *templates.Language, error) {
	l, err := c.languageChosen()
	if err != nil {
		return nil, nil, err
	}
	s, err := c.publicCheckout()
	if err != nil {
		return nil, l, err
	}
	if l == nil && s != nil {
		l = templates.MatchLanguage(s.Checkout.Locale)
	}
	if l == nil {
		if err := c.toLanguageOfBrowser(); err != nil {
			return nil, nil, err
		}
	}
	return s, l, nil
}

// languageChosen is the language in the address; nil if it has none. The error is a redirect from a
// language that no page is in.
func (c *call) languageChosen() (*templates.Language, error) {
	asked := c.query.Get("lang")
	l := templates.FindLanguage(asked)
	if asked != "" && l == nil {
		return nil, moved{c.request.URL.Path}
	}
	return l, nil
}

// toLanguageOfBrowser returns the redirect to the page in the language that the browser prefers; nil
// if that is English, or none.
func (c *call) toLanguageOfBrowser() error {
	if l := templates.AcceptedLanguage(c.header("Accept-Language")); l != nil && l != templates.English {
		return moved{c.request.URL.Path + "?lang=" + l.Tag}
	}
	return nil
}

// languageAsked is the language in the address; else English, or, where no answer is kept for others,
// what the browser prefers.
func (c *call) languageAsked() *templates.Language {
	if l := templates.FindLanguage(c.query.Get("lang")); l != nil {
		return l
	}
	if l := templates.AcceptedLanguage(c.header("Accept-Language")); l != nil && !c.reads() {
		return l
	}
	return templates.English
}

// noPage answers where there is no checkout, unless there was an error.
func (c *call) noPage(l *templates.Language, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	if l == nil {
		l = templates.English
	}
	return c.message(http.StatusNotFound, keepNoPage, templates.MessagePage{Language: l, Title: l.NoPage, Text: l.NoPageText})
}

func (c *call) payPage(s *checkout.Facts, out checkout.Outcome, l *templates.Language) (answer, error) {
	view := c.pageView(s, out)
	view.Language, view.AnyLanguage = l, l == nil
	var err error
	if view.AsksForMoney() {
		if view.Suspended, err = c.isSuspended(s.Checkout.Merchant); err != nil {
			return answer{}, err
		} else if view.Suspended {
			view.StreamURL = ""
		}
	}
	a, err := c.html(templates.Pay(view), view.ContentSecurityPolicy(view.StreamURL, view.TestWallet))
	switch {
	case err != nil:
	case out.Status.Terminal():
		a.keep = keepTerminalPage
	case view.Late || view.Cancelled:
		a.keep = keepClosingPage
	default:
		a.keep = keepOpenPage
	}
	a.tag = view.ID
	return a, err
}

// publicCheckout reads the checkout in the path for anyone who knows its id. Anyone can make up
// ids, so those that cannot exist cost no read from KV.
func (c *call) publicCheckout() (*checkout.Facts, error) {
	id, err := checkout.ParseCheckoutID(c.path("id"))
	if err != nil || !id.MayExist(c.began) {
		return nil, nil
	}
	return c.view.PageFacts(c.ctx, id)
}

func (c *call) pageView(s *checkout.Facts, out checkout.Outcome) templates.Checkout {
	co, id := &s.Checkout, s.Checkout.ID.String()
	deadline := s.Deadline()
	view := templates.Checkout{
		Standing:    c.standing(s, out),
		Brand:       brandView(co.Brand),
		ID:          id,
		Merchant:    co.MerchantName,
		Description: co.Description,
		Amount:      co.Amount.String(),
		AssetCode:   co.Asset.Code,
		AssetIssuer: string(co.Asset.Issuer),
		IssuerName:  issuers[co.Asset.Issuer],
		Destination: string(co.Account),
		Muxed:       co.Account.Muxed(string(co.Muxed)),
		Memo:        co.Memo,
		PaymentURI:  c.paymentRequest(co, &out).URI(),
		Network:     c.config.Networks[co.Mode].Name,
		PageURL:     c.payURL(id),
		ExpiresAt:   deadline,
		CancelURL:   co.Cancel(),
		Received:    out.Received.String(),
		Due:         out.Due(co.Amount).String(),
		Payments:    paymentsShown(out.Payments),
		ExplorerURL: c.config.Networks[co.Mode].Explorer,
	}
	view.PictureURL = co.Picture
	issuer := c.issuerOf(co.Mode, co.Asset, co.Merchant)
	view.IssuerDomain, view.Currency = issuer.Domain, issuer.Currency
	if horizons := c.config.Networks[co.Mode].Horizons; len(horizons) > 0 && isOrigin(horizons[0]) {
		view.HorizonURL = horizons[0] // others stay private, as in streamURL
	}
	if out.Status == checkout.Completed {
		view.RedirectURL = co.Redirect()
	}
	if view.AsksForMoney() {
		view.StreamURL = streamURL(c.config.Networks[co.Mode].Horizons, co.Account)
	}
	view.WalletConnect = templates.WalletConnect{Project: c.config.WalletConnect, Chain: "stellar:pubnet"}
	if co.Mode == stellar.Test {
		view.TestWallet = c.config.TestWallet
		view.WalletConnect.Chain = "stellar:testnet"
	}
	return view
}

// standing is where the payment stands, except that it does not know of suspensions. A cancelled
// checkout still accepts payments in transit, but the page no longer asks for money.
func (c *call) standing(s *checkout.Facts, out checkout.Outcome) templates.Standing {
	return templates.Standing{
		Status: templates.Status(out.Status), Exception: string(out.Exception), Cancelled: !s.CancelledBy.IsZero(),
		Late: out.Status == checkout.Open && !c.platform.Now().Before(s.Deadline()),
	}
}

func brandView(b checkout.Brand) templates.Brand {
	return templates.Brand{LogoURL: b.LogoURL, Color: b.Color, SupportEmail: b.SupportEmail, Website: b.Website}
}

func paymentsShown(payments []checkout.Judged) []templates.Payment {
	shown := make([]templates.Payment, len(payments))
	for i, p := range payments {
		shown[i] = templates.Payment{
			Amount: p.Amount.String(), AssetCode: p.Asset.Code, AssetIssuer: string(p.Asset.Issuer), From: p.From,
			Hash: p.Hash, Ledger: strconv.FormatInt(p.Ledger(), 10), ClosedAt: p.ClosedAt, Reason: string(p.Reason),
		}
	}
	return shown
}

// publicHorizon is the first Horizon that browsers may know; "" if there is none. One whose URL has a
// path stays private, because providers put paid API keys into the path.
func publicHorizon(horizons []string) string {
	i := slices.IndexFunc(horizons, isOrigin)
	if i < 0 {
		return ""
	}
	return horizons[i]
}

// streamURL is where a public Horizon streams the payments of an account to the customer's browser,
// which also submits what its wallet signed there. Without one, pages only poll this service, and
// show no wallets.
func streamURL(horizons []string, account stellar.Address) string {
	if public := publicHorizon(horizons); public != "" {
		return public + "/accounts/" + string(account) + "/payments?cursor=now&join=transactions"
	}
	return ""
}

func (c *call) message(status int, kept keep, m templates.MessagePage) (answer, error) {
	a, err := c.html(templates.Message(m), templates.ContentSecurityPolicy(""))
	a.Status, a.keep = status, kept
	return a, err
}

// html renders a page, with the headers that all pages have.
func (c *call) html(component interface {
	Render(ctx context.Context, w io.Writer) error
}, policy string) (answer, error) {
	var b bytes.Buffer
	b.Grow(20 << 10) // a page with its code has about 16,000 bytes
	if err := component.Render(c.ctx, &b); err != nil {
		return answer{}, err
	}
	return written("text/html; charset=utf-8", b.Bytes()).
		with("Content-Security-Policy", policy).
		with("Referrer-Policy", "no-referrer"). // anyone with the page's address can open it
		// Browsers ignore it over http.
		with("Strict-Transport-Security", templates.StrictTransportSecurity), nil
}
