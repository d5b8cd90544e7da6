package worker

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"edgecheckout/templates"
	"edgecheckout/worker/checkout"
	"edgecheckout/worker/record"
	"edgecheckout/worker/watch"
)

// How long the edge keeps a page (s-maxage) and a browser may show it again without asking (max-age), in seconds. What an open page shows can
// become wrong, so nobody sees one that is older than a minute; a terminal one never changes, except that the
// site's own files may, with a deployment.
const (
	cacheOpenPage     = "public, max-age=0, s-maxage=60"
	cacheClosingPage  = "public, max-age=0, s-maxage=5" // the deadline is over, the ledger not read past it
	cacheTerminalPage = "public, max-age=60, s-maxage=86400"
	cacheNoPage       = "public, max-age=0, s-maxage=10" // the checkout may be so new that this edge cannot see it yet
	cacheAsset        = "public, max-age=31536000, s-maxage=31536000, immutable"
)

// quietStart is how old an open checkout is before its page looks at the ledger by itself. Earlier there is nothing to find:
// its memo has only just been shown.
const quietStart = 30 * time.Second

// getPage is GET /pay/{id}. Everybody gets the same bytes.
func getPage(c *call) (answer, error) {
	a, err := c.page()
	if err != nil {
		c.errorAnswer(err) // logs it
		return c.message(http.StatusInternalServerError, "", templates.MessagePage{
			Title:     "This page cannot be shown right now",
			Text:      "Something failed on our side. Nothing happened to your money. Please try again in a moment.",
			RequestID: c.requestID,
		})
	}
	return a, nil
}

func (c *call) page() (answer, error) {
	s, err := c.publicStanding()
	if err != nil {
		return answer{}, err
	}
	if s == nil {
		return c.message(http.StatusNotFound, cacheNoPage, templates.MessagePage{
			Title: "This payment page does not exist",
			Text:  "The link is incomplete, or its checkout ended long ago. Please go back to the shop and start the payment again.",
		})
	}
	now := c.platform.Now()
	out := s.Outcome(now)
	if now.Sub(s.Session.CreatedAt) >= quietStart {
		out = c.look(s)
	}
	view := c.pageView(s, out)
	a, err := c.html(templates.Pay(view), templates.ContentSecurityPolicy(view.StreamURL, view.TestWallet))
	switch {
	case err != nil:
	case out.Status.Terminal():
		a.cache = cacheTerminalPage
	case view.Late:
		a.cache = cacheClosingPage
	default:
		a.cache = cacheOpenPage
	}
	return a, err
}

// publicStanding loads the session of the path for somebody who only knows its id.
func (c *call) publicStanding() (*watch.Standing, error) {
	id, err := checkout.ParseCheckoutID(c.path("id"))
	if err != nil {
		return nil, nil
	}
	return c.standing(id)
}

func (c *call) pageView(s *watch.Standing, out checkout.Outcome) templates.Checkout {
	session, id := &s.Session, s.Session.ID.String()
	deadline := s.Deadline()
	view := templates.Checkout{
		ID:          id,
		Merchant:    session.MerchantName,
		Description: session.Description,
		Amount:      session.Amount.String(),
		AssetCode:   session.Asset.Code,
		AssetIssuer: string(session.Asset.Issuer),
		Destination: string(session.Account),
		Memo:        session.Memo,
		PaymentURI:  session.PaymentURI(payable(session, &out), c.in(session.Livemode).uri),
		Network:     c.config.Networks[record.ModeOf(session.Livemode)].Name,
		PageURL:     c.payURL(id),
		ExpiresAt:   deadline,
		CancelURL:   session.Cancel(),
		Status:      templates.Status(out.Status),
		Exception:   string(out.Exception),
		Received:    out.Received.String(),
		Due:         out.Due(session.Amount).String(),
		// A cancelled checkout still takes what is on its way, but the page asks nobody to pay any more.
		Late: out.Status == checkout.Open && (!s.CancelledBy.IsZero() || !c.platform.Now().Before(deadline)),
	}
	if out.Status == checkout.Completed {
		view.RedirectURL = session.Redirect()
	}
	if out.Status == checkout.Open && !view.Late {
		view.StreamURL = streamURL(c.config.Networks[record.ModeOf(session.Livemode)].Horizons, session.Account)
	}
	if !session.Livemode {
		view.TestWallet = c.config.TestWallet
	}
	return view
}

// streamURL is where the first Horizon streams the payments of an account to the customer's browser. A Horizon whose URL is
// more than an origin stays private, since providers put the key that they sell into the path; its pages only ask us.
func streamURL(horizons []string, account checkout.Address) string {
	if len(horizons) == 0 || !isOrigin(horizons[0]) {
		return ""
	}
	return horizons[0] + "/accounts/" + string(account) + "/payments?cursor=now&join=transactions"
}

func (c *call) message(status int, cache string, m templates.MessagePage) (answer, error) {
	a, err := c.html(templates.Message(m), templates.ContentSecurityPolicy(""))
	a.status, a.cache = status, cache
	return a, err
}

// html renders a page with the headers that every page has.
func (c *call) html(component interface {
	Render(ctx context.Context, w io.Writer) error
}, policy string) (answer, error) {
	var b bytes.Buffer
	b.Grow(20 << 10) // a page with its code has some 16,000 bytes
	if err := component.Render(c.ctx, &b); err != nil {
		return answer{}, err
	}
	return answer{
		contentType: "text/html; charset=utf-8",
		body:        b.Bytes(),
		header: map[string]string{
			"Content-Security-Policy": policy,
			"Referrer-Policy":         "no-referrer", // the page's address is the customer's secret
		},
	}, nil
}

// getAsset is GET /assets/{name}: a file of the page, under the hash of its content.
func getAsset(c *call) (answer, error) {
	for _, asset := range templates.Assets() {
		if strings.TrimPrefix(asset.Path, "/assets/") == c.path("name") {
			return answer{contentType: asset.ContentType, cache: cacheAsset, body: asset.Body}, nil
		}
	}
	return answer{}, &Error{Code: CodeNotFound, Message: "There is no such file."}
}
