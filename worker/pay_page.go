package worker

import (
	"bytes"
	"context"
	"io"
	"net/http"
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

// getPage is GET /pay/{id}. The response is the same for everyone.
func getPage(c *call) (answer, error) {
	a, err := c.page()
	if err != nil {
		c.errorAnswer(err) // logs it
		return c.message(http.StatusInternalServerError, keep{}, templates.MessagePage{
			Title:     "This page cannot be shown right now",
			Text:      "Something failed on our side. Nothing happened to your money. Please try again in a moment.",
			RequestID: c.requestID,
		})
	}
	return a, nil
}

func (c *call) page() (answer, error) {
	s, err := c.publicCheckout()
	if err != nil {
		return answer{}, err
	}
	if s == nil {
		return c.message(http.StatusNotFound, keepNoPage, templates.MessagePage{
			Title: "This payment page does not exist",
			Text:  "The link is incomplete, or its checkout ended long ago. Please go back to the shop and start the payment again.",
		})
	}
	now := c.platform.Now()
	out := s.Outcome(now)
	if now.Sub(s.Checkout.CreatedAt) >= quietStart {
		out = c.look(s)
	}
	view := c.pageView(s, out)
	if view.AsksForMoney() {
		if view.Suspended, err = c.isSuspended(s.Checkout.Merchant); err != nil {
			return answer{}, err
		} else if view.Suspended {
			view.StreamURL = ""
		}
	}
	a, err := c.html(templates.Pay(view), templates.ContentSecurityPolicy(view.StreamURL, view.TestWallet))
	switch {
	case err != nil:
	case out.Status.Terminal():
		a.keep = keepTerminalPage
	case view.Late:
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
		ID:          id,
		Merchant:    co.MerchantName,
		Description: co.Description,
		Amount:      co.Amount.String(),
		AssetCode:   co.Asset.Code,
		AssetIssuer: string(co.Asset.Issuer),
		Destination: string(co.Account),
		Memo:        co.Memo,
		PaymentURI:  c.paymentRequest(co, &out).URI(),
		Network:     c.config.Networks[co.Mode].Name,
		PageURL:     c.payURL(id),
		ExpiresAt:   deadline,
		CancelURL:   co.Cancel(),
		Status:      templates.Status(out.Status),
		Exception:   string(out.Exception),
		Received:    out.Received.String(),
		Due:         out.Due(co.Amount).String(),
		// A cancelled checkout still accepts payments in transit, but the page no longer asks for
		// money.
		Late: out.Status == checkout.Open && (!s.CancelledBy.IsZero() || !c.platform.Now().Before(deadline)),
	}
	if out.Status == checkout.Completed {
		view.RedirectURL = co.Redirect()
	}
	if out.Status == checkout.Open && !view.Late {
		view.StreamURL = streamURL(c.config.Networks[co.Mode].Horizons, co.Account)
	}
	if co.Mode == stellar.Test {
		view.TestWallet = c.config.TestWallet
	}
	return view
}

// streamURL is where the first Horizon streams the payments of an account to the customer's
// browser. A Horizon whose URL has a path stays private, because providers put paid API keys into
// the path; pages then only poll this service.
func streamURL(horizons []string, account stellar.Address) string {
	if len(horizons) == 0 || !isOrigin(horizons[0]) {
		return ""
	}
	return horizons[0] + "/accounts/" + string(account) + "/payments?cursor=now&join=transactions"
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
